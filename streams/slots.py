"""`Slots`: room for so many streams at a time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rillm.streams.errors import BadRequestError, RateLimitError

if TYPE_CHECKING:
    from collections.abc import Callable


class Slots:
    """Room for `most` streams at a time, in all threads and event loops; for the operator `limit_concurrency`.

    Args:
        most: at least 1.
        max_waiting: how many may wait for room; None for any number.

    >>> import rillm
    >>> rillm.Slots(4)
    Slots(4, running=0, waiting=0)
    """

    def __init__(self, most: int, max_waiting: int | None = None) -> None:
        if most < 1 or (max_waiting is not None and max_waiting < 0):
            raise BadRequestError("Slots needs room for at least 1 stream, and max_waiting= may not be below 0.")
        self.most = most
        self.max_waiting = max_waiting
        self._running: set[Callable[[], None]] = set()
        self._waiting: dict[Callable[[], None], None] = {}  # in the order in which they came
        self._lock = threading.Lock()

    @property
    def running(self) -> int:
        """How many streams have a slot."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._waiting)

    def __repr__(self) -> str:
        return f"Slots({self.most}, running={self.running}, waiting={self.waiting})"

    # What streams call.

    def enter(self, begin: Callable[[], None]) -> bool:
        """Whether there is room; if not, `begin` is called when there is, in the thread of the one that has left.

        Raises:
            RateLimitError: too many wait already.
        """
        with self._lock:
            if self.running < self.most:
                self._running.add(begin)
                return True
            if self.waiting == self.max_waiting:
                raise RateLimitError(f"{self.running} streams are running, and {self.waiting} wait already.")
            self._waiting[begin] = None
            return False

    def leave(self, begin: Callable[[], None]) -> None:
        """A stream has ended, or does not want to wait any longer."""
        with self._lock:
            self._waiting.pop(begin, None)
            if begin not in self._running:
                return
            self._running.remove(begin)
            following = next(iter(self._waiting), None)
            if following is not None:
                del self._waiting[following]
                self._running.add(following)
        if following is not None:
            following()
