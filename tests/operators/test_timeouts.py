"""`timeouts` in virtual time."""

from __future__ import annotations

from typing import Any

import pytest
from reactivex.testing import ReactiveTest, TestScheduler

import rillm
from tests.kit.chunks import chunk

TestScheduler.__test__ = False  # it is none
on_next, on_completed, on_error = ReactiveTest.on_next, ReactiveTest.on_completed, ReactiveTest.on_error
SUBSCRIBED = 200.0


def seen(messages: list[Any], **limits: float) -> tuple[list[tuple[float, str]], float | None]:
    """What comes out: texts, "|" or the error's message, each with its time; and when the source was let go."""
    scheduler = TestScheduler()
    source = scheduler.create_cold_observable(*messages)
    result = scheduler.start(lambda: source.pipe(rillm.timeouts(**limits)), disposed=10_000)
    messages = [(one.time, one.value) for one in result.messages]
    out = [(time - SUBSCRIBED, shown(value)) for time, value in messages]
    return out, source.subscriptions[0].unsubscribe - SUBSCRIBED


def kind_of(notification: Any) -> str:
    return str(notification.kind)


def shown(notification: Any) -> str:
    if notification.kind == "N":
        return notification.value.choices[0].delta.content or "-"
    return "|" if notification.kind == "C" else str(notification.exception).split(" (")[1].rstrip(").")


A, B, ROLE = chunk("a"), chunk("b"), chunk("")


@pytest.mark.parametrize(
    ("messages", "limits", "out", "let_go"),
    [
        ([(10, A), (20, B)], {}, [(10, "a"), (20, "b"), (30, "|")], 30),
        ([(10, A), (20, B)], {"first_token": 10.5, "idle": 10.5, "total": 30.5}, [(10, "a"), (20, "b"), (30, "|")], 30),
        ([(10, A)], {"first_token": 9}, [(9, "first-token timeout")], 9),
        ([(5, ROLE), (10, A)], {"first_token": 9}, [(5, "-"), (9, "first-token timeout")], 9),
        ([(5, A), (25, B)], {"first_token": 9}, [(5, "a"), (25, "b"), (35, "|")], 35),
        ([(5, A), (25, B)], {"idle": 19}, [(5, "a"), (24, "idle timeout")], 24),
        ([(25, A)], {"idle": 19}, [(19, "idle timeout")], 19),
        ([(5, A), (15, B)], {"idle": 10.5, "total": 12}, [(5, "a"), (12, "total timeout")], 12),
    ],
)
def test_marbles(
    messages: list[tuple[int, Any]], limits: dict[str, float], out: list[tuple[float, str]], let_go: float
) -> None:
    timed = [on_next(time, value) for time, value in messages]
    assert seen([*timed, on_completed(messages[-1][0] + 10)], **limits) == (out, let_go)


def test_an_error_stops_the_timers() -> None:
    scheduler = TestScheduler()
    source = scheduler.create_cold_observable(on_error(5, ValueError("X")))
    result = scheduler.start(lambda: source.pipe(rillm.timeouts(first_token=10, idle=10, total=10)), disposed=1_000)
    assert [(one.time, kind_of(one.value)) for one in result.messages] == [(205, "E")]
