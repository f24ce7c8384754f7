from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import operators as ops

import rillm
from rillm import timeouts
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import both

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.server import Answer, Server

FIRST, IDLE, TOTAL = "first-token timeout", "idle timeout", "total timeout"
NAMES = {
    "role": chunk(delta={"role": "assistant"}),
    "call": chunk(tool_calls=[{"index": 0, "id": "1", "function": {"name": "f", "arguments": ""}}]),
    "none": chunk(""),
}


@pytest.mark.parametrize(
    ("limits", "comes", "goes", "source", "says"),
    [
        ({}, "---a---b---|", "---a---b---|", "^----------!", None),
        ({"first_token": 3.5, "idle": 4.5, "total": 11.5}, "---a---b---|", "---a---b---|", "^----------!", None),
        ({"first_token": 2}, "---a---|", "--X", "^-!", FIRST),
        ({"first_token": 5}, "-role-----a|", "-roleX", "^----!", FIRST),
        ({"first_token": 5}, "-none-----a|", "-noneX", "^----!", FIRST),
        ({"first_token": 5}, "-a------b--|", "-a------b--|", "^----------!", None),
        ({"first_token": 5}, "-~Hm------b|", "-~Hm------b|", "^----------!", None),
        ({"first_token": 5}, "-call------|", "-call------|", "^----------!", None),
        ({"first_token": 5}, "-----------|", "-----X", "^----!", FIRST),
        ({"idle": 4}, "-a------b-|", "-a---X", "^----!", IDLE),
        ({"idle": 4}, "------a|", "----X", "^---!", IDLE),
        ({"idle": 4}, "-a--b--c--|", "-a--b--c--|", "^---------!", None),
        ({"idle": 6}, "-none-none-b|", "-none-none-b|", "^-----------!", None),
        ({"idle": 4}, "-a------|", "-a---X", "^----!", IDLE),
        ({"total": 6}, "-a--b--c--|", "-a--b-X", "^-----!", TOTAL),
        ({"idle": 4.5, "total": 6}, "-a--b-----|", "-a--b-X", "^-----!", TOTAL),
        ({"first_token": 2, "idle": 4, "total": 6}, "-------|", "--X", "^-!", FIRST),
        ({"first_token": 9, "idle": 9, "total": 9}, "-X", "-X", "^!", None),
        ({"first_token": 9, "idle": 9, "total": 9}, "-a|", "-a|", "^-!", None),
    ],
)
def test_marbles(limits: dict[str, float], comes: str, goes: str, source: str, says: str | None) -> None:
    played = play(timeouts(**limits), comes, values=NAMES)
    assert (played.marbles, played.source) == (goes, source)
    assert isinstance(played.error, rillm.Timeout) == (says is not None)
    assert (says or "") in str(played.error)


def test_who_leaves_stops_the_timers() -> None:
    played = play(timeouts(first_token=5, idle=5, total=5), "-a---------|", leave=3)
    assert (played.marbles, played.error, played.source) == ("-a----------", None, "^--!")


@pytest.mark.parametrize("limits", [{"first_token": 3}, {"idle": 3}, {"total": 5}])
def test_each_subscription_has_its_own_time(limits: dict[str, float]) -> None:
    again = reactivex.compose(timeouts(**limits), ops.repeat(3))
    assert play(again, "--a-|").marbles == "--a---a---a-|"
    retried = play(reactivex.compose(timeouts(**limits), ops.retry(2)), "-role---------|", values=NAMES)
    assert (retried.subscriptions, isinstance(retried.error, rillm.Timeout)) == (2, True)


PINGS = (b": ping\n\n", 0.01) * 3
ROLE = wire.event({**wire.head(), "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
SHORT = 0.1  # seconds


@both
@pytest.mark.parametrize(
    ("limits", "answer", "says"),
    [
        ({"first_token": SHORT}, script(ROLE, *PINGS, Do.STALL), FIRST),
        ({"idle": SHORT}, script(wire.frame("a"), *PINGS, Do.STALL), IDLE),
        ({"total": SHORT}, script(*(wire.frame("a"), 0.01) * 100), TOTAL),
    ],
)
def test_the_connection_is_closed_at_once(
    server: Server, collect: Callable[[Any], list[Any]], limits: dict[str, float], answer: Answer, says: str
) -> None:
    server.play(script(wire.answer("Hello")), answer)
    collect(cold(server))  # the first call loads what a call needs
    with pytest.raises(rillm.Timeout, match=says):
        collect(cold(server).pipe(timeouts(**limits)))
    moment = monotonic()
    assert server.exchange(1).seconds_to_leave(moment) < AT_ONCE
