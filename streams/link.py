"""The observer between two stages of a pipeline that a driver pulls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reactivex import abc
from reactivex.disposable import SingleAssignmentDisposable
from reactivex.internal import default_error, noop

if TYPE_CHECKING:
    from collections.abc import Callable


class Link(abc.ObserverBase[Any]):
    """Hands items on without a check and ends at most once, which lets go of its subscription.

    Rx's own AutoDetachObserver asks before each item whether it has ended. Below a driver nobody pushes after a
    disposal, so `on_next` is the next stage's function itself: a pipeline of five stages saves five calls a chunk.
    """

    def __init__(
        self,
        on_next: Callable[[Any], None] | None,
        on_error: Callable[[Exception], None] | None,
        on_completed: Callable[[], None] | None,
    ) -> None:
        setattr(self, "on_next", on_next or noop)  # noqa: B010 - to a type checker it stays the method below
        self._on_error = on_error or default_error
        self._on_completed = on_completed or noop
        self._ended = False
        self.subscription = SingleAssignmentDisposable()

    def on_next(self, value: Any) -> None:
        """Shadowed by what `__init__` was given."""

    def on_error(self, error: Exception) -> None:
        if not self._ended:
            self._ended = True
            try:
                self._on_error(error)
            finally:
                self.subscription.dispose()

    def on_completed(self) -> None:
        if not self._ended:
            self._ended = True
            try:
                self._on_completed()
            finally:
                self.subscription.dispose()

    def dispose(self) -> None:
        self._ended = True
        self.subscription.dispose()
