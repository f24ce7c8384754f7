"""How the facts of a recorded response of OpenAI's Responses read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wire.expectation import Expectation

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAT_WORDS = {
    "input_tokens": "prompt_tokens",
    "input_tokens_details": "prompt_tokens_details",
    "output_tokens": "completion_tokens",
    "output_tokens_details": "completion_tokens_details",
}


def usage(reported: Mapping[str, Any]) -> Mapping[str, Any]:
    return {CHAT_WORDS.get(key, key): value for key, value in reported.items()}


OPENAI_RESPONSES = Expectation(usage=usage, reasons={"completed": "stop", "incomplete": "length"})
