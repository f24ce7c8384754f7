"""`cutting`: what `lines`, `words` and `sentences` have in common, which cut a text while it comes; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reactivex import abc

from rillm.streams.stream import Stream

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.operators.rewriting import Rewriter
    from rillm.streams.chunk import ModelResponseStream, StreamingChoices


class Cutter:
    """A text that is cut behind each match of `edge`.

    An edge is one character, or two that are never apart, seen with the one that follows. So nothing is looked at
    twice, however long a piece becomes, and it does not matter how the text was cut when it came.

    Args:
        edge: the last character of a piece.
        ascii_edge: finds the same in texts that are ASCII alone, faster.
        blanks: whether a piece may be blank; else blanks at the beginning of the text belong to what follows.
    """

    def __init__(self, edge: re.Pattern[str], ascii_edge: re.Pattern[str] | None = None, *, blanks: bool) -> None:
        self._edge = edge
        self._ascii_edge = ascii_edge or edge
        self._blanks = blanks
        self._last = ""
        self._held: list[str] = []

    @property
    def begun(self) -> str:
        """The first character of the piece that is not whole yet."""
        return self._held[0][0] if self._held else ""

    def feed(self, text: str) -> list[str]:
        seen = self._last + text
        self._last = seen[-1:]
        start = len(seen) - len(text)
        pieces: list[str] = []
        for edge in (self._ascii_edge if seen.isascii() else self._edge).finditer(seen):
            piece = "".join((*self._held, seen[start : edge.end()]))
            start = edge.end()
            if piece.isspace() and not self._blanks:
                self._held = [piece]
            else:
                self._held.clear()
                pieces += [piece] if piece else []
        if start < len(seen):
            self._held.append(seen[start:])
        return pieces

    def end(self) -> list[str]:
        rest = "".join(self._held)
        self._held.clear()
        return [rest] if rest else []


def cutting(make: Callable[[], Rewriter], index: int) -> Operator[ModelResponseStream | str, str]:
    """Emit the pieces into which a text is cut: that of a stream of strings, or the content of one choice of chunks.

    The rest comes where the choice finishes or begins to call a tool, at the end, and before an error.

    Args:
        make: makes what cuts one text.
        index: which choice.
    """

    def cut(source: Observable[ModelResponseStream | str]) -> Stream[str]:
        def subscribe(
            observer: abc.ObserverBase[str], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            return source.subscribe(_Cutting(make(), index, observer), scheduler=scheduler)

        return Stream(subscribe)

    return cut


class _Cutting(abc.ObserverBase[Any]):
    """One subscription."""

    def __init__(self, text: Rewriter, index: int, observer: abc.ObserverBase[str]) -> None:
        self._text = text
        self._index = index
        self._observer = observer

    def on_next(self, value: Any) -> None:
        if isinstance(value, str):
            self._emit(self._text.feed(value))
            return
        for choice in value.choices:
            if choice.index == self._index:
                if choice.delta.content:
                    self._emit(self._text.feed(choice.delta.content))
                if ends_text(choice):
                    self._emit(self._text.end())

    def on_error(self, error: Exception) -> None:
        self._emit(self._text.end())
        self._observer.on_error(error)

    def on_completed(self) -> None:
        self._emit(self._text.end())
        self._observer.on_completed()

    def _emit(self, pieces: Sequence[str]) -> None:
        for piece in pieces:
            self._observer.on_next(piece)


def ends_text(choice: StreamingChoices) -> bool:
    """Whether what has been said is whole: the choice finishes, or goes on with calls."""
    return choice.finish_reason is not None or bool(choice.delta.tool_calls or choice.delta.function_call)
