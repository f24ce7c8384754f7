"""Taking back what was said: the chunk after which an answer begins anew.

A stream cannot unsay what a consumer has seen. It can say that it does not count: an operator that gives up one answer
for another, because the first one looped or its connection broke, puts a retraction between the two. `Accumulator`
honours it, and so do all operators that keep text. Who shows text as it comes looks at `is_retraction`.

What counts from then on is the next answer alone, with its id, its model and its usage: usages are not summed. What
was thrown away cost something too, and the end of its own call tells how much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.chunk import StreamingChoices
from rillm.streams.pieces import another

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import ModelResponseStream

RETRACTED = "retracted"


def retraction(chunk: ModelResponseStream) -> ModelResponseStream:
    """A chunk that takes back the answer of which `chunk` is one, as far as it has come.

    >>> import rillm
    >>> taken_back = rillm.retraction(rillm.ModelResponseStream(id="1"))
    >>> taken_back.id, taken_back.choices[0].delta.content, taken_back.provider_specific_fields
    ('1', None, {'retracted': True})
    """
    return another(chunk, StreamingChoices(), provider_specific_fields={RETRACTED: True})


def is_retraction(chunk: ModelResponseStream) -> bool:
    """Whether everything of the answer before `chunk` is taken back.

    >>> import rillm
    >>> chunk = rillm.ModelResponseStream()
    >>> rillm.is_retraction(chunk), rillm.is_retraction(rillm.retraction(chunk))
    (False, True)
    """
    fields = chunk.provider_specific_fields
    return fields is not None and fields.get(RETRACTED) is True


def standing(chunks: Sequence[ModelResponseStream]) -> Sequence[ModelResponseStream]:
    """What is left of `chunks`: those after the last retraction, or that itself where none is.

    >>> from rillm.streams.chunk import ModelResponseStream
    >>> chunk = ModelResponseStream()
    >>> len(standing([chunk, chunk, retraction(chunk), chunk])), len(standing([chunk, retraction(chunk)]))
    (1, 1)
    """
    last = next((at for at in reversed(range(len(chunks))) if is_retraction(chunks[at])), -1)
    return chunks[last + 1 :] or chunks[last:]
