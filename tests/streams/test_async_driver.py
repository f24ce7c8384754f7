"""Iterating on an event loop: who reads, in which task, and how far ahead."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import operators as ops
from reactivex.disposable import Disposable

import rillm
from rillm import Stream
from rillm.streams.source import AsyncReading
from rillm.streams.stream import from_source
from rillm.streams.turns import TURN
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.leaks import run
from tests.kit.server import script
from tests.kit.sources import SILENCE, Script

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from reactivex import abc

    from rillm.streams.source import Reading
    from tests.kit.server import Server

pytestmark = pytest.mark.usefixtures("nothing_left")

MANY = 50


def many() -> Script[int]:
    return Script(*([number] for number in range(MANY)))


def others() -> int:
    """How many tasks there are beside this one."""
    return len(asyncio.all_tasks()) - 1


def test_one_reader_needs_no_task() -> None:
    async def main() -> None:
        source = many()
        async for number in from_source(source).pipe(ops.map(lambda number: number)):
            assert others() == 0
            assert source.read == number + 1  # nothing is read before it is asked for

    threads = threading.active_count()
    run(main())
    assert threading.active_count() == threads


@pytest.mark.usefixtures("async_engine")
def test_a_slow_consumer_stops_the_server(server: Server) -> None:
    block, count = wire.frame("x" * 100_000), 400

    async def main() -> None:
        stream = aiter(cold(server, pipeline=[]))
        await anext(stream)
        exchange = server.exchange()
        assert await asyncio.to_thread(exchange.blocked.wait, 5), "the client reads ahead of its consumer"
        assert exchange.sent < count * len(block) / 2
        assert len([chunk async for chunk in stream]) == count

    server.play(script(*[block] * count, wire.finish(), wire.DONE))
    run(main())


def test_two_readers_read_ahead_but_not_far() -> None:
    async def main() -> None:
        source = many()
        merged = aiter(rillm.merge(from_source(source), from_source(Script(SILENCE))))
        for taken in range(1, 5):
            await anext(merged)
            for _ in range(MANY):
                await asyncio.sleep(0)
            assert source.read <= taken + 1
        await merged.aclose()
        assert source.live == 0

    run(main())


def test_a_flood_is_handed_on_in_turns() -> None:
    async def main() -> None:
        flood, drop = Script[str](["flood"] * TURN * MANY), Script[str](["drop"])
        merged = rillm.merge(from_source(flood), from_source(drop))
        items = [item async for item in merged]
        assert items.index("drop") == TURN
        assert len(items) == TURN * MANY + 1

    run(main())


def test_others_are_asked_after_each_turn() -> None:
    async def main() -> None:
        drops = asyncio.Event()

        class Waiting(Script[str]):
            async def aopen(self) -> AsyncReading[str]:
                await drops.wait()
                return await super().aopen()

        merged = rillm.merge(from_source(Script(["flood"] * TURN * MANY)), from_source(Waiting(["drop"])))
        items: list[str] = []
        async for item in merged:
            drops.set()
            items.append(item)
        assert items.index("drop") <= 5 * TURN  # a task has to end before its source is asked again

    run(main())


def test_what_is_left_of_a_block_when_the_other_has_ended() -> None:
    async def main() -> None:
        source = Script([*range(3 * TURN)], [3 * TURN])
        merged = rillm.merge(from_source(source), from_source(Script[int]()))
        assert [number async for number in merged] == [*range(3 * TURN + 1)]

    run(main())


def test_change_over_when_a_second_reader_comes() -> None:
    async def main() -> None:
        first, second = many(), Script([-1], SILENCE)

        def more(number: int) -> Stream[int]:
            return rillm.of(number) if number != 3 else from_source(second)

        seen = [number async for number in from_source(first).pipe(ops.flat_map(more), ops.take(10))]
        assert sorted(seen)[:4] == [-1, 0, 1, 2]
        assert (first.live, second.live) == (0, 0)

    run(main())


def test_change_over_when_a_timer_comes() -> None:
    async def main() -> None:
        source = Script([1], SILENCE)
        stream = from_source(source).pipe(ops.flat_map(lambda _: reactivex.timer(0.01)), ops.take(1))
        assert [number async for number in stream] == [0]
        assert source.live == 0

    run(main())


@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError, GeneratorExit])
def test_the_loop_body_raises(kind: type[BaseException]) -> None:
    async def main() -> None:
        source = Script([1], SILENCE)
        with pytest.raises(kind):  # noqa: PT012 - the loop is what is tested
            async for _ in from_source(source):
                raise kind
        await asyncio.sleep(0)
        assert source.live == 0

    run(main())


@pytest.mark.parametrize("readers", [1, 2])
def test_cancelling_the_consumer(readers: int) -> None:
    async def main() -> None:
        sources = [Script[int](SILENCE) for _ in range(readers)]

        async def consume() -> None:
            async for _ in rillm.merge(*map(from_source, sources)):
                pass

        task = asyncio.create_task(consume())
        while not all(source.opened for source in sources):  # noqa: ASYNC110 - what it waits for knows no loop
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [source.live for source in sources] == [0] * readers

    run(main())


class CancelsWhileOpening(Script[int]):
    """Its consumer is cancelled at the moment at which it is open."""

    consumer: asyncio.Task[None]

    def open(self) -> Reading[int]:
        raise NotImplementedError

    async def aopen(self) -> AsyncReading[int]:
        reading = await super().aopen()
        asyncio.get_running_loop().call_soon(self.consumer.cancel)
        return reading


def test_cancelling_at_the_moment_of_opening() -> None:
    async def main() -> None:
        source = CancelsWhileOpening([1], SILENCE)

        async def consume() -> None:
            async for _ in from_source(source):
                pass

        source.consumer = asyncio.create_task(consume())
        with pytest.raises(asyncio.CancelledError):
            await source.consumer
        assert (source.opened, source.live) == (1, 0)

    run(main())


def test_items_pushed_by_another_thread() -> None:
    def subscribe(observer: abc.ObserverBase[int], _scheduler: object = None) -> abc.DisposableBase:
        def push() -> None:
            for number in range(MANY):
                observer.on_next(number)
            observer.on_completed()

        threading.Thread(target=push).start()
        return Disposable()

    async def main() -> None:
        for _ in range(MANY):
            assert [number async for number in Stream(subscribe)] == list(range(MANY))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads meet at every place
    try:
        run(asyncio.wait_for(main(), 10))
    finally:
        sys.setswitchinterval(interval)


class HookedLoop(asyncio.SelectorEventLoop):
    """Calls `hook` once, when a future is made: that is when the driver is about to sleep."""

    hook: Callable[[], None] | None = None

    def create_future(self) -> asyncio.Future[Any]:
        hook, self.hook = self.hook, None
        if hook is not None:
            hook()
        return super().create_future()


def test_an_item_pushed_just_before_the_driver_sleeps() -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, HookedLoop)

        def subscribe(observer: abc.ObserverBase[int], _scheduler: object = None) -> abc.DisposableBase:
            def push() -> None:
                observer.on_next(1)
                observer.on_completed()

            def in_another_thread() -> None:
                thread = threading.Thread(target=push)
                thread.start()
                thread.join()

            loop.hook = in_another_thread
            return Disposable()

        async with asyncio.timeout(1):
            return [number async for number in Stream(subscribe)]

    with asyncio.Runner(loop_factory=HookedLoop) as runner:
        assert runner.run(main()) == [1]


def test_a_source_that_can_only_block_is_read_on_threads() -> None:
    async def main() -> list[str]:
        return [
            chunk.choices[0].delta.content or "" async for chunk in rillm.decode("openai-chat", [wire.answer("Hi")])
        ]

    assert run(main()) == ["Hi", ""]


def test_a_reading_that_cancels_itself() -> None:
    class Confused(Script[int]):
        async def aopen(self) -> AsyncReading[int]:
            reading = await super().aopen()

            async def blocks() -> AsyncGenerator[Sequence[int]]:
                yield [1]
                raise asyncio.CancelledError

            return AsyncReading(blocks(), reading.aclose, reading.abort)

    async def main() -> Any:
        return [number async for number in rillm.merge(from_source(Confused()), from_source(Script(SILENCE)))]

    with pytest.raises(RuntimeError, match="cancelled from outside"):
        run(main())
