"""Each law finds the operators that break it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import Disposable

import rillm
from rillm.streams.driver import Driver
from rillm.testing import assert_operator_laws, chunk, laws
from rillm.testing.laws import LAWS, Case

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNKS = [chunk("a"), chunk("b"), chunk("c", finish="stop")]


def made(subscribe: Callable[[Any, Any, Any], Any]) -> Callable[[Any], Observable[Any]]:
    """An operator by what it does at a subscription."""

    def operator(source: Observable[Any]) -> Observable[Any]:
        def subscribed(observer: Any, scheduler: Any = None) -> Any:
            return subscribe(source, observer, scheduler)

        return rillm.Stream(subscribed)

    return operator


def good(source: Any, observer: Any, scheduler: Any) -> Any:
    return source.subscribe(observer, scheduler=scheduler)


def deaf_to_dispose(source: Any, observer: Any, scheduler: Any) -> Any:
    source.subscribe(observer, scheduler=scheduler)
    return Disposable()


def without_scheduler(source: Any, observer: Any, _: Any) -> Any:
    return source.subscribe(observer)


def without_completion(source: Any, observer: Any, scheduler: Any) -> Any:
    return source.subscribe(observer.on_next, observer.on_error, scheduler=scheduler)


def without_error(source: Any, observer: Any, scheduler: Any) -> Any:
    return source.subscribe(observer.on_next, None, observer.on_completed, scheduler=scheduler)


def twice(source: Any, observer: Any, scheduler: Any) -> Any:
    source.subscribe(scheduler=scheduler)
    return source.subscribe(observer, scheduler=scheduler)


def by_the_way(source: Any, observer: Any, scheduler: Any) -> Any:
    kept = source if isinstance(scheduler, Driver) else source.pipe(ops.take(1))
    return kept.subscribe(observer, scheduler=scheduler)


def counting() -> Callable[[Any], Observable[Any]]:
    seen: list[Any] = []

    def count(item: Any) -> int:
        seen.append(item)
        return len(seen)

    return lambda source: source.pipe(ops.map(count))


def counting_from_the_last_subscription() -> Callable[[Any], Observable[Any]]:
    seen: list[Any] = []

    def subscribe(source: Any, observer: Any, scheduler: Any) -> Any:
        seen.clear()

        def on_next(item: Any) -> None:
            seen.append(item)
            observer.on_next(len(seen))

        return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

    return made(subscribe)


def changing(source: Observable[Any]) -> Observable[Any]:
    def change(one: Any) -> Any:
        one.choices[0].delta.content = "changed"
        return one

    return source.pipe(ops.map(change))


WRONG: list[tuple[Callable[[Case], None], Callable[[Any], Observable[Any]], str]] = [
    (laws.disposing_reaches_the_source, made(deaf_to_dispose), "return its own"),
    (laws.the_scheduler_reaches_the_source, made(without_scheduler), "pass scheduler=scheduler"),
    (laws.the_scheduler_reaches_the_source, made(twice), "pass scheduler=scheduler"),
    (laws.the_loop_reaches_the_source, made(without_scheduler), "pass scheduler=scheduler"),
    (laws.an_error_passes, ops.catch(reactivex.empty()), r"came of that was \[None\]"),
    (laws.an_error_passes, ops.catch(reactivex.throw(ValueError("other"))), "ValueError"),
    (laws.an_error_passes, made(without_error), "pass on_error"),
    (laws.a_good_end_passes, made(without_completion), "pass on_completed"),
    (laws.a_good_end_passes, ops.concat(reactivex.throw(ValueError("X"))), "ValueError"),
    (laws.a_good_end_passes, ops.ignore_elements(), "Nothing comes of these items"),
    (laws.leaving_closes_the_source, made(deaf_to_dispose), "still open"),
    (laws.leaving_closes_the_source, made(twice), "opens the source 2 times"),
    (laws.closing_closes_the_source, made(deaf_to_dispose), "still open"),
    (laws.subscriptions_share_nothing, counting(), "first came 2, 3, 4, then 5, 6, 7"),
    (laws.subscriptions_at_a_time_share_nothing, counting_from_the_last_subscription(), "alone came 1, 2, 3, together"),
    (laws.each_way_gives_the_same, made(by_the_way), "depends on how it is read"),
    (laws.what_came_is_not_changed, changing, "copy it"),
]


@pytest.mark.parametrize(("law", "operator", "words"), WRONG)
def test_a_law_finds(law: Callable[[Case], None], operator: Callable[[Any], Observable[Any]], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        law(Case(operator, CHUNKS))


def test_no_law_is_left_out() -> None:
    assert {law for law, *_ in WRONG} == {*LAWS}


@pytest.mark.parametrize("operator", [made(good), ops.take(1), ops.filter(bool), ops.start_with(chunk("0"))])
def test_good_operators(operator: Callable[[Any], Observable[Any]]) -> None:
    assert_operator_laws(operator, CHUNKS)


@pytest.mark.parametrize(("law", "operator", "words"), WRONG)
def test_all_laws_are_checked(law: object, operator: Callable[[Any], Observable[Any]], words: str) -> None:  # noqa: ARG001
    with pytest.raises(AssertionError):
        assert_operator_laws(operator, CHUNKS)


def test_on_an_event_loop() -> None:
    async def main() -> None:
        assert_operator_laws(rillm.text(), CHUNKS)

    asyncio.run(main())


def test_how_things_are_compared() -> None:
    operator = counting()
    with pytest.raises(AssertionError, match="share something"):
        assert_operator_laws(operator, CHUNKS)
    assert_operator_laws(operator, CHUNKS, show=lambda _: "a number")


def test_an_operator_that_was_not_called() -> None:
    not_called: Any = rillm.text
    with pytest.raises(TypeError, match="makes a function of a stream, no Observable"):
        assert_operator_laws(not_called, CHUNKS)
