"""`merge_reasoning`: what the model thought, as text between tags before its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.pieces import with_texts
from rillm.streams.retraction import is_retraction
from rillm.streams.stream import Stream
from rillm.streams.texts import CONTENT, REASONING

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream, StreamingChoices

OPENING, CLOSING = "<think>", "</think>"


def merge_reasoning() -> Operator[ModelResponseStream, ModelResponseStream]:
    """Move `reasoning_content` into the content, for consumers that know text alone.

        -~Hm--------~so--Yes---------|
        [ merge_reasoning() ]
        -<think>Hm--so---</think>Yes-|

    (`~Hm` is a chunk with reasoning.)

    Each choice by itself. Thoughts that no answer follows are closed in the chunk that finishes the choice. This is
    LiteLLM's `merge_reasoning_content_in_choices`.

    >>> import rillm
    >>> deltas = [{"reasoning_content": "Hm"}, {"content": "Yes"}]
    >>> chunks = [rillm.ModelResponseStream(choices=[{"delta": delta}]) for delta in deltas]
    >>> "".join(rillm.of(*chunks).pipe(rillm.merge_reasoning(), rillm.text()))
    '<think>Hm</think>Yes'
    """

    def merged(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            thinking: set[int] = set()

            def on_next(chunk: ModelResponseStream) -> None:
                out = chunk
                if thinking and is_retraction(chunk):
                    thinking.clear()
                for choice in chunk.choices:
                    extra = choice.delta.__pydantic_extra__
                    if choice.index in thinking or (extra and REASONING in extra):
                        out = merged_in(out, choice, thinking)
                observer.on_next(out)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return merged


def merged_in(chunk: ModelResponseStream, choice: StreamingChoices, thinking: set[int]) -> ModelResponseStream:
    """The chunk with all text of one choice as content; `thinking` are the choices whose tag is open."""
    index, content = choice.index, choice.delta.content
    thought = choice.delta.extra.get(REASONING)
    if REASONING in choice.delta.extra:
        chunk = with_texts(chunk, index, {REASONING: None})
    if thought and index not in thinking:
        thinking.add(index)
        thought = OPENING + thought
    if index in thinking and (content or choice.finish_reason):
        thinking.discard(index)
        thought = (thought or "") + CLOSING
    return with_texts(chunk, index, {CONTENT: thought + (content or "")}) if thought else chunk
