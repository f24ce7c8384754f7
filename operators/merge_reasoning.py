"""`merge_reasoning`: what the model thought, as text between tags before its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.retraction import is_retraction
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

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
    >>> "".join(rillm.of(*chunks).pipe(merge_reasoning(), rillm.text()))
    '<think>Hm</think>Yes'
    """

    def merged(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            thinking: set[int] = set()

            def on_next(chunk: ModelResponseStream) -> None:
                for choice in chunk.choices:
                    delta, index = choice.delta, choice.index
                    if thinking and is_retraction(chunk):
                        thinking.clear()
                    thought = delta.extra.pop("reasoning_content", None)
                    if thought:
                        thought = thought if index in thinking else OPENING + thought
                        thinking.add(index)
                    if index in thinking and (delta.content or choice.finish_reason):
                        thought = (thought or "") + CLOSING
                        thinking.discard(index)
                    if thought:
                        delta.content = thought + (delta.content or "")
                observer.on_next(chunk)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return merged
