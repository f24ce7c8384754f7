"""`limit_concurrency`: who waits, who is next, and that no slot is lost, however a stream ends."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import operators as ops

import rillm
from rillm import Slots, limit_concurrency
from rillm.streams.stream import from_source
from rillm.testing import play
from tests.kit import wire
from tests.kit.calls import cold, texts
from tests.kit.leaks import run, wait_until
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import SILENCE, Script, both, collect

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    from tests.kit.server import Server

    Collect = Callable[[Any], list[Any]]

pytestmark = pytest.mark.usefixtures("nothing_left")


class BrokenError(Exception): ...


def dashed(_error: Exception, _source: object) -> Observable[str]:
    return rillm.of("-")


@pytest.mark.parametrize(
    ("most", "comes", "goes", "sources"),
    [
        (1, ["-a-b-|", "1-2-|"], "-a-b-1-2-|", ["^----!", "-----^---!"]),
        (2, ["-a-b-|", "1-2-|"], "1a2b-|", ["^----!", "^---!"]),
        (1, ["-a-X", "1-2-|"], "-a-X", ["^--!", ""]),
        (2, ["-a-|", "-----1-|", "-x-|"], "-a--x1-|", ["^--!", "^------!", "---^--!"]),
    ],
)
def test_marbles(most: int, comes: list[str], goes: str, sources: list[str]) -> None:
    slots = Slots(most)

    def merged(*streams: Observable[str]) -> Any:
        return rillm.merge(*(stream.pipe(limit_concurrency(slots)) for stream in streams))

    played = play(merged, *comes, given=str)
    assert (slots.running, slots.waiting) == (0, 0)
    assert played.marbles == goes
    assert played.sources == sources


@both
@pytest.mark.parametrize(("most", "streams"), [(1, 5), (3, 9)])
def test_how_many_are_open(collect: Collect, most: int, streams: int) -> None:
    slots = Slots(most)
    sources = [Script([number], [number]) for number in range(streams)]
    counted: list[int] = []

    def count(_: object) -> None:
        counted.append(sum(source.live for source in sources))

    calls = [from_source(source).pipe(limit_concurrency(slots), ops.do_action(count)) for source in sources]
    assert sorted(collect(rillm.merge(*calls))) == sorted([*range(streams)] * 2)
    assert max(counted) == most
    assert (slots.running, slots.waiting) == (0, 0)


@both
@pytest.mark.parametrize(
    ("ends", "says"),
    [
        ([["a"]], ["a"]),
        ([["a"], BrokenError()], ["a", "-"]),
        ([["a"], SILENCE], ["a"]),
    ],
)
def test_a_slot_is_free_again(collect: Collect, ends: list[Any], says: list[str]) -> None:
    slots = Slots(1)
    source = Script(*ends)
    first = from_source(source).pipe(limit_concurrency(slots), ops.catch(dashed), ops.take(len(says)))
    second = from_source(Script(["b"])).pipe(limit_concurrency(slots))
    assert collect(rillm.merge(first, second)) == [*says, "b"]
    assert (source.live, slots.running) == (0, 0)


@pytest.mark.parametrize("steps", [[["a"]], [["a"], BrokenError()]])
def test_it_is_free_when_the_end_is_told(steps: list[Any]) -> None:
    """A second try, or another model, finds room."""
    slots = Slots(1)
    running: list[int] = []

    def note(_: object = None) -> None:
        running.append(slots.running)

    ended = ops.do_action(note, note, note)
    from_source(Script(*steps)).pipe(limit_concurrency(slots), ended).subscribe(on_error=note)
    assert running[:2] == [1, 0]


@both
def test_who_does_not_wait_any_longer_is_never_opened(collect: Collect) -> None:
    slots = Slots(1)
    late = Script(["late"])
    busy = from_source(Script(["a"], 0.05, ["b"])).pipe(limit_concurrency(slots))
    impatient = from_source(late).pipe(limit_concurrency(slots), ops.take_until(reactivex.timer(0.01)))
    assert collect(rillm.merge(busy, impatient)) == ["a", "b"]
    assert (late.opened, slots.running, slots.waiting) == (0, 0, 0)


@both
def test_more_than_may_wait(collect: Collect) -> None:
    slots = Slots(1, max_waiting=1)
    sources = [Script([name]) for name in "abc"]

    def refused(error: Exception, _: object) -> Observable[str]:
        assert isinstance(error, rillm.RateLimitError)
        return rillm.of("refused")

    calls = [from_source(source).pipe(limit_concurrency(slots), ops.catch(refused)) for source in sources]
    assert sorted(collect(rillm.merge(*calls))) == ["a", "b", "refused"]
    assert [source.opened for source in sources] == [1, 1, 0]
    assert slots.running == 0


def test_threads_share_slots() -> None:
    slots = Slots(1)
    first = iter(from_source(Script(["a"], SILENCE)).pipe(limit_concurrency(slots)))
    assert next(first) == "a"
    said: list[str] = []
    source = Script(["b"])
    other = from_source(source).pipe(limit_concurrency(slots))
    thread = threading.Thread(target=lambda: said.extend(collect(other)))
    thread.start()
    assert wait_until(lambda: slots.waiting == 1)
    assert repr(slots) == "Slots(1, running=1, waiting=1)"
    first.close()
    thread.join(5)
    assert said == ["b"]
    assert threading.get_ident() not in source.threads  # which made room
    assert slots.running == 0


def test_tasks_share_slots() -> None:
    slots = Slots(2)
    sources = [Script([number], 0.001, [number]) for number in range(6)]

    async def read(source: Script[int]) -> list[int]:
        return [number async for number in from_source(source).pipe(limit_concurrency(slots))]

    async def main() -> list[list[int]]:
        return await asyncio.gather(*map(read, sources))

    assert run(main()) == [[number] * 2 for number in range(6)]
    assert (slots.running, slots.waiting) == (0, 0)


@both
def test_the_context_of_a_subscription_reaches_its_source(collect: Collect) -> None:
    user: ContextVar[str] = ContextVar("user", default="nobody")
    slots = Slots(1)

    def call(name: str) -> Any:
        def subscribe(observer: Any, scheduler: Any = None) -> Any:
            user.set(name)
            told = reactivex.defer(lambda _: rillm.of(user.get())).pipe(limit_concurrency(slots))
            return told.subscribe(observer, scheduler=scheduler)

        stream: rillm.Stream[str] = rillm.Stream(subscribe)
        return stream

    assert collect(rillm.merge(call("a"), call("b"), call("c"))) == ["a", "b", "c"]


def test_no_request_is_sent_while_there_is_no_room(server: Server) -> None:
    server.play(script(wire.frame("a"), Do.STALL), script(wire.frame("b"), wire.DONE))
    slots = Slots(1)
    first = iter(cold(server).pipe(limit_concurrency(slots)))
    next(first)
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(texts(cold(server).pipe(limit_concurrency(slots)))))
    thread.start()
    assert wait_until(lambda: slots.waiting == 1)
    assert server.connections == 1
    left = monotonic()
    first.close()
    thread.join(5)
    assert said == ["b"]
    assert server.exchange(0).seconds_to_leave(left) < AT_ONCE


@pytest.mark.parametrize("arguments", [{"most": 0}, {"most": 1, "max_waiting": -1}])
def test_no_slots(arguments: dict[str, int]) -> None:
    with pytest.raises(rillm.BadRequestError):
        Slots(**arguments)
