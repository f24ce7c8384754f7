"""Context variables: what was set at the subscription is seen by the request, by further tries and by timers."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import operators as ops

import rillm
from rillm import Stream
from rillm.streams.stream import from_source
from tests.kit.chunks import chunk
from tests.kit.leaks import run
from tests.kit.sources import Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import abc

    from rillm.streams.source import AsyncReading, Reading

    Collect = Callable[[Any], list[Any]]

where: ContextVar[str] = ContextVar("where", default="outside")


class Watched(Script[Any]):
    """Remembers where it was opened."""

    def __init__(self, *steps: Any) -> None:
        super().__init__(*steps)
        self.opened_in: list[str] = []

    def open(self) -> Reading[Any]:
        self.opened_in.append(where.get())
        return super().open()

    async def aopen(self) -> AsyncReading[Any]:
        self.opened_in.append(where.get())
        return await super().aopen()


def inside(source: reactivex.Observable[Any]) -> Stream[Any]:
    """Subscribes to `source` inside, and only that."""

    def subscribe(observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        token = where.set("inside")
        try:
            return source.subscribe(observer, scheduler=scheduler)
        finally:
            where.reset(token)

    return Stream(subscribe)


def again_after(seconds: float) -> Callable[[Any], Any]:
    return ops.catch(lambda _, source: source if not seconds else reactivex.timer(seconds).pipe(ops.concat(source)))


@both
@pytest.mark.parametrize(
    ("operators", "steps", "opened"),
    [
        ([], [[chunk("a")]], 1),
        ([ops.retry(2)], [[chunk("a")], rillm.Timeout("late")], 2),
        ([again_after(0.01), ops.take(3)], [[chunk("a")], rillm.Timeout("late")], 2),
    ],
    ids=["request", "retry", "retry after a pause"],
)
def test_the_request_is_made_inside(collect: Collect, operators: list[Any], steps: list[Any], opened: int) -> None:
    script = Watched(*steps)
    stream: Stream[Any] = from_source(script).pipe(*operators, inside)
    try:
        collect(stream)
    except rillm.Timeout:
        assert opened > 1
    assert script.opened_in == ["inside"] * opened


@both
def test_so_it_is_of_each_of_several(collect: Collect) -> None:
    scripts = [Watched([chunk("a")], [chunk("b")]) for _ in range(3)]
    collect(rillm.merge(*(from_source(script).pipe(inside) for script in scripts)))
    assert [script.opened_in for script in scripts] == [["inside"]] * 3


def test_the_consumer_is_not() -> None:
    assert {where.get() for _ in inside(from_source(Script([1], [2])))} == {"outside"}


def test_the_consumer_is_not_on_an_event_loop() -> None:
    async def main() -> set[str]:
        return {where.get() async for _ in inside(from_source(Script([1], [2])))}

    assert run(main()) == {"outside"}
