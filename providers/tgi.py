"""Text Generation Inference's own stream: https://huggingface.co/docs/text-generation-inference/conceptual/streaming."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.chunks import chunk_of, end_chunk
from rillm.providers.failures import failure
from rillm.providers.json_decoder import JSONDecoder
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.errors import RillmError

FINISH_REASONS: Final[Mapping[str, str]] = {"eos_token": "stop", "stop_sequence": "stop"}
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
        delta = {} if token.get("special") or not token["text"] else {"content": token["text"]}
        logprobs = {"content": [logprob(token, data.get("top_tokens"))]} if "logprob" in token else None
        chunks = (chunk_of(delta, logprobs=logprobs),) if delta or logprobs else ()
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


def logprob(token: dict[str, Any], others: list[dict[str, Any]] | None) -> dict[str, Any]:
    """A token as OpenAI tells of it, with those that were likely in its place."""
    top = [{"token": other["text"], "logprob": other["logprob"], "bytes": None} for other in others or ()]
    return {"token": token["text"], "logprob": token["logprob"], "bytes": None, "top_logprobs": top}


def usage_of(details: dict[str, Any]) -> dict[str, Any] | None:
    """Tokens in OpenAI's words; only newer versions tell of the prompt's."""
    if details.get("generated_tokens") is None:
        return None
    return {"prompt_tokens": details.get("input_length"), "completion_tokens": details["generated_tokens"]}


def is_generated(frame: bytes) -> bool:
    """Whether an event is the last one."""
    return b'"generated_text":' in frame and b'"generated_text":null' not in frame
