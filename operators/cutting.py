"""`cutting`: what `lines`, `words` and `sentences` have in common, which cut a text while it comes; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reactivex import abc

from rillm.streams.chunk import ModelResponseStream
from rillm.streams.retraction import is_retraction
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.operators.rewriting import Rewriter


def cutting(make: Callable[[], Rewriter], index: int) -> Operator[ModelResponseStream | str, str]:
    """Emit the pieces into which a text is cut: that of a stream of strings, or the content of one choice of chunks.

    The rest comes where the choice finishes or begins to call a tool, at the end, and before an error. A retraction
    takes it back.

    Args:
        make: makes what cuts one text.
        index: which choice.
    """

    def cut(source: Observable[ModelResponseStream | str]) -> Stream[str]:
        def subscribe(
            observer: abc.ObserverBase[str], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            return source.subscribe(Cutting(make, index, observer), scheduler=scheduler)

        return Stream(subscribe)

    return cut


class Cutting(abc.ObserverBase[Any]):
    """One subscription."""

    def __init__(self, make: Callable[[], Rewriter], index: int, observer: abc.ObserverBase[str]) -> None:
        self._make = make
        self._text = make()
        self._index = index
        self._observer = observer
        self._emit = observer.on_next

    def on_next(self, value: Any) -> None:
        if not isinstance(value, ModelResponseStream):
            for piece in self._text.feed(value):
                self._emit(piece)
            return
        for choice in value.choices:
            fields = choice.__dict__  # past pydantic, which costs as much as all the rest here
            delta = fields["delta"].__dict__
            if fields["index"] == self._index:
                if delta["content"]:
                    for piece in self._text.feed(delta["content"]):
                        self._emit(piece)
                if fields["finish_reason"] is not None or delta["tool_calls"] or delta["function_call"]:
                    self._end()
            if not delta["content"] and is_retraction(value):
                self._text = self._make()

    def on_error(self, error: Exception) -> None:
        self._end()
        self._observer.on_error(error)

    def on_completed(self) -> None:
        self._end()
        self._observer.on_completed()

    def _end(self) -> None:
        for piece in self._text.end():
            self._emit(piece)
        self._text = self._make()
