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


def test_it_plays_our_operators() -> None:
    played = play(rillm.text(), "-Hi_-~Hm-you-=stop-|")
    assert (played.marbles, played.items) == ("-Hi_-----you-------|", ["Hi ", "you"])
