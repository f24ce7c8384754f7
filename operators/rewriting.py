"""`rewriting`: what operators on text have in common that hold some of it back; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from reactivex import abc

from rillm.streams.chunk import ModelResponseStream
from rillm.streams.pieces import piece, with_delta
from rillm.streams.retraction import is_retraction
from rillm.streams.stream import Stream
from rillm.streams.tidy import has_something

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import StreamingChoices

Text = TypeVar("Text", str, ModelResponseStream)

CONTENT, REASONING = "content", "reasoning_content"


class Rewriter(Protocol):
    """One text, as it comes."""

    def feed(self, text: str) -> Sequence[str]:
        """What can be handed on now; none of it is empty."""
        ...

    def end(self) -> Sequence[str]:
        """The rest: the text has ended, or has been cut off."""
        ...


def rewriting(make: Callable[[], Rewriter], *, reasoning: bool = False) -> Operator[Text, Text]:
    """Hand on what rewriters make of texts: of a stream of strings, or of the content of each choice of chunks.

    What is held back comes before the chunk that finishes its choice, before the end, and before an error; a
    retraction takes it back as well. A chunk whose texts stay as they are goes through untouched; of others, copies are
    changed.

    Args:
        make: makes the rewriter of one text.
        reasoning: whether `reasoning_content` is rewritten as well, as a text of its own.
    """

    def rewritten(source: Observable[Text]) -> Stream[Text]:
        def subscribe(
            observer: abc.ObserverBase[Text], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            return source.subscribe(Rewriting(make, reasoning, observer), scheduler=scheduler)

        return Stream(subscribe)

    return rewritten


class Rewriting(abc.ObserverBase[Any]):
    """One subscription: a rewriter for each text that has begun and has not ended, by the field and its choice."""

    def __init__(self, make: Callable[[], Rewriter], reasoning: bool, observer: abc.ObserverBase[Any]) -> None:  # noqa: FBT001 - as it is called
        self._make = make
        self._reasoning = reasoning
        self._observer = observer
        self._emit = observer.on_next
        self._texts: dict[str, dict[int, Rewriter]] = {CONTENT: {}, REASONING: {}}
        self._last: Any = ""

    def on_next(self, value: Any) -> None:
        self._last = value
        try:
            items = self._feed(CONTENT, 0, value) if isinstance(value, str) else self._rewrite(value)
        except Exception as error:  # noqa: BLE001 - a rewriter may call somebody else's code
            self._observer.on_error(error)
            return
        for item in items:
            self._emit(item)

    def on_error(self, error: Exception) -> None:
        self._flush()
        self._observer.on_error(error)

    def on_completed(self) -> None:
        self._flush()
        self._observer.on_completed()

    def _flush(self) -> None:
        for field, texts in self._texts.items():
            for index in list(texts):
                for rest in texts.pop(index).end():
                    self._emit(rest if isinstance(self._last, str) else piece(self._last, index, field, rest))

    def _feed(self, field: str, index: int, text: str) -> Sequence[str]:
        texts = self._texts[field]
        if index not in texts:
            texts[index] = self._make()
        return texts[index].feed(text)

    def _rewrite(self, chunk: ModelResponseStream) -> Sequence[ModelResponseStream]:
        changes: list[Change] | None = None
        for choice in chunk.choices:
            text = choice.delta.content
            if choice.finish_reason is not None or (self._reasoning and choice.delta.__pydantic_extra__):
                changes = [*(changes or ()), *self._all_changes(choice)]
            elif text:
                pieces = self._feed(CONTENT, choice.index, text)
                if len(pieces) != 1 or pieces[0] != text:
                    changes = [*(changes or ()), Change(choice, CONTENT, pieces)]
            elif is_retraction(chunk):
                for texts in self._texts.values():
                    texts.clear()
        return changed_chunks(chunk, changes) if changes else (chunk,)

    def _all_changes(self, choice: StreamingChoices) -> Iterator[Change]:
        values = {CONTENT: choice.delta.content}
        if self._reasoning:
            values[REASONING] = choice.delta.extra.get(REASONING)
        for field, text in values.items():
            pieces = self._feed(field, choice.index, text) if text else ()
            if choice.finish_reason is not None and choice.index in self._texts[field]:
                pieces = [*pieces, *self._texts[field].pop(choice.index).end()]
            if "".join(pieces) != (text or "") or len(pieces) > 1:
                yield Change(choice, field, pieces)


class Change(NamedTuple):
    """What becomes of a text of a chunk."""

    choice: StreamingChoices
    field: str
    pieces: Sequence[str]


def changed_chunks(chunk: ModelResponseStream, changes: Sequence[Change]) -> list[ModelResponseStream]:
    """The chunks that come in the place of one. What finishes a choice is the last of it."""
    before: list[ModelResponseStream] = []
    after: list[ModelResponseStream] = []
    out, is_empty = chunk, False
    for choice, field, pieces in changes:
        own = pieces[0] if pieces and choice.finish_reason is None else None
        out = with_delta(out, choice.index, field, own)
        is_empty = is_empty or own is None
        others = before if own is None else after
        others += [piece(chunk, choice.index, field, text) for text in pieces[own is not None :]]
    return [*before, *([out] if not is_empty or is_something(out) else []), *after]


def is_something(chunk: ModelResponseStream) -> bool:
    """Whether a chunk is worth handing on after a text was taken out of it."""
    return "usage" in chunk.extra or any(
        choice.delta.role or choice.finish_reason or has_something(choice) for choice in chunk.choices
    )
