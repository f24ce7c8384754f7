"""Ollama's own API: https://docs.ollama.com/api/chat and https://docs.ollama.com/api/generate."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_OID, uuid5

from rillm.providers.chunks import chunk_of, end_chunk, text_chunk
from rillm.providers.json_decoder import JSONDecoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

# It loads or unloads a model for a request without messages.
FINISH_REASONS: Final[Mapping[str, str]] = {"load": "stop", "unload": "stop"}
DONE: Final = re.compile(rb'"done"\s*:\s*true')
TEXT_ONLY: Final = frozenset({"role", "content"})
# In nanoseconds; and the tokens of the conversation, which a next prompt may follow.
KEPT_OF_THE_END: Final = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration", "context")


class OllamaChatDecoder(JSONDecoder):
    """Lines to chunks, up to the one that is `done`."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = False
        self._calls = 0

    def said(self, data: dict[str, Any]) -> dict[str, Any]:
        """The message in a line."""
        message: dict[str, Any] = data.get("message") or {}
        return message

    def read(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        message = self.said(data)
        text = message.get("content")
        if text and self._begun and isinstance(text, str) and is_text_only(data, message):
            return (text_chunk(text),)  # nearly every line
        delta = self._delta(message, data.get("created_at"))
        chunks: list[ModelResponseStream] = []
        logprobs = {"content": data["logprobs"]} if data.get("logprobs") else None
        if delta or logprobs:
            chunks.append(chunk_of(delta, logprobs=logprobs, **({} if self._begun else head(data))))
            self._begun = True
        if data.get("done"):
            self.terminated = True
            chunks.append(self._end(data))
        return chunks

    def _delta(self, message: dict[str, Any], time: Any) -> dict[str, Any]:
        delta: dict[str, Any] = {}
        for key, name in (("content", "content"), ("thinking", "reasoning_content")):
            if message.get(key):
                delta[name] = message[key]
        if calls := message.get("tool_calls"):
            delta["tool_calls"] = [self._call(call, time) for call in calls]
        if message.get("images"):
            delta["provider_specific_fields"] = {"images": message["images"]}
        return delta

    def _call(self, call: dict[str, Any], time: Any) -> dict[str, Any]:
        """A call, which comes whole. Only newer versions give it an id, and the index may be 0 for all.

        The id is made of what came, so that the same bytes always make the same chunks.
        """
        arguments: Any = call["function"].get("arguments") or "{}"
        function = {"name": call["function"]["name"], "arguments": arguments}
        number = self._calls
        self._calls += 1
        made_up = uuid5(NAMESPACE_OID, f"{time} {number} {function}").hex
        return {"index": number, "id": call.get("id") or f"call_{made_up}", "function": function}

    def _end(self, data: dict[str, Any]) -> ModelResponseStream:
        kept = {key: data[key] for key in KEPT_OF_THE_END if data.get(key)}
        native = data.get("done_reason")
        return end_chunk(native, FINISH_REASONS, called=self._calls > 0, usage=usage_of(data), **kept)


class OllamaGenerateDecoder(OllamaChatDecoder):
    """The same for a prompt instead of messages."""

    def said(self, data: dict[str, Any]) -> dict[str, Any]:
        message = {"content": data.get("response")}
        return {**message, "thinking": data["thinking"]} if data.get("thinking") else message


def is_text_only(data: dict[str, Any], message: dict[str, Any]) -> bool:
    return not data.get("done") and message.keys() <= TEXT_ONLY and "logprobs" not in data


def head(data: dict[str, Any]) -> dict[str, Any]:
    """What a line tells of the whole answer."""
    with suppress(KeyError, ValueError):
        return {"model": data.get("model"), "created": int(datetime.fromisoformat(data["created_at"]).timestamp())}
    return {"model": data.get("model")}


def usage_of(data: dict[str, Any]) -> dict[str, Any] | None:
    """The counters of the last line in OpenAI's words. They are missing where nothing had to be computed."""
    counts = {"prompt_tokens": data.get("prompt_eval_count"), "completion_tokens": data.get("eval_count")}
    cached = data.get("prompt_eval_cached_count")
    if cached is not None:
        counts["prompt_tokens_details"] = {"cached_tokens": cached}
    return counts if any(count is not None for count in counts.values()) else None


def is_done(frame: bytes) -> bool:
    """Whether a line is the last one."""
    return DONE.search(frame) is not None
