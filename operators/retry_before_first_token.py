"""`retry_before_first_token`: ask again where nothing has been said yet."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from rillm.operators.tries import Next, tries
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

FIRST_WAIT: Final = 0.5  # seconds, doubled with each further try, as the OpenAI SDK has it
LONGEST_WAIT: Final = 8.0
JITTER: Final = 0.25  # of the wait, so that many callers do not come back at the same moment
LONGEST_RETRY_AFTER: Final = 60.0  # seconds; a provider that wants more has failed


def retryable(error: Exception) -> bool:
    """Whether the same call may well succeed when it is made again."""
    return bool(getattr(error, "retryable", False))


def doubling(attempt: int) -> float:
    """Seconds before the try after this number of failed ones."""
    wait: float = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    return wait * (1 - random.random() * JITTER)  # noqa: S311 - no secret


def retry_before_first_token(
    attempts: int = 3,
    backoff: float | Callable[[int], float] = doubling,
    when: Callable[[Exception], bool] = retryable,
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Subscribe to the source again where it fails before the model has said anything.

        -X
        [ retry_before_first_token(2, backoff=3) ]
        -----X

    The second subscription is a second call: the source has to be cold, as `rillm.stream` is. Once a token has come
    (text, reasoning, a call) an error passes: to go on in mid-sentence is another operator's work. Calls of rillm retry
    by themselves before their first chunk (`num_retries`); this one also sees what comes after it, such as a
    `timeouts(first_token=…)` or an error that is the first event of the stream.

    Args:
        attempts: how many tries there are in all, at least 1.
        backoff: seconds before each further try, or a function of the number of tries that have failed. Without it
            they double from 0.5 s to 8 s, less a random quarter. A provider that says when to come back (Retry-After,
            up to 60 s) is taken at its word.
        when: which errors are worth another try.

    Raises:
        BadRequestError: `attempts` is less than 1.

    >>> import reactivex, rillm
    >>> answers = iter([[rillm.RateLimitError("Later.")], ["Hi"]])
    >>> busy = rillm.as_stream(reactivex.defer(lambda _: rillm.stream("mock/x", mock_response=next(answers))))
    >>> "".join(busy.pipe(rillm.retry_before_first_token(backoff=0), rillm.text()))
    'Hi'
    """
    if attempts < 1:
        raise BadRequestError(f"attempts has to be at least 1, not {attempts!r}.")

    def wait(failed: int, error: Exception) -> float | None:
        told: float | None = getattr(error, "retry_after", None)
        if told is not None:
            return told if told <= LONGEST_RETRY_AFTER else None
        return backoff(failed) if callable(backoff) else backoff

    def decide(source: Observable[ModelResponseStream]) -> Callable[[Exception], Next | None]:
        failed = 0

        def after(error: Exception) -> Next | None:
            nonlocal failed
            failed += 1
            if failed >= attempts or not when(error):
                return None
            seconds = wait(failed, error)
            return None if seconds is None else Next(source, seconds)

        return after

    return tries(decide)
