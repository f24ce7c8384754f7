"""A Stream is an Observable that can be iterated, and so is whatever is made of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import ConnectableObservable, Observable
from reactivex import operators as ops
from reactivex.disposable import Disposable

import rillm
from rillm import Stream
from rillm.streams.opened import OpenedSource
from rillm.streams.stream import from_source
from tests.kit.leaks import run
from tests.kit.sources import SILENCE, Script, both, collect

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[Any], list[Any]]

pytestmark = pytest.mark.usefixtures("nothing_left")


def numbers() -> Script[int]:
    return Script([1], [2, 3], [4])


def double(number: int) -> int:
    return number * 2


MADE: list[Callable[[Any], Any]] = [
    lambda s: s.pipe(ops.map(double)),
    lambda s: s.map(double),
    lambda s: s.pipe(ops.map(double), ops.filter(bool)),
    lambda s: s.map(double).filter(bool),
    lambda s: s.pipe().pipe(ops.map(double)),
    lambda s: rillm.as_stream(reactivex.merge(s.map(double))),
    lambda s: rillm.as_stream(ops.map(double)(s)),
    lambda s: rillm.as_stream(s.publish().ref_count()).map(double),
    lambda s: s.share().map(double),
]


@both
@pytest.mark.parametrize("make", MADE)
def test_what_is_made_of_a_stream_is_one(collect: Collect, make: Callable[[Stream[int]], Any]) -> None:
    script = numbers()
    made = make(from_source(script))
    assert isinstance(made, Stream)
    assert collect(made) == [2, 4, 6, 8]
    assert (script.opened, script.live) == (1, 0)


def test_a_connectable_keeps_connect() -> None:
    published = from_source(numbers()).publish()
    assert isinstance(published, ConnectableObservable)
    seen: list[int] = []
    published.subscribe(seen.append)
    assert not seen
    published.connect()
    assert seen == [1, 2, 3, 4]


@both
def test_a_bare_observable(collect: Collect) -> None:
    bare: Observable[int] = reactivex.of(1, 2, 3)
    assert not isinstance(bare, Stream)
    assert collect(rillm.as_stream(bare)) == [1, 2, 3]


@both
def test_cold(collect: Collect) -> None:
    script = numbers()
    stream = from_source(script)
    assert (script.opened, script.live) == (0, 0)
    assert collect(stream) == collect(stream) == [1, 2, 3, 4]
    assert script.opened == 2


@both
@pytest.mark.parametrize("items", [[], [None], [[]], [0, "", False]])
def test_any_items(collect: Collect, items: list[Any]) -> None:
    assert collect(from_source(Script(items))) == items
    assert collect(rillm.of(*items)) == items


def test_next_then_for() -> None:
    stream = from_source(numbers())
    assert (next(stream), next(stream)) == (1, 2)
    assert list(stream) == [3, 4]


def test_next_to_the_end() -> None:
    stream = from_source(OpenedSource(numbers().open()))
    assert [next(stream) for _ in range(4)] == [1, 2, 3, 4]
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(stream)
    assert next(from_source(Script[int]()), None) is None


def test_anext_then_async_for() -> None:
    async def main() -> None:
        stream = from_source(numbers())
        assert [await anext(stream), await anext(stream)] == [1, 2]
        assert [number async for number in stream] == [3, 4]

    run(main())


def test_anext_to_the_end() -> None:
    async def main() -> None:
        stream = from_source(numbers())
        assert [await anext(stream) for _ in range(4)] == [1, 2, 3, 4]
        for _ in range(2):
            with pytest.raises(StopAsyncIteration):
                await anext(stream)

    run(main())


def test_iterators_are_independent() -> None:
    script = numbers()
    stream = from_source(script)
    assert list(zip(stream, stream, strict=True)) == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert (script.opened, script.live) == (2, 0)


def test_nothing_comes_after_close() -> None:
    stream = rillm.of(1, 2, 3)
    seen: list[int] = []
    for number in stream:
        seen.append(number)
        stream.close()
    assert seen == [1]


def test_nothing_comes_after_close_async() -> None:
    async def main() -> list[int]:
        stream = rillm.of(1, 2, 3)
        seen: list[int] = []
        async for number in stream:
            seen.append(number)
            stream.close()
        return seen

    assert run(main()) == [1]


def test_nothing_comes_after_the_end() -> None:
    def hasty(observer: Any, _scheduler: object = None) -> Disposable:
        observer.on_next(1)
        observer.on_completed()
        observer.on_next(2)
        observer.on_error(ValueError())
        return Disposable()

    hasty_stream: Stream[int] = Stream(hasty)
    bare: Observable[int] = Observable(hasty)
    assert collect(hasty_stream) == [1]
    assert collect(rillm.as_stream(bare).pipe(ops.map(double))) == [2]


@both
def test_items_before_an_error(collect: Collect) -> None:
    script = Script([1], [2], ValueError("X"))
    seen: list[int] = []
    with pytest.raises(ValueError, match="X"):
        collect(from_source(script).do_action(seen.append))
    assert seen == [1, 2]
    assert script.live == 0


def test_close_twice_and_before_anything() -> None:
    stream = from_source(Script([1], SILENCE))
    stream.close()
    stream.close()
    with stream:
        assert next(stream) == 1
    run(stream.aclose())
    asyncio.run(stream.aclose())


def test_a_share_lives_on_without_its_first_reader() -> None:
    script = numbers()
    shared = from_source(script).share()
    first, second = iter(shared), iter(shared)
    assert [next(first), next(second), next(first)] == [1, 2, 2]  # who comes later misses what was
    first.close()
    assert list(second) == [3, 4]
    assert (script.opened, script.live) == (1, 0)
