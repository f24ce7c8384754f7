"""OpenAI's legacy completions: https://platform.openai.com/docs/api-reference/completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from rillm.providers.chunks import text_chunk
from rillm.providers.json_decoder import WRONG
from rillm.providers.openai_chat import OpenAIChatDecoder
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import ModelResponseStream

# Fields that are the same in every frame or tell nothing where they are null.
USUAL: Final = frozenset({"id", "object", "created", "model", "system_fingerprint", "choices", "usage"})
USUAL_OF_A_CHOICE: Final = frozenset({"text", "index", "logprobs", "finish_reason"})


class OpenAICompletionsDecoder(OpenAIChatDecoder):
    """Frames of `text_completion` to chunks: `choices[].text` is the content, the rest is as in chat completions."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = False

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        piece = plain_text(frame) if self._begun and type(frame) is bytes else None
        if piece is not None:
            return (text_chunk(*piece),)
        chunks = self._decode_other(frame)
        self._begun = self._begun or bool(chunks)
        return chunks

    def tidied(self, choice: Any) -> Any:
        if not is_object(choice):
            return choice
        rest = {key: value for key, value in choice.items() if key not in {"text", "delta"} and value is not None}
        return {**rest, "delta": {"content": choice.get("text")}}


def plain_text(frame: bytes) -> tuple[str, int] | None:
    """Text and index of a frame that has one choice and nothing more to tell, as nearly all; None for the others."""
    try:
        data = from_json(frame)
        (choice,) = data["choices"]
        text, index = choice["text"], choice["index"]
        is_plain = choice.keys() <= USUAL_OF_A_CHOICE and data.keys() <= USUAL
        tells_more = choice.get("finish_reason") or choice.get("logprobs") or data.get("usage")
    except WRONG:
        return None
    return (text, index) if text and type(text) is str and type(index) is int and is_plain and not tells_more else None
