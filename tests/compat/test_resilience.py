"""Retries, fallbacks and timeouts: section 1.8 of the study."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import wire
from tests.kit.server import Answer, Do, Server, script

if TYPE_CHECKING:
    from collections.abc import Iterator

same = pytest.mark.same_as_litellm
better = pytest.mark.better_than_litellm
MESSAGES = [{"role": "user", "content": "Hi"}]
HELLO = script(wire.answer("Hel", "lo"))
SILENT = script(wire.frame("Hel"), Do.STALL)
NEVER = Answer(before=Do.STALL)


def refused(status: int) -> Answer:
    headers = {"Content-Type": "application/json", "Retry-After-Ms": "1"}
    return Answer((b'{"error": {"message": "not now"}}',), status=status, headers=headers)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def ask(lib: Any, server: Server, *, ahead: bool, **more: Any) -> str:
    params = {"messages": MESSAGES, "api_base": server.url, "api_key": "sk-x", "stream": True, **more}

    async def main() -> str:
        return text([chunk async for chunk in await lib.acompletion("openai/first", **params)])

    return asyncio.run(main()) if ahead else text(list(lib.completion("openai/first", **params)))


def text(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


both = pytest.mark.parametrize("ahead", [False, True], ids=["sync", "async"])


@same
@both
@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_what_may_pass_is_tried_three_times(lib: Any, server: Server, status: int, *, ahead: bool) -> None:
    server.play(refused(status), refused(status), HELLO)
    assert ask(lib, server, ahead=ahead) == "Hello"
    assert len(server.exchanges) == 3


@same
@both
def test_max_retries(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(refused(429))
    with pytest.raises(lib.RateLimitError):
        ask(lib, server, ahead=ahead, max_retries=0)
    assert len(server.exchanges) == 1


@better
@both
def test_num_retries(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(refused(429))
    with pytest.raises(lib.RateLimitError) as caught:
        ask(lib, server, ahead=ahead, num_retries=1, max_retries=0)
    assert len(server.exchanges) == 2
    assert caught.value.num_retries == 1


@same
@pytest.mark.parametrize("fallback", ["openai/second", {"model": "openai/second"}])
def test_fallbacks_of_async_streams(lib: Any, server: Server, fallback: Any) -> None:
    server.play(refused(401), HELLO)
    assert ask(lib, server, ahead=True, fallbacks=[fallback], max_retries=0) == "Hello"
    assert server.exchanges[-1].request.json["model"] == "second"


@better
@pytest.mark.parametrize("first", [refused(401), HELLO])
def test_fallbacks_of_sync_streams(lib: Any, server: Server, first: Answer) -> None:
    server.play(first, HELLO)
    assert ask(lib, server, ahead=False, fallbacks=["openai/second"], max_retries=0) == "Hello"


@better
@both
@pytest.mark.parametrize("given", [{"fallbacks": ["openai/second"]}, {"num_retries": 1}])
def test_an_answer_that_begins_with_an_error(lib: Any, server: Server, given: dict[str, Any], *, ahead: bool) -> None:
    server.play(script(wire.event({"error": {"message": "x", "type": "overloaded_error", "code": 529}})), HELLO)
    assert ask(lib, server, ahead=ahead, **{"max_retries": 0, **given}) == "Hello"


@same
@both
def test_a_timeout_before_the_answer(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(NEVER)
    with pytest.raises(lib.Timeout) as caught:
        ask(lib, server, ahead=ahead, timeout=0.2, max_retries=0)
    assert caught.value.status_code == 408


@same
@both
def test_the_timeout_is_for_each_read(lib: Any, server: Server, *, ahead: bool) -> None:
    steps = [step for number in range(5) for step in (wire.frame(f"{number} "), 0.1)]
    server.play(script(*steps, wire.answer("!")))
    assert ask(lib, server, ahead=ahead, timeout=0.3) == "0 1 2 3 4 !"


@better
@both
@pytest.mark.parametrize("limit", ["timeout", "stream_timeout", "idle_timeout", "total_timeout"])
def test_a_stall_is_a_timeout(lib: Any, server: Server, limit: str, *, ahead: bool) -> None:
    server.play(SILENT)
    with pytest.raises(lib.Timeout):
        ask(lib, server, ahead=ahead, **{limit: 0.2})
