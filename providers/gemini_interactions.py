"""Google's interactions: https://ai.google.dev/gemini-api/docs/interactions/streaming.

Events of an interaction go in, or a whole one. What is remembered is the open step and how many calls have come. It
ends with "interaction.completed", which has its status; the `[DONE]` after it ends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.chunks import chunk_of, end_chunk, head_chunk, text_chunk
from rillm.providers.gemini_arguments import dumped
from rillm.providers.gemini_usage import interaction_usage
from rillm.providers.json_decoder import JSONDecoder
from rillm.providers.openai_responses_end import no_answer
from rillm.streams.frame import event_of
from rillm.streams.json_values import is_object, objects_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

STATUSES: Final = {"completed": "stop", "requires_action": "tool_calls", "incomplete": "length"}
NO_ANSWERS: Final = frozenset({"failed", "cancelled", "in_progress"})  # statuses that end none


class GeminiInteractionsDecoder(JSONDecoder):
    """Frames of interaction events to chunks. A step is a text, a thought, a call, or a tool that Google runs."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0
        self._step: dict[str, Any] = {}  # the open one

    def read(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        delta = data.get("delta")
        if is_object(delta) and delta.get("type") == "text" and isinstance(delta.get("text"), str):
            return (text_chunk(delta["text"]),)  # nearly every event
        return list(self._event(data))

    def whole(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        return list(self._steps(data)) if "status" in data else ()

    def _event(self, data: Mapping[str, Any]) -> Iterator[ModelResponseStream]:
        interaction, step, delta = (data.get(key) for key in ("interaction", "step", "delta"))
        match data.get("event_type"):
            case "interaction.created" if is_object(interaction):
                yield head_chunk(**names_of(interaction))
            case "step.start" if is_object(step):
                yield from self._start(step)
            case "step.delta" if is_object(delta):
                yield from self._go_on(delta)
            case "step.stop":
                yield from self._stop()
            case "interaction.completed" if is_object(interaction):
                yield from self._complete(interaction)
            case _:
                pass

    def _start(self, step: dict[str, Any]) -> Iterator[ModelResponseStream]:
        self._step = step
        if step.get("type") == "function_call":
            arguments = dumped(step["arguments"]) if step.get("arguments") else ""
            call: dict[str, Any] = {"index": self._calls, "id": step.get("id"), "type": "function"}
            call["function"] = {"name": step.get("name"), "arguments": arguments}
            if step.get("signature"):
                call["provider_specific_fields"] = {"thought_signature": step["signature"]}
            self._calls += 1
            yield chunk_of({"tool_calls": [call]})

    def _go_on(self, delta: dict[str, Any]) -> Iterator[ModelResponseStream]:
        kind, content = str(delta.get("type")), delta.get("content")
        if kind == "text":
            yield chunk_of({"content": delta.get("text")})
        elif kind == "thought_summary" and is_object(content):
            yield chunk_of({"reasoning_content": content.get("text")})
        elif kind == "thought_signature" and delta.get("signature"):
            yield chunk_of({"provider_specific_fields": {"thought_signatures": [delta["signature"]]}})
        elif kind == "arguments_delta":
            yield chunk_of(
                {"tool_calls": [{"index": self._calls - 1, "function": {"arguments": delta.get("arguments") or ""}}]}
            )
        elif kind.startswith("text_annotation"):
            yield chunk_of({"provider_specific_fields": {"citations": objects_in(delta.get("annotations"))}})
        elif kind == "image" and delta.get("data"):
            url = f"data:{delta.get('mime_type')};base64,{delta['data']}"
            yield chunk_of({"images": [{"type": "image_url", "image_url": {"url": url}, "index": 0}]})
        elif kind == "audio" and delta.get("data"):
            yield chunk_of({"audio": {"data": delta["data"]}})
        else:
            self._step = {**self._step, **delta}

    def _stop(self) -> Iterator[ModelResponseStream]:
        """What a tool of Google's was asked, or has answered, is told when it is known as a whole."""
        step, self._step = self._step, {}
        kind = str(step.get("type"))
        if kind.endswith("_call") and kind != "function_call":
            call = {"id": step.get("id"), "name": kind, "arguments": dumped(step.get("arguments") or {})}
            yield chunk_of({"provider_specific_fields": {"server_tool_calls": [call]}})
        elif kind.endswith("_result"):
            yield chunk_of({"provider_specific_fields": {"server_tool_results": [step]}})

    def _complete(self, interaction: Mapping[str, Any]) -> Iterator[ModelResponseStream]:
        status = interaction.get("status")
        if status in NO_ANSWERS:
            raise no_answer(interaction, status)
        yield head_chunk(**names_of(interaction))
        usage = interaction_usage(interaction.get("usage"))
        yield end_chunk(status, STATUSES, called=self._calls > 0, usage=usage)
        self.terminated = True

    def _steps(self, data: dict[str, Any]) -> Iterator[ModelResponseStream]:
        yield head_chunk(**names_of(data))
        for step in objects_in(data.get("steps")):
            yield from self._start(step)
            if step.get("type") == "thought" and step.get("signature"):
                yield from self._go_on({"type": "thought_signature", "signature": step["signature"]})
            for thought in objects_in(step.get("summary")):
                yield from self._go_on({"type": "thought_summary", "content": thought})
            for part in objects_in(step.get("content")):
                yield from self._go_on(part)
            yield from self._stop()
        yield from self._complete(data)


def names_of(interaction: Mapping[str, Any]) -> dict[str, str]:
    return {key: interaction[key] for key in ("id", "model") if isinstance(interaction.get(key), str)}


def is_completed(frame: bytes) -> bool:
    """Whether a frame is the last one, or is followed by it alone."""
    return event_of(frame) in {"interaction.completed", "done"}
