"""`rewriting`: what operators on text have in common that hold some of it back; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from reactivex import abc

from rillm.operators.rewritten import Change, is_other, rewritten, shown
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.retraction import is_retraction
from rillm.streams.stream import Stream
from rillm.streams.texts import CONTENT, REASONING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.operators.rewritten import Piece
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


class Begun:
    """A text that has begun: its rewriter, and the last chunk that brought some of it, None for strings."""

    __slots__ = ("chunk", "rewriter")

    def __init__(self, rewriter: Rewriter) -> None:
        self.rewriter = rewriter
        self.chunk: ModelResponseStream | None = None


class Rewriting(abc.ObserverBase[Any]):
    """One subscription.

    Args:
        make: makes the rewriter for the content of the choice with this index, or for its reasoning.
        shown: makes what is handed on of a piece.

    Attributes:
        texts: those that have begun and have not ended, by their fields and choices.
    """

    def __init__(
        self,
        make: Callable[[int], Rewriter],
        observer: abc.ObserverBase[Any],
        *,
        reasoning: bool = False,
        shown: Callable[[Any], Any] = shown,
    ) -> None:
        self._make = make
        self._reasoning = reasoning
        self._shown = shown
        self._observer = observer
        self._emit = observer.on_next
        self.texts: dict[str, dict[int, Begun]] = {REASONING: {}, CONTENT: {}}
        self._thoughts, self._contents = self.texts.values()
        self._is_over = False

    def on_next(self, value: Any) -> None:
        if self._is_over:
            return
        try:
            items = self.chunk(value) if isinstance(value, ModelResponseStream) else self.text(value)
        except Exception as error:  # noqa: BLE001 - a rewriter may call somebody else's code
            self._end(error)
            return
        if items is None:
            self._emit(value)
            return
        for item in items:
            self._emit(self._shown(item))
        self.replaced()

    def on_error(self, error: Exception) -> None:
        self._end(error)

    def on_completed(self) -> None:
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        self._is_over = True
        rest: list[Any] = []
        try:
            for field, texts in self.texts.items():
                for index in list(texts):
                    rest += self.rest(index, field)
        except Exception as raised:  # noqa: BLE001 - as above
            error = error or raised
        for item in rest:
            self._emit(self._shown(item))
        if error is None:
            self._observer.on_completed()
        else:
            self._observer.on_error(error)

    def text(self, text: str) -> Sequence[str]:
        """What comes in the place of a string."""
        return self._begin(0, CONTENT).rewriter.feed(text)

    def chunk(self, chunk: ModelResponseStream) -> Sequence[Any] | None:
        """What comes in the place of a chunk; None if it stays as it is."""
        choices = chunk.choices
        if len(choices) == 1:
            fields = choices[0].__dict__  # past pydantic, which costs as much as all the rest here
            delta = fields["delta"]
            text = delta.__dict__[CONTENT]
            thoughts = self._reasoning and (delta.__pydantic_extra__ or self._thoughts)
            if text and not thoughts and fields["finish_reason"] is None:  # nearly always
                index = fields["index"]
                begun = self._contents.get(index) or self._begin(index, CONTENT)
                begun.chunk = chunk
                pieces = begun.rewriter.feed(text)
                if len(pieces) == 1 and (pieces[0] is text or not is_other(pieces[0], text)):
                    return None
                change = Change(choices[0], CONTENT, [(chunk, index, CONTENT, piece) for piece in pieces])
                return self.in_place(chunk, [change])
        return self.rich(chunk)

    def rich(self, chunk: ModelResponseStream) -> Sequence[Any] | None:
        """The same of one that may bring more than content."""
        if is_retraction(chunk):
            self.forget()
        return self.in_place(chunk, [change for choice in chunk.choices for change in self._changes(chunk, choice)])

    def in_place(self, chunk: ModelResponseStream, changes: Sequence[Change]) -> Sequence[Any]:
        """What comes in the place of a chunk of which texts have changed."""
        return rewritten(chunk, changes)

    def replaced(self) -> None:
        """What came in the place of something has been handed on."""

    def forget(self) -> None:
        """All that has come is taken back."""
        for texts in self.texts.values():
            texts.clear()

    def feed(self, chunk: ModelResponseStream, index: int, field: str, text: str) -> list[Piece]:
        """What can be handed on now that `chunk` brings some of a text."""
        begun = self.texts[field].get(index) or self._begin(index, field)
        begun.chunk = chunk
        return [(chunk, index, field, piece) for piece in begun.rewriter.feed(text)]

    def rest(self, index: int, field: str) -> list[Any]:
        """The rest of a text that ends, if it has begun."""
        begun = self.texts[field].pop(index, None)
        if begun is None:
            return []
        rest, chunk = begun.rewriter.end(), begun.chunk
        return [*rest] if chunk is None else [(chunk, index, field, piece) for piece in rest]

    def _begin(self, index: int, field: str) -> Begun:
        """A text that begins, unless it has begun."""
        texts = self.texts[field]
        if index not in texts:
            texts[index] = Begun(self._make(index))
        return texts[index]

    def _changes(self, chunk: ModelResponseStream, choice: StreamingChoices) -> Iterator[Change]:
        """What changes where a choice may bring more than content; a thought ends where the answer goes on."""
        index, content, extra = choice.index, choice.delta.content, choice.delta.extra
        thought = extra.get(REASONING) if self._reasoning else None
        is_finished = choice.finish_reason is not None
        self._begin(index, CONTENT)  # the answer has, whatever it begins with
        for field, text, is_whole in (
            (REASONING, thought, is_finished or (content and not thought)),
            (CONTENT, content, is_finished),
        ):
            pieces = self.feed(chunk, index, field, text) if text else []
            if is_whole:
                pieces += self.rest(index, field)
            if len(pieces) != bool(text) or (text and is_other(pieces[0][-1], text)):
                yield Change(choice, field, pieces)
