"""Cohere's chat API, version 1, which version 2 has replaced: https://docs.cohere.com/reference/chat-stream-v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_OID, uuid5

from rillm.providers.chunks import chunk_of, end_chunk, head_chunk, text_chunk
from rillm.providers.cohere_v2 import FINISH_REASONS as OF_VERSION_2
from rillm.providers.cohere_v2 import usage_of
from rillm.providers.json_decoder import JSONDecoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

FINISH_REASONS: Final[Mapping[str, str]] = {**OF_VERSION_2, "ERROR_LIMIT": "length"}
# Events that bring a list which belongs to the answer, and the list's name.
KEPT: Final[Mapping[str, str]] = {
    "citation-generation": "citations",
    "search-queries-generation": "search_queries",
    "search-results": "documents",
}


class CohereV1Decoder(JSONDecoder):
    """Lines from `stream-start` to `stream-end` to chunks. Calls are taken when they are whole."""

    def __init__(self) -> None:
        super().__init__()
        self._id = ""
        self._calls = 0

    def read(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        kind: Any = data.get("event_type", "")
        if kind == "text-generation":
            text = data["text"]
            return (text_chunk(text) if isinstance(text, str) else chunk_of({"content": text}),)
        if kind == "stream-start":
            self._id = data.get("generation_id") or ""
            return (head_chunk(id=self._id),)
        if kind in KEPT:
            return (chunk_of({"provider_specific_fields": {KEPT[kind]: data.get(KEPT[kind]) or []}}),)
        if kind == "tool-calls-generation":
            return (chunk_of(self._called(data["tool_calls"])),)
        if kind == "stream-end":
            return (self._end(data.get("finish_reason"), data.get("response") or {}),)
        return () if kind else self._answer(data)

    def _answer(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        """An object that is no event: an answer that came whole."""
        if "text" not in data:
            raise self.failure(data)
        self._id = data.get("generation_id") or ""
        delta = {"content": data["text"], **self._called(data.get("tool_calls") or [])}
        if data.get("citations"):
            delta["provider_specific_fields"] = {"citations": data["citations"]}
        return (head_chunk(id=self._id), chunk_of(delta), self._end(data.get("finish_reason"), data))

    def _called(self, calls: list[dict[str, Any]]) -> dict[str, Any]:
        whole = [self._call(call) for call in calls]
        return {"tool_calls": whole} if whole else {}

    def _call(self, call: dict[str, Any]) -> dict[str, Any]:
        """A call has no id: it is made of the answer's, so that the same bytes always make the same chunks."""
        number = self._calls
        self._calls += 1
        made_up = f"call_{uuid5(NAMESPACE_OID, f'{self._id} {number}').hex}"
        return {"index": number, "id": made_up, "function": {"name": call["name"], "arguments": call["parameters"]}}

    def _end(self, native: Any, response: dict[str, Any]) -> ModelResponseStream:
        if native == "ERROR":
            raise self.failure({"type": native, **response})
        self.terminated = True
        return end_chunk(native, FINISH_REASONS, called=self._calls > 0, usage=usage_of(response.get("meta")))


def is_stream_end(frame: bytes) -> bool:
    """Whether a line is the last one."""
    return b'"stream-end"' in frame
