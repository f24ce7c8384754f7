"""`rewriting`: what operators on text have in common that hold some of it back; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from reactivex import abc

from rillm.operators.rewritten import Change, as_chunk, is_other, rewritten
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.retraction import is_retraction
from rillm.streams.stream import Stream
from rillm.streams.texts import CONTENT, REASONING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import StreamingChoices

Text = TypeVar("Text", str, ModelResponseStream)


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
    changed, without the log probabilities that spelt their texts.

    Args:
        make: makes the rewriter of one text.
        reasoning: whether `reasoning_content` is rewritten as well, as a text of its own.
    """

    def operator(source: Observable[Text]) -> Stream[Text]:
        def subscribe(
            observer: abc.ObserverBase[Text], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            return source.subscribe(Rewriting(lambda _: make(), observer, reasoning=reasoning), scheduler=scheduler)

        return Stream(subscribe)

    return operator


class Rewriting(abc.ObserverBase[Any]):
    """One subscription: a rewriter for each text that has begun and has not ended, by the field and its choice.

    Args:
        make: makes the rewriter for the content of the choice with this index, or for its reasoning.

    Attributes:
        contents: the rewriter of each choice that has begun and has not finished.
    """

    def __init__(
        self, make: Callable[[int], Rewriter], observer: abc.ObserverBase[Any], *, reasoning: bool = False
    ) -> None:
        self._make = make
        self._reasoning = reasoning
        self._observer = observer
        self._emit = observer.on_next
        self.contents: dict[int, Rewriter] = {}
        self._thoughts: dict[int, Rewriter] = {}
        self._texts = {REASONING: self._thoughts, CONTENT: self.contents}
        self._last: Any = ""

    def on_next(self, value: Any) -> None:
        self._last = value
        try:
            items = self.text(value) if isinstance(value, str) else self.chunk(value)
        except Exception as error:  # noqa: BLE001 - a rewriter may call somebody else's code
            self._observer.on_error(error)
            return
        if items is None:
            self._emit(value)
            return
        for item in items:
            self._emit(item)
        self.replaced()

    def on_error(self, error: Exception) -> None:
        self._end(error)

    def on_completed(self) -> None:
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        rest: list[Any] = []
        try:
            rest.extend(self._rest())
        except Exception as raised:  # noqa: BLE001 - as above
            error = error or raised
        for item in rest:
            self._emit(item)
        if error is None:
            self._observer.on_completed()
        else:
            self._observer.on_error(error)

    def text(self, text: str) -> Sequence[str]:
        """What comes in the place of a string."""
        return self._rewriter(self.contents, 0).feed(text)

    def chunk(self, chunk: ModelResponseStream) -> Sequence[ModelResponseStream] | None:
        """What comes in the place of a chunk; None if it stays as it is."""
        changes: list[Change] | None = None
        for choice in chunk.choices:
            delta = choice.delta
            text = delta.content
            thoughts = self._reasoning and (delta.__pydantic_extra__ or self._thoughts)
            if text and choice.finish_reason is None and not thoughts:  # nearly always
                index = choice.index
                pieces = (self.contents.get(index) or self._rewriter(self.contents, index)).feed(text)
                if len(pieces) != 1 or (pieces[0] is not text and is_other(pieces[0], text)):
                    changes = [*(changes or ()), Change(choice, CONTENT, pieces)]
            else:
                changes = [*(changes or ()), *self._all_changes(chunk, choice)]
        return None if changes is None else self.in_place(chunk, changes)

    def in_place(self, chunk: ModelResponseStream, changes: Sequence[Change]) -> Sequence[ModelResponseStream]:
        """The same of a chunk that brings more than content, or other content than before."""
        return rewritten(chunk, changes)

    def replaced(self) -> None:
        """What came in the place of something has been handed on."""

    def forget(self) -> None:
        """All that has come is taken back."""
        self.contents.clear()
        self._thoughts.clear()

    def _rewriter(self, texts: dict[int, Rewriter], index: int) -> Rewriter:
        if index not in texts:
            texts[index] = self._make(index)
        return texts[index]

    def _all_changes(self, chunk: ModelResponseStream, choice: StreamingChoices) -> Iterator[Change]:
        """What changes where a choice may bring more than content; a thought ends where the answer goes on."""
        if is_retraction(chunk):
            self.forget()
        content, thought = choice.delta.content, choice.delta.extra.get(REASONING)
        is_finished = choice.finish_reason is not None
        if self._reasoning:
            yield from self._changes(choice, REASONING, thought, is_whole=is_finished or bool(content and not thought))
        self._rewriter(self.contents, choice.index)
        yield from self._changes(choice, CONTENT, content, is_whole=is_finished)

    def _changes(self, choice: StreamingChoices, field: str, text: str | None, *, is_whole: bool) -> Iterator[Change]:
        texts = self._texts[field]
        pieces = [*self._rewriter(texts, choice.index).feed(text)] if text else []
        if is_whole and choice.index in texts:
            pieces += texts.pop(choice.index).end()
        if len(pieces) != bool(text) or (text and is_other(pieces[0], text)):
            yield Change(choice, field, pieces)

    def _rest(self) -> Iterator[Any]:
        for field, texts in self._texts.items():
            for index in list(texts):
                for rest in texts.pop(index).end():
                    yield rest if isinstance(self._last, str) else as_chunk(self._last, index, field, rest)
