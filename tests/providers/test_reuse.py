"""After a stream that ended well its connection serves the next call; nobody waits long for that."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

import pytest

import rillm
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, MODEL, aopened, ask, opened, texts
from tests.kit.leaks import run
from tests.kit.server import AT_ONCE, Answer, Do, script

if TYPE_CHECKING:
    from tests.kit.server import Server

pytestmark = pytest.mark.usefixtures("no_garbage_collection")

CALLS = 10
WHOLE = b'{"choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}]}'
HELLO = wire.answer("Hel", "lo")
ENDS = pytest.mark.parametrize(
    "answer",
    [
        script(HELLO),
        script(wire.frame("Hel"), wire.frame("lo"), wire.finish(), wire.DONE),
        script(HELLO.rstrip()),
        script(WHOLE),
        script(HELLO, 0.01),
        script(HELLO, 0.01, b": bye\n\n", 0.01),
    ],
    ids=[
        "one block",
        "a block each",
        "no blank line at the end",
        "a whole answer",
        "a moment after the end marker",
        "more after the end marker",
    ],
)


@ENDS
def test_one_connection(server: Server, answer: Answer) -> None:
    server.play(answer)
    for _ in range(CALLS):
        assert texts(ask(server)) == "Hello"
    assert server.connections == 1


@ENDS
@pytest.mark.usefixtures("async_engine")
def test_one_connection_async(server: Server, answer: Answer) -> None:
    async def main() -> None:
        for _ in range(CALLS):
            assert texts([chunk async for chunk in await aopened(server)]) == "Hello"

    server.play(answer)
    run(main())
    assert server.connections == 1


def test_one_connection_without_streaming(server: Server) -> None:
    server.play(script(HELLO))
    for _ in range(CALLS):
        rillm.completion(MODEL, MESSAGES, api_base=server.url, api_key=KEY)
    assert server.connections == 1


def test_one_connection_after_errors(server: Server) -> None:
    server.play(Answer((b"{}",), status=429))
    for _ in range(CALLS):
        with pytest.raises(rillm.RateLimitError):
            opened(server)
    assert server.connections == 1


def test_the_server_keeps_the_socket_open(server: Server) -> None:
    server.play(script(HELLO, Do.STALL))
    stream = opened(server)
    began = monotonic()
    assert texts(stream) == "Hello"
    assert monotonic() - began < 2 * AT_ONCE
    assert server.exchange().seconds_to_leave(began) < 2 * AT_ONCE


@pytest.mark.usefixtures("async_engine")
def test_the_server_keeps_the_socket_open_async(server: Server) -> None:
    async def main() -> None:
        stream = await aopened(server)
        began = monotonic()
        assert texts([chunk async for chunk in stream]) == "Hello"
        assert monotonic() - began < 2 * AT_ONCE
        assert await asyncio.to_thread(server.exchange().seconds_to_leave, began) < 2 * AT_ONCE

    server.play(script(HELLO, Do.STALL))
    run(main())


def test_the_server_closes_an_idle_connection(server: Server) -> None:
    server.play(script(HELLO))
    ask(server)
    server.hang_up()
    assert texts(ask(server)) == "Hello"
    assert server.connections == 2
