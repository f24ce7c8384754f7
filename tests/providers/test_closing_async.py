"""As test_closing, on an event loop."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from reactivex import operators as ops
from reactivex.scheduler.eventloop import AsyncIOScheduler

import rillm
from tests.kit import wire
from tests.kit.calls import aopened, cold
from tests.kit.leaks import run
from tests.kit.server import AT_ONCE, Do, script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rillm import ModelResponseStream, Stream
    from tests.kit.server import Answer, Server

    Chunks = Stream[ModelResponseStream]

pytestmark = pytest.mark.usefixtures("async_engine", "no_garbage_collection")

HELLO_AND_SILENCE = script(wire.frame("Hello"), Do.STALL)


async def acold(server: Server) -> Chunks:
    return cold(server)


async def break_under_with(stream: Chunks) -> float:
    async with stream:
        async for _ in stream:
            break
    return monotonic()


async def bare_break(stream: Chunks) -> float:
    async for _ in stream:
        break
    return monotonic()


async def aclose(stream: Chunks) -> float:
    await anext(stream)
    left = monotonic()
    await stream.aclose()
    return left


async def close(stream: Chunks) -> float:
    await anext(stream)
    stream.close()
    return monotonic()


async def close_in_the_loop(stream: Chunks) -> float:
    async for _ in stream:
        stream.close()
    return monotonic()


async def close_what_was_made_of_it(stream: Chunks) -> float:
    made = stream.filter(lambda _: True).pipe(rillm.text())
    await anext(made)
    left = monotonic()
    await made.aclose()
    return left


async def error_under_with(stream: Chunks) -> float:
    left = 0.0
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the loop is what is tested
        async with stream:
            async for _ in stream:
                left = monotonic()
                raise ZeroDivisionError
    return left


async def error_in_an_operator(stream: Chunks) -> float:
    with pytest.raises(ZeroDivisionError):
        async for _ in stream.pipe(ops.map(lambda _: 1 / 0)):
            pass
    return monotonic()


async def cancel(stream: Chunks) -> float:
    first = asyncio.Event()

    async def consume() -> None:
        async for _ in stream:
            first.set()

    task = asyncio.create_task(consume())
    await first.wait()
    left = monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return left


async def timeout(stream: Chunks) -> float:
    with pytest.raises(TimeoutError):  # noqa: PT012 - the loop is what is tested
        async with asyncio.timeout(0.05):
            async for _ in stream:
                pass
    return monotonic()


async def close_from_another_task(stream: Chunks) -> float:
    left = 0.0

    def close() -> None:
        nonlocal left
        left = monotonic()
        stream.close()

    async for _ in stream:
        asyncio.get_running_loop().call_later(0.02, close)  # the loop waits for the second chunk by then
    return left


LEAVES = [
    break_under_with,
    bare_break,
    aclose,
    close,
    close_in_the_loop,
    close_what_was_made_of_it,
    error_under_with,
    error_in_an_operator,
    cancel,
    timeout,
    close_from_another_task,
]


@pytest.mark.parametrize("start", [acold, aopened])
@pytest.mark.parametrize("leave", LEAVES)
def test_leaving(
    server: Server, start: Callable[[Server], Awaitable[Chunks]], leave: Callable[[Chunks], Awaitable[float]]
) -> None:
    async def main() -> float:
        stream = await start(server)  # lives on
        left = await leave(stream)
        return server.exchange().seconds_to_leave(left)  # the loop does nothing meanwhile

    server.play(HELLO_AND_SILENCE)
    assert run(main()) < AT_ONCE


@pytest.mark.parametrize("start", [acold, aopened])
def test_take(server: Server, start: Callable[[Server], Awaitable[Chunks]]) -> None:
    async def main() -> float:
        seconds = AT_ONCE
        async for _ in (await start(server)).pipe(ops.take(1)):
            seconds = server.exchange().seconds_to_leave(monotonic())
        return seconds

    server.play(HELLO_AND_SILENCE)
    assert run(main()) < AT_ONCE


@pytest.mark.parametrize("reads", [0, 1])
def test_drop(server: Server, reads: int) -> None:
    async def main() -> float:
        stream = await aopened(server)
        for _ in range(reads):
            await anext(stream)
        exchange = server.exchange()
        del stream
        return exchange.seconds_to_leave(monotonic())

    server.play(HELLO_AND_SILENCE)
    assert run(main()) < AT_ONCE


def test_the_loser_of_a_race(server: Server) -> None:
    async def main() -> None:
        race = rillm.race(cold(server), cold(server))
        assert (await anext(race)).choices[0].delta.content == "quick"
        assert server.exchange(0).seconds_to_leave(monotonic()) < AT_ONCE
        left = monotonic()
        await race.aclose()
        assert server.exchange(1).seconds_to_leave(left) < AT_ONCE

    server.play(script(Do.STALL), script(wire.frame("quick"), Do.STALL))
    run(main())


def test_the_loser_of_a_race_that_has_no_headers_yet(server: Server) -> None:
    async def main() -> None:
        async with rillm.race(cold(server), cold(server)) as race:
            await anext(race)
            assert server.exchange(0).seconds_to_leave(monotonic()) < AT_ONCE  # the loop does nothing meanwhile

    server.play(script(before=Do.STALL), script(wire.frame("quick"), Do.STALL))
    run(main())


@pytest.mark.parametrize(
    "answer",
    [HELLO_AND_SILENCE, script(b": the model thinks\n\n", Do.STALL), script(Do.STALL), script(before=Do.STALL)],
    ids=["after a chunk", "after a comment", "after the headers", "before the headers"],
)
@pytest.mark.parametrize("from_thread", [False, True])
def test_dispose_while_the_server_is_silent(server: Server, answer: Answer, *, from_thread: bool) -> None:
    async def main() -> float:
        told: list[object] = []
        subscription = cold(server).subscribe(on_error=told.append, on_completed=lambda: told.append("end"))
        exchange = await asyncio.to_thread(server.exchange)
        left = monotonic()
        if from_thread:
            threading.Thread(target=subscription.dispose).start()
        else:
            subscription.dispose()
        seconds = await asyncio.to_thread(exchange.seconds_to_leave, left)
        assert not told
        return seconds

    server.play(answer)
    assert run(main()) < AT_ONCE


def test_dispose_on_a_scheduler(server: Server) -> None:
    async def main() -> float:
        scheduler = AsyncIOScheduler(asyncio.get_running_loop())
        subscription = cold(server).subscribe(scheduler=scheduler)
        exchange = await asyncio.to_thread(server.exchange)
        left = monotonic()
        subscription.dispose()
        return await asyncio.to_thread(exchange.seconds_to_leave, left)

    server.play(HELLO_AND_SILENCE)
    assert run(main()) < AT_ONCE
