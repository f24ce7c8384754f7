"""Work that begins for certain, even in a task that is cancelled before it got to run."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType


class Started(Coroutine[Any, Any, None]):
    """A coroutine that takes no cancellation before its first step.

    `asyncio.run` cancels the tasks that are left and then waits for them: one that has begun can still do its work,
    one that has not never would, and what it was to tell would be lost.
    """

    def __init__(self, work: Coroutine[Any, Any, None]) -> None:
        self._work = work
        self._begun = False

    def send(self, value: Any) -> Any:
        self._begun = True
        return self._work.send(value)

    def throw(self, kind: Any, value: BaseException | object = None, traceback: TracebackType | None = None, /) -> Any:
        if not self._begun and isinstance(kind, CancelledError):
            return self.send(None)
        return self._work.throw(kind, value, traceback) if value is not None else self._work.throw(kind)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Any:
        return self._work.__await__()
