"""An answer as OpenAI streams it: https://platform.openai.com/docs/api-reference/chat-streaming; not public."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from rillm.operators.guarding import OpenChoices
from rillm.operators.sse_errors import status_of, type_of, words_for
from rillm.operators.sse_writer import COMMENT, DONE, data
from rillm.streams.chunk import StreamingChoices
from rillm.streams.errors import RillmError
from rillm.streams.json_values import objects_in
from rillm.streams.pieces import changed
from rillm.streams.retraction import is_retraction
from rillm.streams.thinking_blocks import is_ended
from rillm.streams.tidy import has_something

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import ModelResponseStream

THOUGHTS: Final = "thinking_blocks"


class OpenAIWriter:
    """Each chunk as it is, without its nulls: a retraction too, which OpenAI's clients do not know and pass over.

    Blocks of thinking are numbered, as OpenAI numbers what comes in pieces: its SDK puts lists together by `index`, and
    fails where there is none.
    """

    ping = COMMENT

    def __init__(self) -> None:
        self._last: ModelResponseStream | None = None
        self._usage_is_told = False
        self._open = OpenChoices()
        self._thoughts: Counter[int] = Counter()  # how many have ended, in each choice

    def chunk(self, chunk: ModelResponseStream) -> Sequence[bytes]:
        self._last = chunk
        extra = chunk.__pydantic_extra__
        if extra and extra.get("usage"):
            self._usage_is_told = True
            chunk = as_openai_has_usage(chunk)
        elif is_retraction(chunk):
            self._usage_is_told = False
            self._open = OpenChoices()
            self._thoughts.clear()
            return (data(chunk),)
        self._open.add(chunk)
        choices = chunk.choices
        if any(THOUGHTS in one.delta.__pydantic_extra__ for one in choices if one.delta.__pydantic_extra__):
            chunk = changed(chunk, {"choices": [*map(self._numbered, choices)]})
        return (data(chunk),)

    def _numbered(self, choice: StreamingChoices) -> StreamingChoices:
        blocks: list[dict[str, Any]] = []
        for block in objects_in(choice.delta.extra.get(THOUGHTS)):
            blocks.append({**block, "index": self._thoughts[choice.index]})
            self._thoughts[choice.index] += is_ended(block)
        extra = {**choice.delta.extra, THOUGHTS: blocks} if blocks else None
        return changed(choice, {"delta": changed(choice.delta, {}, extra)})

    def end(self) -> Sequence[bytes]:
        """A reason for each choice that has none, because an operator has ended it: clients ask for one; the usage."""
        chunks = [*self._open.finished("stop")]
        usage = None if self._last is None or self._usage_is_told else self._last.hidden_params.get("usage")
        if self._last is not None and usage is not None:
            # With an empty choice: nobody has asked for this chunk, and everybody reads `choices[0]`.
            values = {"choices": [StreamingChoices()], "provider_specific_fields": None}
            chunks.append(changed(self._last, values, {"usage": usage}))
        return [*map(data, chunks), DONE]

    def failure(self, error: Exception) -> Sequence[bytes]:
        """The error object: https://platform.openai.com/docs/guides/error-codes; `code` has the status, if nothing."""
        known = error if isinstance(error, RillmError) else None
        told = {
            "message": words_for(error),
            "type": (known and known.type) or type_of(error),
            "param": known and known.param,
            "code": (known and known.code) or str(status_of(error)),
        }
        return data({"error": told}), DONE


def as_openai_has_usage(chunk: ModelResponseStream) -> ModelResponseStream:
    """A chunk with nothing but usage has no choices at OpenAI."""
    says_more = any(one.finish_reason or one.delta.role or has_something(one) for one in chunk.choices)
    return chunk if says_more else changed(chunk, {"choices": []})
