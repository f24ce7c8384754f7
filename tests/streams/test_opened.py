"""One open response belongs to the first who reads it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from reactivex import operators as ops

import rillm
from rillm.streams.opened import AsyncOpenedSource, OpenedSource
from rillm.streams.stream import from_source
from tests.kit.leaks import run
from tests.kit.sources import SILENCE, Script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rillm import Stream

pytestmark = pytest.mark.usefixtures("nothing_left")


def opened(script: Script[int]) -> Stream[int]:
    source = OpenedSource(script.open())
    return from_source(source, upstream=source)


async def aopened(script: Script[int]) -> Stream[int]:
    source = AsyncOpenedSource(await script.aopen())
    return from_source(source, upstream=source)


def finish(stream: Stream[int]) -> None:
    assert list(stream) == [1, 2]


def break_off(stream: Stream[int]) -> None:
    for _ in stream:
        break


def close(stream: Stream[int]) -> None:
    stream.close()


def read_by_next(stream: Stream[int]) -> None:
    while next(stream, None):
        pass


def subscribe(stream: Stream[int]) -> None:
    stream.subscribe()


def finish_what_was_made_of_it(stream: Stream[int]) -> None:
    assert list(stream.pipe(ops.map(str))) == ["1", "2"]


@pytest.mark.parametrize("use", [finish, break_off, close, read_by_next, subscribe, finish_what_was_made_of_it])
def test_a_second_loop(use: Callable[[Stream[int]], None]) -> None:
    script = Script([1], [2])
    stream = opened(script)
    use(stream)
    for again in (stream, stream.pipe(ops.map(str))):
        with pytest.raises(rillm.StreamConsumedError, match=r"share\(\).*rillm\.stream"):
            list(again)
    assert script.opened == 1


async def afinish(stream: Stream[int]) -> None:
    assert [number async for number in stream] == [1, 2]


async def abreak_off(stream: Stream[int]) -> None:
    async for _ in stream:
        break


async def aclose(stream: Stream[int]) -> None:
    await stream.aclose()


async def aclose_at_once(stream: Stream[int]) -> None:
    stream.close()


@pytest.mark.parametrize("use", [afinish, abreak_off, aclose, aclose_at_once])
def test_a_second_async_loop(use: Callable[[Stream[int]], Awaitable[None]]) -> None:
    async def main() -> None:
        script = Script([1], [2])
        stream = await aopened(script)
        await use(stream)
        with pytest.raises(rillm.StreamConsumedError, match=r"share\(\).*rillm\.stream"):
            await afinish(stream)
        assert script.opened == 1
        await asyncio.sleep(0.01)
        assert script.live == 0

    run(main())


def test_a_second_subscription_is_told() -> None:
    stream = opened(Script([1]))
    stream.subscribe()
    errors: list[Exception] = []
    stream.subscribe(on_error=errors.append)
    assert [type(error) for error in errors] == [rillm.StreamConsumedError]


def test_two_readers_at_a_time() -> None:
    stream = opened(Script([1], [2]))
    first = iter(stream)
    assert next(first) == 1
    with pytest.raises(rillm.StreamConsumedError):
        next(iter(stream))
    assert list(first) == [2]


def test_share_before_reading() -> None:
    shared = opened(Script([1], [2])).share()
    assert sorted(rillm.merge(shared, shared)) == [1, 1, 2, 2]


def test_retry_cannot_read_again() -> None:
    with pytest.raises(rillm.StreamConsumedError):
        list(opened(Script([1], ValueError("X"))).pipe(ops.retry(2)))


def test_what_was_opened_by_blocking_serves_async_for() -> None:
    async def main() -> None:
        script = Script([1], [2])
        await afinish(opened(script))
        assert script.live == 0
        async with opened(Script([1], SILENCE)) as stream:
            assert await anext(stream) == 1

    run(main())


def test_what_was_opened_on_a_loop_serves_no_for() -> None:
    async def main() -> None:
        stream = await aopened(Script([1]))
        with pytest.raises(rillm.StreamConsumedError, match="async for"):
            next(stream)
        await stream.aclose()

    run(main())


def test_dropping_it_closes_it() -> None:
    script = Script([1], SILENCE)
    stream = opened(script).map(str)
    assert script.live == 1
    del stream
    assert script.live == 0


def test_dropping_it_closes_it_async() -> None:
    async def main() -> None:
        script = Script([1], SILENCE)
        stream = (await aopened(script)).map(str)
        assert script.live == 1
        del stream
        assert script.live == 0

    run(main())
