"""A stream of an iterable or an async iterable: read when it is asked for, closed when it is left."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from tests.kit.leaks import run
from tests.kit.sources import acollect, both, collect

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    Collect = Callable[[Any], list[Any]]

pytestmark = pytest.mark.usefixtures("nothing_left")


class BrokenError(Exception): ...


class Numbers:
    """Numbers without an end, or until one of them breaks; remembers what was done."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.breaks_at = breaks_at
        self.taken = 0
        self.is_closed = False
        self.threads: set[int] = set()

    def next(self) -> int:
        if self.taken == self.breaks_at:
            raise BrokenError
        self.taken += 1
        self.threads.add(threading.get_ident())
        return self.taken

    def sync(self) -> Generator[int]:
        try:
            while True:
                yield self.next()
        finally:
            self.is_closed = True

    async def asynchronous(self) -> AsyncGenerator[int]:
        try:
            while True:
                yield self.next()
        finally:
            self.is_closed = True


SYNC = pytest.param(collect, Numbers.sync, id="an iterable, by for")
ON_A_LOOP = pytest.param(acollect, Numbers.sync, id="an iterable, by async for")
ASYNC = pytest.param(acollect, Numbers.asynchronous, id="an async iterable")
ways = pytest.mark.parametrize(("collect", "made"), [SYNC, ON_A_LOOP, ASYNC])


@ways
def test_no_more_is_taken_than_is_asked_for(collect: Collect, made: Callable[[Numbers], Any]) -> None:
    numbers = Numbers()
    assert collect(rillm.from_iterable(made(numbers)).pipe(ops.take(3))) == [1, 2, 3]
    assert (numbers.taken, numbers.is_closed) == (3, True)


@ways
def test_an_error_comes_behind_what_came(collect: Collect, made: Callable[[Numbers], Any]) -> None:
    numbers = Numbers(breaks_at=2)
    caught = rillm.from_iterable(made(numbers)).pipe(ops.catch(rillm.of(0)))
    assert collect(caught) == [1, 2, 0]
    assert numbers.is_closed


@ways
def test_it_is_read_beside_others(collect: Collect, made: Callable[[Numbers], Any]) -> None:
    numbers = Numbers()
    merged = rillm.merge(rillm.from_iterable(made(numbers)).pipe(ops.take(3)), rillm.of(0))
    assert sorted(collect(merged)) == [0, 1, 2, 3]
    assert numbers.is_closed


@both
def test_a_collection_can_be_read_again(collect: Collect) -> None:
    letters = rillm.from_iterable(["a", "b"])
    assert [collect(letters), collect(letters)] == [["a", "b"]] * 2
    assert collect(rillm.from_iterable(())) == []


def test_what_may_block_is_read_on_a_thread_of_its_own_on_an_event_loop() -> None:
    numbers = Numbers()
    acollect(rillm.from_iterable(numbers.sync()).pipe(ops.take(3)))
    assert threading.get_ident() not in numbers.threads


def test_a_stream_can_be_left_in_mid_air() -> None:
    async def main() -> None:
        numbers = Numbers()
        generator = numbers.asynchronous()  # held, so that nobody else closes it
        async with rillm.from_iterable(generator) as stream:
            assert await anext(stream) == 1
        assert numbers.is_closed

    run(main())


def test_an_async_iterable_is_not_for_for() -> None:
    with pytest.raises(TypeError, match="async for"):
        collect(rillm.from_iterable(Numbers().asynchronous()))
