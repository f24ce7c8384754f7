"""OpenAI's legacy completions: https://platform.openai.com/docs/api-reference/completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.openai_chat import OpenAIChatDecoder
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import ModelResponseStream


class OpenAICompletionsDecoder(OpenAIChatDecoder):
    """Frames of `text_completion` to chunks: `choices[].text` is the content, the rest is as in chat completions."""

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        return self._decode_other(frame)

    def tidied(self, choice: Any) -> Any:
        if not is_object(choice):
            return choice
        rest = {key: value for key, value in choice.items() if key not in {"text", "delta"} and value is not None}
        return {**rest, "delta": {"content": choice.get("text")}}
