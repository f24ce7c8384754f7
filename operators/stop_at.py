"""`stop_at`: stop the model at a text of one's own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from reactivex.disposable import SingleAssignmentDisposable

from rillm.operators.literals import Literals
from rillm.operators.rewriting import Rewriting, Text
from rillm.streams.chunk import StreamingChoices
from rillm.streams.errors import BadRequestError
from rillm.streams.pieces import changed, finish
from rillm.streams.stream import Stream
from rillm.streams.texts import CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.operators.rewritten import Change
    from rillm.streams.chunk import ModelResponseStream


def stop_at(*sequences: str, include: bool = False) -> Operator[Text, Text]:
    """End the stream at the first of these texts, however it is cut, and let go of its connection at once.

        -One-two.Th-ree.----|
        [ stop_at(".") ]
        -One-(two,=stop,|)

    What may be the beginning of one is held back until that is certain. Takes a stream of chunks or of strings.

    The first place in the text counts, and there the longest sequence, wherever chunks are cut. Each choice is stopped
    by itself: a chunk with `finish_reason="stop"` follows, and nothing more of it. When no choice that has begun goes
    on, the stream ends. Reasoning and tool calls are not searched.

    The provider's count of tokens would have come at the very end, so `accumulate` gives an estimate. The callbacks of
    the call tell that it was cancelled.

    Args:
        sequences: at least one, none empty. As OpenAI's parameter `stop`, but of any number, also for models and
            formats that have no such parameter.
        include: whether the sequence itself is part of the answer; OpenAI's `stop` leaves it out.

    Errors: `BadRequestError` at once where a sequence is no text, or none is given.

    >>> import rillm
    >>> stream = rillm.stream("mock/echo", mock_response="Mountains are tall. Rivers are long.")
    >>> "".join(stream.pipe(rillm.stop_at("."), rillm.text()))
    'Mountains are tall'
    """
    literals = Literals(checked(sequences))

    def stopped(source: Observable[Text]) -> Stream[Text]:
        def subscribe(
            observer: abc.ObserverBase[Text], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            stopping = Stopping(literals, observer, include=include)
            stopping.source.disposable = source.subscribe(stopping, scheduler=scheduler)
            return stopping.source

        return Stream(subscribe)

    return stopped


def checked(sequences: Sequence[object]) -> list[str]:
    texts = [sequence for sequence in sequences if isinstance(sequence, str) and sequence]
    if not sequences or len(texts) < len(sequences):
        raise BadRequestError(f"stop_at takes texts, at least one and none of them empty, not {sequences!r}.")
    return texts


class Last(str):
    """The last piece of a text, so that it is seen even where it is all that a chunk brings."""

    __slots__ = ()


class Stop:
    """One text, up to the first of the literals. `reach` is called when that has come."""

    def __init__(self, literals: Literals, reach: Callable[[], None], *, include: bool) -> None:
        self._literals = literals
        self._may_begin = literals.may_begin
        self._reach = reach
        self._include = include
        self._held = ""
        self._is_over = False

    def feed(self, text: str) -> Sequence[str]:
        if self._is_over:
            return ()
        if not self._held and not self._may_begin(text):
            return (text,)
        text = self._held + text
        # A longer one at the same place makes a difference only where it is handed on itself.
        start, end = self._literals.look(text, longest=self._include)
        return self._release(text[:start], text[start:]) if end is None else self._stop(text, start, end)

    def end(self) -> Sequence[str]:
        found = self._literals.find(self._held)
        return self._stop(self._held, *found.span()) if found else self._release(self._held)

    def _stop(self, text: str, start: int, end: int) -> Sequence[str]:
        self._is_over = True
        self._reach()
        return self._release(Last(text[: end if self._include else start]))

    def _release(self, text: str, held: str = "") -> Sequence[str]:
        self._held = held
        return (text,) if text else ()


class Stopping(Rewriting):
    """One subscription: which of its choices have come to a sequence, and which have been told of it."""

    def __init__(self, literals: Literals, observer: abc.ObserverBase[Any], *, include: bool) -> None:
        self._reached: set[int] = set()
        self._stopped: set[int] = set()
        super().__init__(lambda index: Stop(literals, partial(self._reached.add, index), include=include), observer)
        self.source = SingleAssignmentDisposable()

    def text(self, text: str) -> Sequence[str]:
        pieces = super().text(text)
        if self._reached:
            self.source.dispose()  # before the last text is handed on: whoever gets it may take a while
        return [*map(str, pieces)]

    def in_place(self, chunk: ModelResponseStream, changes: Sequence[Change]) -> Sequence[ModelResponseStream]:
        chunks = super().in_place(chunk, changes)
        if not self._reached:
            return chunks
        chunks = [kept for one in chunks for kept in self._of_others(one)]
        finished = {choice.index for choice in chunk.choices if choice.finish_reason is not None}
        ends = self._reached - self._stopped - finished
        self._stopped |= self._reached
        if self.texts[CONTENT].keys() <= self._stopped:
            self.source.dispose()
        return [*chunks, *(finish(chunk, index, "stop") for index in sorted(ends))]

    def replaced(self) -> None:
        if self.source.is_disposed:
            self._observer.on_completed()

    def _of_others(self, chunk: ModelResponseStream) -> Iterator[ModelResponseStream]:
        """The chunk without choices that have stopped before."""
        choices = [self._ending(choice) for choice in chunk.choices if choice.index not in self._stopped]
        if choices == chunk.choices:
            yield chunk
        elif choices or "usage" in chunk.extra:
            yield changed(chunk, {"choices": choices or [StreamingChoices()]})

    def _ending(self, choice: StreamingChoices) -> StreamingChoices:
        if choice.finish_reason is None or choice.index not in self._reached:
            return choice
        return changed(choice, {"finish_reason": "stop"})

    def forget(self) -> None:
        super().forget()
        self._reached.clear()
        self._stopped.clear()
