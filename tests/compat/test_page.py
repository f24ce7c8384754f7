"""LiteLLM's page on streaming and async, each of its examples: in short here, and as printed where there is a copy.

`LITELLM_PAGE` names a copy of that page in Markdown. Its blocks run as they are, `litellm` read as rillm by the
drop-in, and again with the name replaced.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import rillm
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES
from tests.kit.leaks import run
from tests.kit.server import script

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.server import Server

    Run = Callable[[str], tuple[str, str]]

SECONDS = 60.0  # after which something is taken to hang
PAGE = os.environ.get("LITELLM_PAGE")
PRINTED = re.findall(r"```python\n(.*?)```", Path(PAGE).read_text(encoding="utf-8"), re.DOTALL) if PAGE else []
ANSWER = wire.frame("Hel") + wire.frame("lo") + wire.finish() + wire.usage() + wire.DONE
# What each block of the page shows, by something that stands in it alone; the one of the proxy is tested with that.
SHOWN = {
    "part.choices[0].delta.content": r"^Hel\nlo\n\n$",
    "stream_chunk_builder(chunks": r"^ModelResponse\(.*content='Hello'.*total_tokens=10",
    "test_get_response": r"^ModelResponse\(.*content='Hello'",
    "completion_call": r"^Starting.*\nResponse metadata: .*\nModelResponseStream\(.*content='Hel'",
    "ModelResponseListIterator": r"^$",
    "track_cost_callback": r"^Streaming response cost: 2.85e-06\n$",
    "Mock response content": r"^ModelResponseStream\(.*content='Mock', role='assistant'",
}


@pytest.fixture(autouse=True)
def openai(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI is the scripted server."""
    server.play(script(ANSWER))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    for name in ("success_callback", "REPEATED_STREAMING_CHUNK_LIMIT"):
        monkeypatch.setattr(rillm, name, getattr(rillm, name))


def here(code: str) -> tuple[str, str]:
    """What a block prints when `litellm` reads `rillm`, and how it ends."""
    out = io.StringIO()
    ending = ""
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(re.sub(r"\blitellm\b", "rillm", code), "page", "exec"), {})  # noqa: S102 - documentation
        except rillm.InternalServerError:
            ending = "InternalServerError"
    return out.getvalue(), ending


def dropped_in(code: str) -> tuple[str, str]:
    """What an unchanged block prints under the drop-in, and how it ends."""
    done = subprocess.run(  # noqa: S603 - a page of documentation
        [sys.executable, "-W", "error", "-c", f"import rillm.drop_in; rillm.drop_in.install()\n{code}"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    error = done.stderr.strip().rpartition("\n")[2].partition(":")[0].rpartition(".")[2]
    return done.stdout, {"RepeatedChunkError": "InternalServerError"}.get(error, done.stderr)


@pytest.mark.skipif(not PRINTED, reason="LITELLM_PAGE names no copy of the page")
@pytest.mark.parametrize("go", [here, dropped_in])
@pytest.mark.parametrize(("mark", "shown"), SHOWN.items(), ids=[mark.split("(")[0] for mark in SHOWN])
def test_as_printed(go: Run, mark: str, shown: str) -> None:
    (block,) = [one for one in PRINTED if mark in one]
    out, ending = go(block)
    assert re.search(shown, out, re.DOTALL), out
    assert ending == ("InternalServerError" if "ListIterator" in mark else "")


@pytest.mark.skipif(not PRINTED, reason="LITELLM_PAGE names no copy of the page")
def test_no_block_is_forgotten() -> None:
    rest = [block for block in PRINTED if not any(mark in block for mark in SHOWN)]
    assert len(rest) == 1
    assert "import openai" in rest[0]


def test_streaming() -> None:
    parts = [part.choices[0].delta.content or "" for part in rillm.completion("gpt-4o-mini", MESSAGES, stream=True)]
    assert parts == ["Hel", "lo", ""]


def test_rebuilding() -> None:
    chunks = list(rillm.completion("gpt-4o-mini", MESSAGES, stream=True))
    response = rillm.stream_chunk_builder(chunks, messages=MESSAGES)
    assert response is not None
    assert response.choices[0].message.content == "Hello"
    assert response.usage.total_tokens == 10


def test_async() -> None:
    response = run(rillm.acompletion("gpt-4o-mini", MESSAGES))
    assert response.choices[0].message.content == "Hello"


def test_async_streaming() -> None:
    async def main() -> list[str | None]:
        stream = await rillm.acompletion("gpt-4o-mini", MESSAGES, stream=True)
        assert "CompletionStream" in repr(stream)
        return [chunk.choices[0].delta.content async for chunk in stream]

    assert run(main()) == ["Hel", "lo", None]


@pytest.mark.parametrize(("times", "fails"), [(100, False), (101, True)])
def test_a_looping_model(*, times: int, fails: bool) -> None:
    choices = [{"index": 0, "delta": {"content": "How are you?"}, "finish_reason": "stop"}]
    chunk = rillm.ModelResponse(id="c", created=1, model="m", choices=choices, stream=True)
    logging = rillm.Logging("gpt-4o-mini", MESSAGES, True, "completion", 0.0, "12345", "1245")  # noqa: FBT003 - LiteLLM's
    stream = rillm.CustomStreamWrapper(
        completion_stream=rillm.ModelResponseListIterator([chunk] * times),
        model="gpt-4o-mini",
        custom_llm_provider="test_provider",
        logging_obj=logging,
    )
    seen: list[str | None] = []
    expected = pytest.raises(rillm.InternalServerError) if fails else contextlib.nullcontext()
    with expected:
        seen.extend(chunk.choices[0].delta.content for chunk in stream)
    del seen[100:]
    assert seen in ([], ["How are you?"] * 100)


def test_the_cost_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[float] = []

    def track(kwargs: dict[str, float], *_: object) -> None:
        costs.append(kwargs["response_cost"])

    monkeypatch.setattr(rillm, "success_callback", [track])
    for _ in rillm.completion("gpt-4o-mini", MESSAGES, stream=True):
        pass
    assert costs == [pytest.approx(7 * 0.15e-6 + 3 * 0.6e-6)]


def test_a_mock() -> None:
    mocked = rillm.completion("gpt-4o-mini", MESSAGES, stream=True, mock_response="Mock response content")
    assert [chunk.choices[0].delta.content for chunk in mocked] == ["Mock", " response", " content", None]
