"""Whom to ask, and whom next: retries of one target, then its fallbacks, until something has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rillm.streams.errors import RillmError, StreamCancelledError, StreamConsumedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm.target import Target

DEFAULT_RETRIES: Final = 2  # as the OpenAI SDK and LiteLLM have it
FIRST_WAIT: Final = 0.5  # seconds, doubled with each further try
LONGEST_WAIT: Final = 8.0
JITTER: Final = 0.25  # seconds at most, so that many callers do not come back at the same moment
LONGEST_RETRY_AFTER: Final = 60.0  # seconds; a provider that wants more is left for the next target


class Attempts:
    """The tries of one call, by blocking or on an event loop: the caller waits, this only decides.

    Args:
        targets: how to make each target, the one that was asked for first. A target that cannot be made (an unknown
            model, a missing key) has failed.
        retries: how often each target is asked again.
    """

    def __init__(self, targets: Sequence[Callable[[], Target]], retries: int) -> None:
        self._targets = list(targets)
        self._retries = retries
        self.failed = 0  # tries that have, of the current target
        self.target = self._first()

    def after(self, error: Exception) -> float | None:
        """Seconds to wait before `target` is asked (again); None if `error` is how the call ends."""
        if not isinstance(error, RillmError) or isinstance(error, StreamConsumedError | StreamCancelledError):
            return None
        self.failed += 1
        seconds = self._seconds_to_retry(error)
        if seconds is not None:
            return seconds
        error.num_retries, error.max_retries = self.failed - 1, self._retries
        return self._next(error)

    def _seconds_to_retry(self, error: RillmError) -> float | None:
        if not error.retryable or self.failed > self._retries:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= LONGEST_RETRY_AFTER else None
        from tenacity import RetryCallState, Retrying, wait_exponential, wait_random  # noqa: PLC0415 - 30 ms, if ever

        wait = wait_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT) + wait_random(0, JITTER)
        state = RetryCallState(Retrying(wait=wait), None, (), {})
        state.attempt_number = self.failed
        return wait(state)

    def _first(self) -> Target:
        while True:
            try:
                return self._targets.pop(0)()
            except RillmError:
                if not self._targets:
                    raise

    def _next(self, error: RillmError) -> float | None:
        """Go on to the next target that can be asked."""
        while self._targets:
            try:
                self.target = self._targets.pop(0)()
            except RillmError as reason:
                error.add_note(f"A fallback could not be asked: {reason}")
            else:
                self.failed = 0
                return 0.0
        return None
