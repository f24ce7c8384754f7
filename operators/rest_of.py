"""`rest_of`: what the rest of an answer becomes, which another model has said; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reactivex import abc

from rillm.operators.overlap import Overlap
from rillm.operators.rewritten import is_something
from rillm.streams.pieces import changed, with_texts
from rillm.streams.retraction import is_retraction
from rillm.streams.stream import Stream
from rillm.streams.texts import CONTENT

if TYPE_CHECKING:
    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream, StreamingChoices


def rest_of(answer: ModelResponseStream, said: str | None) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Make the chunks that come chunks of `answer`: with its id, time and model, and without a role.

    Args:
        answer: one of its chunks.
        said: its text, which the rest does not say again; None to hand on all that comes.

    The beginning is held back while it may still be an overlap. Where the rest breaks off in it, nothing that is new
    has come, and it is dropped. What comes after a retraction is an answer of its own.
    """

    def rest(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            return source.subscribe(_Rest(answer, said, observer), scheduler=scheduler)

        return Stream(subscribe)

    return rest


class _Rest(abc.ObserverBase["ModelResponseStream"]):
    """One subscription."""

    def __init__(
        self,
        answer: ModelResponseStream,
        said: str | None,
        observer: abc.ObserverBase[ModelResponseStream],
    ) -> None:
        self._identity = {"id": answer.id, "created": answer.created, "model": answer.model}
        self._overlap = None if said is None else Overlap(said)
        self._held: list[ModelResponseStream] = []
        self._observer = observer
        self._is_another = False

    def on_next(self, value: ModelResponseStream) -> None:
        if self._is_another:
            self._observer.on_next(value)
            return
        chunk = changed(value, {**self._identity, "choices": list(map(without_role, value.choices))})
        if is_retraction(chunk):
            self._is_another = True
            self._overlap = None
            self._observer.on_next(chunk)
        elif is_something(chunk):
            self._hear(chunk)

    def _hear(self, chunk: ModelResponseStream) -> None:
        text = text_of(chunk)
        if self._overlap is None or not (text or self._held):
            self._observer.on_next(chunk)
            return
        self._held.append(chunk)
        self._overlap.feed(text)
        if self._overlap.is_known or not text:
            self._release(self._overlap)

    def on_error(self, error: Exception) -> None:
        self._observer.on_error(error)

    def on_completed(self) -> None:
        if self._overlap is not None:
            self._release(self._overlap)
        self._observer.on_completed()

    def _release(self, overlap: Overlap) -> None:
        self._overlap = None
        size = overlap.size() if self._held else 0
        for chunk in self._held:
            text = text_of(chunk)
            rest = without_beginning(chunk, text[size:]) if size and text else chunk
            size = max(0, size - len(text))
            if is_something(rest):
                self._observer.on_next(rest)
        self._held.clear()


def text_of(chunk: ModelResponseStream) -> str:
    return "".join(choice.delta.content or "" for choice in chunk.choices if not choice.index)


def without_role(choice: StreamingChoices) -> StreamingChoices:
    if choice.index or not choice.delta.role:
        return choice
    return changed(choice, {"delta": changed(choice.delta, {"role": None})})


def without_beginning(chunk: ModelResponseStream, text: str) -> ModelResponseStream:
    """`chunk` with this text, and without the logprobs of the longer one."""
    return with_texts(chunk, 0, {CONTENT: text or None}, logprobs=None)
