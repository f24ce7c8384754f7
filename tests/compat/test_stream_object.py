"""The stream object, usage on streams, the repeat guard, and closing: sections 1.2, 1.4, 1.6 and 1.10 of the study."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import wire
from tests.kit.server import Do, Server, script

if TYPE_CHECKING:
    from collections.abc import Iterator

same = pytest.mark.same_as_litellm
better = pytest.mark.better_than_litellm
MESSAGES = [{"role": "user", "content": "Hi"}]
HELLO = script(wire.answer("Hel", "lo"))
USED = script(wire.frame("Hel") + wire.frame("lo") + wire.finish() + wire.usage() + wire.DONE)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def params(server: Server, **more: Any) -> dict[str, Any]:
    return {"messages": MESSAGES, "api_base": server.url, "api_key": "sk-x", "stream": True, **more}


def chunks(lib: Any, server: Server, **more: Any) -> list[Any]:
    return list(lib.completion("openai/plain", **params(server, **more)))


async def achunks(lib: Any, server: Server, **more: Any) -> list[Any]:
    return [chunk async for chunk in await lib.acompletion("openai/plain", **params(server, **more))]


def read(lib: Any, server: Server, *, ahead: bool, **more: Any) -> list[Any]:
    return asyncio.run(achunks(lib, server, **more)) if ahead else chunks(lib, server, **more)


both = pytest.mark.parametrize("ahead", [False, True], ids=["sync", "async"])


@same
def test_it_is_both_iterators(lib: Any, server: Server) -> None:
    server.play(HELLO)
    stream = lib.completion("openai/plain", **params(server))
    assert isinstance(stream, lib.CustomStreamWrapper)
    assert all(hasattr(stream, name) for name in ("__iter__", "__next__", "__aiter__", "__anext__", "aclose"))
    assert stream.model == "plain"
    assert stream.custom_llm_provider == "openai"
    list(stream)


@same
def test_after_the_end_it_stays_at_the_end(lib: Any, server: Server) -> None:
    server.play(HELLO)
    stream = lib.completion("openai/plain", **params(server))
    while next(stream, None) is not None:
        pass
    with pytest.raises(StopIteration):
        next(stream)


@same
def test_async_for_over_what_completion_opened(lib: Any) -> None:
    async def main() -> list[Any]:
        stream = lib.completion("openai/gpt-4o-mini", messages=MESSAGES, stream=True, mock_response="Hello")
        return [chunk async for chunk in stream]

    assert "".join(chunk.choices[0].delta.content or "" for chunk in asyncio.run(main())) == "Hello"


@same
@both
def test_a_refusal_is_raised_by_the_call(lib: Any, server: Server, *, ahead: bool) -> None:
    async def main() -> None:
        await lib.acompletion("openai/plain", **params(server))

    server.play(script(b'{"error": {"message": "no"}}', status=401, headers={"Content-Type": "application/json"}))
    with pytest.raises(lib.AuthenticationError):
        asyncio.run(main()) if ahead else lib.completion("openai/plain", **params(server))


@same
@both
def test_usage_is_hidden_from_who_did_not_ask(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(USED)
    seen = read(lib, server, ahead=ahead)
    assert not any(hasattr(chunk, "usage") for chunk in seen)
    assert seen[-1]._hidden_params["usage"].total_tokens == 10


@same
@both
def test_usage_for_who_asked(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(USED)
    seen = read(lib, server, ahead=ahead, stream_options={"include_usage": True})
    assert [hasattr(chunk, "usage") for chunk in seen] == [False, False, False, True]
    assert (seen[-1].usage.prompt_tokens, seen[-1].usage.completion_tokens) == (7, 3)


@better
@both
def test_every_chunk_has_a_delta(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(USED)
    seen = read(lib, server, ahead=ahead, stream_options={"include_usage": True})
    assert [chunk.choices[0].delta.content for chunk in seen] == ["Hel", "lo", None, None]
    assert [chunk.choices[0].finish_reason for chunk in seen] == [None, None, "stop", None]


@better
@both
def test_usage_that_nobody_reported_is_estimated(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(HELLO)
    response = lib.stream_chunk_builder(read(lib, server, ahead=ahead), messages=MESSAGES)
    assert response.usage.completion_tokens > 0
    assert response.usage.prompt_tokens > 0
    assert response.usage.is_estimated


@same
def test_the_limit_of_repetitions(lib: Any) -> None:
    assert lib.REPEATED_STREAMING_CHUNK_LIMIT == 100


@pytest.fixture
def limit_of_3(lib: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lib, "REPEATED_STREAMING_CHUNK_LIMIT", 3)


def repeat(lib: Any, server: Server, texts: list[str], *, ahead: bool) -> tuple[int, Any]:
    """How many texts were delivered, and the error after them."""
    server.play(script(wire.answer(*texts)))
    seen = 0

    async def main() -> None:
        nonlocal seen
        async for chunk in await lib.acompletion("openai/plain", **params(server)):
            seen += bool(chunk.choices[0].delta.content)

    try:
        if ahead:
            asyncio.run(main())
        else:
            for chunk in lib.completion("openai/plain", **params(server)):
                seen += bool(chunk.choices[0].delta.content)
    except Exception as error:  # noqa: BLE001 - the class is what is tested
        return seen, error
    return seen, None


@pytest.mark.usefixtures("limit_of_3")
@same
@both
@pytest.mark.parametrize(
    ("texts", "delivered", "fails"),
    [
        (["again"] * 5, 3, True),
        (["again"] * 3, 3, False),
        (["again", "and"] * 5, 10, False),
        (["ab"] * 9, 9, False),
        (["again", "again", "and", "again", "again"], 5, False),
    ],
)
def test_the_guard(  # noqa: PLR0913 - the case
    lib: Any, server: Server, texts: list[str], delivered: int, *, fails: bool, ahead: bool
) -> None:
    seen, error = repeat(lib, server, texts, ahead=ahead)
    assert (seen, error is not None) == (delivered, fails)
    if fails:
        assert isinstance(error, lib.exceptions.MidStreamFallbackError)
        assert error.generated_content == "again" * 3
        assert "repeating the same chunk" in str(error)


@pytest.mark.usefixtures("limit_of_3")
@better
@both
@pytest.mark.parametrize("texts", [["same"] * 3 + ["different"], ["---"] * 9, ["   "] * 9])
def test_what_the_guard_does_not_mind(lib: Any, server: Server, texts: list[str], *, ahead: bool) -> None:
    assert repeat(lib, server, texts, ahead=ahead) == (len(texts), None)


@pytest.mark.usefixtures("limit_of_3")
@better
@both
def test_the_guards_error_is_an_internal_server_error(lib: Any, server: Server, *, ahead: bool) -> None:
    _, error = repeat(lib, server, ["again"] * 5, ahead=ahead)
    assert isinstance(error, lib.InternalServerError)


@pytest.mark.usefixtures("limit_of_3")
@better
@both
def test_the_guard_counts_each_choice(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(script(b"".join(wire.frame(f"word {number}", 0) + wire.frame("again", 1) for number in range(5))))
    with pytest.raises(lib.InternalServerError):
        read(lib, server, ahead=ahead, n=2)


ENDLESS = script(wire.frame("Hello"), Do.STALL)


@same
def test_aclose_hangs_up(lib: Any, server: Server) -> None:
    server.play(ENDLESS)

    async def main() -> float:
        stream = await lib.acompletion("openai/plain", **params(server))
        await anext(stream)
        await stream.aclose()
        await stream.aclose()
        return time.monotonic()

    moment = asyncio.run(main())
    assert server.exchange().seconds_to_leave(moment) < 2


@same
def test_cancelling_hangs_up(lib: Any, server: Server) -> None:
    server.play(ENDLESS)

    async def main() -> float:
        stream = await lib.acompletion("openai/plain", **params(server))
        with pytest.raises(TimeoutError):  # noqa: PT012 - the loop is what is tested
            async with asyncio.timeout(0.3):
                async for _ in stream:
                    pass
        return time.monotonic()

    moment = asyncio.run(main())
    assert server.exchange().seconds_to_leave(moment) < 2


@better
def test_leaving_a_loop_hangs_up(lib: Any, server: Server) -> None:
    server.play(ENDLESS)
    for _ in lib.completion("openai/plain", **params(server)):
        break
    assert server.exchange().seconds_to_leave(time.monotonic()) < 1

    async def main() -> float:
        stream = await lib.acompletion("openai/plain", **params(server))
        async for _ in stream:
            break
        moment = time.monotonic()
        await asyncio.sleep(0.2)
        return moment

    moment = asyncio.run(main())
    assert server.exchange(1).seconds_to_leave(moment) < 0.2


@better
def test_with_and_close(lib: Any, server: Server) -> None:
    server.play(ENDLESS)
    with lib.completion("openai/plain", **params(server)) as stream:
        next(stream)
    assert server.exchange().seconds_to_leave(time.monotonic()) < 1
    stream = lib.completion("openai/plain", **params(server))
    next(stream)
    stream.close()
    assert server.exchange(1).seconds_to_leave(time.monotonic()) < 1


@better
def test_an_end_that_is_none_is_an_error(lib: Any, server: Server) -> None:
    server.play(script(wire.frame("Hello")))
    with pytest.raises(lib.APIConnectionError):
        chunks(lib, server)


@same
@pytest.mark.parametrize("name", ["completion", "acompletion"])
def test_the_order_of_arguments(lib: Any, name: str) -> None:
    from rillm import parameters  # noqa: PLC0415 - ours in both cases

    order = getattr(parameters, name.upper())
    names = list(inspect.signature(getattr(lib, name)).parameters)
    assert tuple(names[: len(order)]) == order


@same
@both
def test_arguments_by_position(lib: Any, server: Server, *, ahead: bool) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    server.play(script(json.dumps(whole).encode(), headers={"Content-Type": "application/json"}))
    given = {"api_base": server.url, "api_key": "sk-x"}
    if ahead:
        asyncio.run(lib.acompletion("openai/plain", MESSAGES, None, None, 30, 0.5, **given))
    else:
        lib.completion("openai/plain", MESSAGES, 30, 0.5, **given)
    assert server.exchange().request.json["temperature"] == 0.5
