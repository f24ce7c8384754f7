"""Text Generation Inference's own stream: https://huggingface.co/docs/text-generation-inference/conceptual/streaming."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.chunks import chunk_of, end_chunk, text_chunk, token_logprobs
from rillm.providers.failures import failure
from rillm.providers.json_decoder import JSONDecoder
from rillm.streams.json_values import is_object
from rillm.streams.logprobs import TopLogprob

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.errors import RillmError
    from rillm.streams.logprobs import ChoiceLogprobs

FINISH_REASONS: Final[Mapping[str, str]] = {"eos_token": "stop", "stop_sequence": "stop"}
GENERATED: Final = re.compile(rb'"generated_text"\s*:(?!\s*null)')
# What the server answers with where an error comes before the stream.
STATUS: Final[Mapping[str, int]] = {
    "validation": 422,
    "generation": 424,
    "incomplete_generation": 500,
    "overloaded": 429,
}


class TGIDecoder(JSONDecoder):
    """Events of one token each to chunks, up to the one with `generated_text`, which repeats the whole answer."""

    def read(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        token = data["token"]
        text = "" if token.get("special") else token["text"]
        if "logprob" in token:  # validates the text as well
            logprobs = logprobs_of(token, data.get("top_tokens"))
            chunks = [text_chunk(text, logprobs=logprobs) if text else chunk_of({}, logprobs=logprobs)]
        else:
            chunks = [chunk_of({"content": text})] if text else []
        return chunks if data.get("generated_text") is None else (*chunks, self._end(data))

    def whole(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        if not isinstance(data.get("generated_text"), str):
            return ()
        return (chunk_of({"content": data["generated_text"]}), self._end(data))

    def failure(self, data: Any) -> RillmError:
        kind = data.get("error_type") if is_object(data) else None
        return failure(data, status=STATUS.get(str(kind)))

    def _end(self, data: dict[str, Any]) -> ModelResponseStream:
        self.terminated = True
        details: dict[str, Any] = data.get("details") or {}
        return end_chunk(details.get("finish_reason"), FINISH_REASONS, usage=usage_of(details))


def logprobs_of(token: dict[str, Any], others: list[dict[str, Any]] | None) -> ChoiceLogprobs:
    """A token as OpenAI tells of it, with those that were likely in its place."""
    top = [TopLogprob(token=other["text"], logprob=other["logprob"]) for other in others] if others else []
    return token_logprobs(token["text"], token["logprob"], top)


def usage_of(details: dict[str, Any]) -> dict[str, Any] | None:
    """Tokens in OpenAI's words; only newer versions tell of the prompt's."""
    if details.get("generated_tokens") is None:
        return None
    return {"prompt_tokens": details.get("input_length"), "completion_tokens": details["generated_tokens"]}


def is_generated(frame: bytes) -> bool:
    """Whether an event is the last one."""
    return GENERATED.search(frame) is not None
