"""Google's generateContent: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent.

Nothing marks its end: an answer is whole when each candidate has its finishReason and the data ends. Some servers say
"STOP" with every chunk, so that the first finishReason ends nothing.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from rillm.providers.chunks import text_chunk
from rillm.providers.failures import failure
from rillm.providers.framing import WHOLE_BODY
from rillm.providers.gemini_candidate import Candidate, blocked
from rillm.providers.gemini_usage import RunningUsage
from rillm.providers.openai_chat import parsed, shown
from rillm.providers.whole_body import body_of
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import StreamDecodeError
from rillm.streams.frame import event_of
from rillm.streams.json_values import is_array, is_object, objects_in
from rillm.streams.model import field_of

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT_ALONE: Final = {"content", "index", "safetyRatings"}  # what a candidate has that brings nothing but text
CHUNK: Final = {"candidates", "promptFeedback", "usageMetadata"}  # each chunk has one of them


class GeminiDecoder:
    """Frames of `GenerateContentResponse` to chunks."""

    finish_ends = True

    def __init__(self) -> None:
        self.terminated = False
        self._usage = RunningUsage()
        self._candidates: dict[int, Candidate] = {}

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        if type(frame) is not bytes:
            return self._decode_named(frame)
        data = parsed(frame)
        try:
            (candidate,) = data["candidates"]
            (part,) = candidate["content"]["parts"]
            index = candidate.get("index", 0)
            if (
                len(part) == 1
                and type(part["text"]) is str
                and index in self._candidates
                and candidate.keys() <= TEXT_ALONE
                and "error" not in data
                and self._usage.grow(data.get("usageMetadata", {}))
            ):
                return (text_chunk(part["text"], index),)  # nearly every chunk
        except (KeyError, TypeError, ValueError):
            pass  # something else is in it
        return self._decode_any(data, frame)

    def _decode_named(self, frame: bytes) -> Sequence[ModelResponseStream]:
        event = event_of(frame)
        if event == "error":
            raise failure(parsed(frame, or_text=True))
        if event != WHOLE_BODY:
            return self._decode_any(parsed(frame), frame)
        data = body_of(frame)
        if not is_object(data) or data.keys().isdisjoint(CHUNK):
            raise failure(data)
        return self._decode_any(data, frame)

    def _decode_any(self, data: Any, frame: bytes) -> Sequence[ModelResponseStream]:
        if is_array(data) and len(data) == 1:  # as some errors come
            (data,) = data
        if not is_object(data):
            raise StreamDecodeError(f"A chunk is not a JSON object: {shown(frame)}")
        if data.get("error"):
            raise failure(data)
        if data.keys().isdisjoint(CHUNK):
            return ()
        try:
            return (ModelResponseStream.model_validate(self._chunk(data)),)
        except ValidationError as error:
            where = field_of(error)
            raise StreamDecodeError(f"A chunk is not what the format allows, at {where}: {shown(frame)}") from None

    def _chunk(self, data: dict[str, Any]) -> dict[str, Any]:
        names = {"id": data.get("responseId"), "model": data.get("modelVersion")}
        values: dict[str, Any] = {key: value for key, value in names.items() if isinstance(value, str)}
        usage = self._usage.report(data.get("usageMetadata"))
        if usage is not None:
            values["usage"] = usage
        values["choices"] = choices = list[dict[str, Any]]()
        for candidate in objects_in(data.get("candidates")):
            index = candidate.get("index")
            index = index if isinstance(index, int) else 0
            if index not in self._candidates:
                self._candidates[index] = Candidate(index, values.get("id") or uuid.uuid4().hex)
            choices.extend(self._candidates[index].choices(candidate))
        feedback = data.get("promptFeedback")
        if not choices and is_object(feedback) and feedback.get("blockReason"):
            choices.append(blocked(feedback))
        return values


def is_finish(frame: bytes) -> bool:
    """Whether a frame says that an answer is finished; what follows, if anything, is short."""
    return b'"finishReason"' in frame
