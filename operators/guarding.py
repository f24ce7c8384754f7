"""`Guard`: what operators have in common that end a stream in the model's place; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reactivex import abc
from reactivex.disposable import CompositeDisposable

from rillm.streams.accumulator import Accumulator
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import BadRequestError
from rillm.streams.mid_stream import in_stream
from rillm.streams.pieces import finish
from rillm.streams.tidy import has_something

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rillm.streams.rillm_error import RillmError

Then = Literal["error", "stop"]


class Guard(abc.DisposableBase):
    """One subscription, which its operator may end: by an error with `.partial`, or well.

    Attributes:
        held: what is let go of at the end: the source, and whatever else the operator has open.
        is_over: whether it has ended; what still comes of a source that pushes on is nobody's.
    """

    def __init__(self, observer: abc.ObserverBase[ModelResponseStream], then: Then, finish_reason: str) -> None:
        self.held = CompositeDisposable()
        self.is_over = False
        self._emit = observer.on_next
        self._observer = observer
        self._finish_reason = finish_reason
        self._came = Accumulator() if then == "error" else None
        self._open = OpenChoices()

    @property
    def is_whole(self) -> bool:
        """Whether the model has finished by itself all that it has begun, so that nothing is left to be stopped."""
        return self._open.are_finished()

    def emit(self, chunk: ModelResponseStream) -> None:
        if self._came is not None:
            self._came.add(chunk)
        self._open.add(chunk)
        self._emit(chunk)

    def stop(self, error: RillmError) -> None:
        """End what the model goes on with: by `error`, or by finish chunks instead of it."""
        if self.is_over:
            return
        self.dispose()
        if self._came is not None:
            self._observer.on_error(told(error, self._came))
            return
        for chunk in self._open.finished(self._finish_reason):
            self._emit(chunk)
        self._observer.on_completed()

    def fail(self, error: Exception) -> None:
        """End by an error, whatever was asked for."""
        if not self.is_over:
            self.dispose()
            self._observer.on_error(error)

    def on_error(self, error: Exception) -> None:
        """The model has failed by itself."""
        if not self.is_over:
            self.is_over = True
            self._observer.on_error(error)

    def on_completed(self) -> None:
        """The model has finished by itself."""
        if not self.is_over:
            self.is_over = True
            self._observer.on_completed()

    def dispose(self) -> None:
        self.is_over = True
        self.held.dispose()


class OpenChoices:
    """The choices of an answer that have begun and not finished.

    One that goes on behind its end is that of another answer: both came in one stream.
    """

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._finished: set[int] = set()
        self._last: ModelResponseStream | None = None

    def add(self, chunk: ModelResponseStream) -> None:
        self._last = chunk
        for choice in chunk.choices:
            if choice.finish_reason is not None:
                self._finished.add(choice.index)
                continue
            self._begun.add(choice.index)
            if self._finished and has_something(choice):
                self._finished.discard(choice.index)

    def are_finished(self) -> bool:
        """Whether there are any, and each has come to its end."""
        return bool(self._finished) and self._begun <= self._finished

    def finished(self, reason: str) -> Iterator[ModelResponseStream]:
        """A chunk that finishes each of them; an answer that had not begun has one choice."""
        last = ModelResponseStream() if self._last is None else self._last
        for index in sorted(self._begun - self._finished) if self._last else (0,):
            yield finish(last, index, reason)


def told(error: RillmError, came: Accumulator) -> RillmError:
    """The error, with what had come."""
    if came.started_at is not None:
        partial = error.partial = came.response()
        error.told(partial.hidden_params.get("custom_llm_provider") or "", partial.model or "")
    return in_stream(error)


def checked(then: Then) -> Then:
    """How a stream ends that is stopped.

    Raises:
        BadRequestError: it is no such way.
    """
    if then not in {"error", "stop"}:
        raise BadRequestError(f"then= has to be 'error' or 'stop', not {then!r}.")
    return then
