"""OpenAI's legacy completions: https://platform.openai.com/docs/api-reference/completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.failures import failure, not_a_stream
from rillm.providers.framing import WHOLE_BODY
from rillm.providers.openai_chat import END, parsed, shown
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import StreamDecodeError
from rillm.streams.frame import NamedFrame

if TYPE_CHECKING:
    from collections.abc import Sequence


class OpenAICompletionsDecoder:
    """Frames of `text_completion` to chunks: `choices[].text` is the content."""

    finish_ends = True

    def __init__(self) -> None:
        self.terminated = False

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        if frame == END:
            self.terminated = True
            return ()
        whole = isinstance(frame, NamedFrame) and frame.event == WHOLE_BODY
        try:
            data = parsed(frame)
        except StreamDecodeError:
            if whole:
                raise not_a_stream(frame) from None
            raise
        if not isinstance(data, dict):
            raise StreamDecodeError(f"A chunk is not a JSON object: {shown(frame)}")
        if data.get("error") or (whole and not isinstance(data.get("choices"), list)):
            raise failure(data)
        self.terminated = whole
        choices = [as_delta(choice) for choice in data.get("choices") or () if isinstance(choice, dict)]
        return (ModelResponseStream.model_validate({**data, "object": "chat.completion.chunk", "choices": choices}),)


def as_delta(choice: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in choice.items() if key != "text" and value is not None}
    return {**rest, "delta": {"content": choice.get("text")}}
