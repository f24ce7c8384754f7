"""`retry_before_first_token` and `fallback_to`: what comes after a failure, and when."""

from __future__ import annotations

from typing import Any

import pytest
import reactivex

import rillm
from rillm import fallback_to, retry_before_first_token
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import cold, texts
from tests.kit.server import Server, script
from tests.kit.sources import both, stream_of

BUSY = rillm.RateLimitError("Later.")
WRONG = rillm.BadRequestError("No.")
ROLE = chunk(delta={"role": "assistant"})


def falling(**how: Any) -> Any:
    """An operator of several streams: back from the first to the others, in order."""

    def operator(source: Any, *others: Any) -> Any:
        return fallback_to(*others, **how)(source)

    return operator


def is_wrong(error: Exception) -> bool:
    return error is WRONG


def doubled(failed: int) -> float:
    return 10.0 * failed


def told(seconds: float) -> rillm.RateLimitError:
    return rillm.RateLimitError("Later.", retry_after=seconds)


@pytest.mark.parametrize(
    ("attempts", "backoff", "error", "comes", "goes", "source", "subscriptions"),
    [
        (3, 2, BUSY, "-Hi-=stop-|", "-Hi-=stop-|", "^---------!", 1),
        (1, 2, BUSY, "-X", "-X", "^!", 1),
        (2, 2, BUSY, "-X", "----X", "^---!", 2),
        (3, 2, BUSY, "-X", "-------X", "^------!", 3),
        (3, 0, BUSY, "-X", "---X", "^--!", 3),
        (3, doubled, BUSY, "-X", "-" * 33 + "X", "^" + "-" * 32 + "!", 3),
        (3, 2, WRONG, "-X", "-X", "^!", 1),
        (3, 2, BUSY, "-Hi-X", "-Hi-X", "^---!", 1),
        (3, 2, BUSY, "-~Hm-X", "-~Hm-X", "^----!", 1),
        (2, 2, BUSY, "-r-X", "--------X", "^-------!", 2),
        (3, 2, BUSY, "-r-Hi-|", "---(r,Hi)|", "^-----!", 1),
        (3, 2, BUSY, "-r-|", "---(r,|)", "^--!", 1),
        (2, 2, told(5), "-X", "-------X", "^------!", 2),
        (2, 2, told(61), "-X", "-X", "^!", 1),
    ],
)
def test_retries(  # noqa: PLR0913, PLR0917 - the columns
    attempts: int, backoff: Any, error: Exception, comes: str, goes: str, source: str, subscriptions: int
) -> None:
    played = play(retry_before_first_token(attempts, backoff), comes, error=error, values={"r": ROLE})
    assert (played.marbles, played.source, played.subscriptions) == (goes, source, subscriptions)


def test_which_errors_are_worth_another_try() -> None:
    operator = retry_before_first_token(2, 1, when=is_wrong)
    assert play(operator, "-X", error=WRONG).subscriptions == 2
    assert play(operator, "-X", error=BUSY).subscriptions == 1


def test_the_consumer_leaves_while_it_waits() -> None:
    played = play(retry_before_first_token(3, 5), "-X", error=BUSY, leave=3)
    assert (played.marbles, played.subscriptions) == ("--", 1)


@pytest.mark.parametrize("attempts", [0, -1])
def test_a_number_of_attempts_that_is_none(attempts: int) -> None:
    with pytest.raises(rillm.BadRequestError, match="attempts"):
        retry_before_first_token(attempts)


@pytest.mark.parametrize(
    ("first", "second", "goes", "sources"),
    [
        ("-Hi-|", "-Ho-|", "-Hi-|", ["^---!", ""]),
        ("-X", "-Ho-|", "--Ho-|", ["^!", "-^---!"]),
        ("-r-X", "-Ho-|", "----Ho-|", ["^--!", "---^---!"]),
        ("-Hi-X", "-Ho-|", "-Hi-X", ["^---!", ""]),
        ("-X", "--X", "---X", ["^!", "-^-!"]),
    ],
)
def test_fallbacks(first: str, second: str, goes: str, sources: list[str]) -> None:
    played = play(falling(), first, second, error=BUSY, values={"r": ROLE})
    assert (played.marbles, played.sources) == (goes, sources)


def test_one_that_fails_while_it_is_subscribed_to() -> None:
    def fail(_: object) -> rillm.Stream[Any]:
        raise BUSY

    def operator(source: Any, other: Any) -> Any:
        return fallback_to(reactivex.defer(fail), other)(source)

    assert play(operator, "-X", "-Ho-|", error=BUSY).marbles == "--Ho-|"


def test_fallbacks_in_their_order() -> None:
    played = play(falling(), "X", "-X", "--Ha|", error=BUSY)
    assert played.marbles == "---Ha|"


def test_errors_after_which_nobody_else_is_asked() -> None:
    used = rillm.StreamConsumedError("Read before.")
    assert play(falling(), "X", "Hi|", error=used).sources == ["(^!)", ""]
    picky = play(falling(when=is_wrong), "X", "Hi|", error=BUSY)
    assert picky.sources == ["(^!)", ""]


def test_the_last_error_tells_of_the_others() -> None:
    first, second = rillm.RateLimitError("Full."), rillm.ServiceUnavailableError("Down.")
    stream = stream_of(first).pipe(fallback_to(stream_of(second)))
    with pytest.raises(rillm.ServiceUnavailableError) as caught:
        list(stream)
    assert "RateLimitError: Full." in caught.value.__notes__[0]


@both
def test_over_sockets(collect: Any, server: Server) -> None:
    error = wire.event({"error": {"message": "overloaded", "code": 503}})
    server.play(script(error), script(error), script(wire.answer("Hello")))
    stream = cold(server).pipe(retry_before_first_token(2, 0), fallback_to(cold(server)))
    assert texts(collect(stream)) == "Hello"
    assert len(server.exchanges) == 3
