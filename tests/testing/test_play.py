from __future__ import annotations

from typing import Any

import pytest
import reactivex
from reactivex import Observable, Subject
from reactivex import operators as ops

import rillm
from rillm.testing import chunk, play

SAME: Any = rillm.timeouts()


def nothing(_: Observable[Any]) -> Observable[Any]:
    return reactivex.never()


@pytest.mark.parametrize(
    ("operator", "comes", "goes", "source"),
    [
        (SAME, "-a-b-|", "-a-b-|", "^----!"),
        (SAME, "-a-X", "-a-X", "^--!"),
        (SAME, "-a--", "-a--", "^"),
        (ops.take(1), "-a-b-|", "-(a,|)", "^!"),
        (ops.delay(2), "-a-b-|", "---a-b-|", "^----!"),
        (ops.ignore_elements(), "-~Hm-=stop-|", "-----------|", "^----------!"),
        (ops.repeat(2), "-a|", "-a-a|", "^---!"),
        (ops.take(1), "a-b-|", "(a,|)", "(^!)"),
        (nothing, "-a|", "---", ""),
    ],
)
def test_operators(operator: Any, comes: str, goes: str, source: str) -> None:
    played = play(operator, comes)
    assert (played.marbles, played.source) == (goes, source)


def test_what_is_given() -> None:
    texts = play(ops.map(str.upper), "-hi_you-|", given=str)
    assert texts.items == ["HI_YOU"]
    same = chunk("Hi", model="other")
    assert play(SAME, "-a-b", values={"a": same}).items[0] is same
    assert play(SAME, "-a-b", values={"a": same}).marbles == "-a-b"
    error = ValueError("mine")
    assert play(SAME, "-X", error=error).error is error


def test_how_items_are_drawn() -> None:
    assert play(ops.map(str.lower), "-a-b-|", given=str, show=str.upper).marbles == "-A-B-|"


def test_ticks_are_seconds_unless_told() -> None:
    assert play(ops.delay(2), "-a-|").marbles == "---a-|"
    assert play(ops.delay(2), "-a-|", tick=0.5).marbles == "-----a-|"


def test_the_consumer_leaves() -> None:
    played = play(SAME, "-a-b-c-|", leave=4)
    assert (played.marbles, played.source, played.let_go) == ("-a-b----", "^---!", 4)


def test_subscriptions_are_counted() -> None:
    assert play(ops.repeat(3), "-a|").subscriptions == 3


def test_a_scheduler_that_is_lost_is_an_error() -> None:
    def lost(source: Observable[Any]) -> Observable[Any]:
        subject: Subject[Any] = Subject()
        source.subscribe(subject)
        return subject

    with pytest.raises(AssertionError, match="does not hand its scheduler"):
        play(lost, "-a-|")


def until(source: Observable[Any], stop: Observable[Any]) -> Observable[Any]:
    return source.pipe(ops.take_until(stop))


def each(source: Observable[Any], inner: Observable[Any]) -> Observable[Any]:
    def same(_: Any) -> Observable[Any]:
        return inner

    return source.pipe(ops.flat_map(same))


def twice(source: Observable[Any]) -> Observable[Any]:
    return rillm.merge(source, source)


def none() -> Observable[Any]:
    return rillm.of(chunk("a"))


@pytest.mark.parametrize(
    ("operator", "comes", "goes", "sources"),
    [
        (rillm.merge, ["-a---b-|", "--1-2----3-|"], "-a1-2b---3-|", ["^------!", "^----------!"]),
        (rillm.concat, ["-a-|", "1-2-|"], "-a-1-2-|", ["^--!", "---^---!"]),
        (rillm.race, ["---a-|", "-1-2-|", "--x-|"], "-1-2-|", ["^!", "^----!", "^!"]),
        (until, ["-a-b-c-|", "----x-|"], "-a-b|", ["^---!", "^---!"]),
        (each, ["-a--b----|", "x-y-z|"], "-x-yxzy-z|", ["^--------!", "-^-------!"]),
        (twice, ["-a--|"], "-(a,a)|", ["^---!"]),
        (none, [], "(a,|)", []),
    ],
)
def test_several_streams(operator: Any, comes: list[str], goes: str, sources: list[str]) -> None:
    played = play(operator, *comes)
    assert (played.marbles, played.sources) == (goes, sources)


def test_one_of_several_that_loses_its_scheduler() -> None:
    def lost(source: Observable[Any], other: Observable[Any]) -> Observable[Any]:
        other.subscribe(lambda _: None)
        return source

    with pytest.raises(AssertionError, match="does not hand its scheduler"):
        play(lost, "-a|", "-b|")


def test_an_operator_that_was_not_called() -> None:
    not_called: Any = rillm.text
    with pytest.raises(TypeError, match=r"makes a function of a stream, no Observable. Is it `text\(\)`"):
        play(not_called, "-a-|")


def test_it_is_shown_as_it_is_drawn() -> None:
    assert repr(play(rillm.race, "-a-|", "--b|")) == "Played('-a-|', sources=['^--!', '^!'])"


def test_it_plays_our_operators() -> None:
    played = play(rillm.text(), "-Hi_-~Hm-you-=stop-|")
    assert (played.marbles, played.items) == ("-Hi_-----you-------|", ["Hi ", "you"])
