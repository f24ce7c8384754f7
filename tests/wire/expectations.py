"""The formats whose recordings are tested, each with how to read its facts."""

from __future__ import annotations

from tests.wire.expect_gemini import GEMINI, GEMINI_INTERACTIONS
from tests.wire.expectation import OPENAI_CHAT, Expectation

EXPECTATIONS: dict[str, Expectation] = {
    "openai-chat": OPENAI_CHAT,
    "openai-completions": OPENAI_CHAT,
    "gemini": GEMINI,
    "gemini-json-array": GEMINI,
    "gemini-interactions": GEMINI_INTERACTIONS,
}
