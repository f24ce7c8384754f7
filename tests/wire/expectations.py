"""The formats whose recordings are tested, each with how to read its facts."""

from __future__ import annotations

from tests.wire.expect_anthropic_messages import ANTHROPIC_MESSAGES
from tests.wire.expect_bedrock import BEDROCK
from tests.wire.expect_cohere import COHERE_V1, COHERE_V2
from tests.wire.expect_gemini import GEMINI, GEMINI_INTERACTIONS
from tests.wire.expect_ollama import OLLAMA
from tests.wire.expect_openai_responses import OPENAI_RESPONSES
from tests.wire.expect_texts import WATSONX_TEXT, WRITER_COMPLETIONS
from tests.wire.expect_tgi import TGI
from tests.wire.expectation import OPENAI_CHAT, Expectation

EXPECTATIONS: dict[str, Expectation] = {
    "anthropic-messages": ANTHROPIC_MESSAGES,
    "bedrock-invoke-anthropic": ANTHROPIC_MESSAGES,
    "openai-chat": OPENAI_CHAT,
    "openai-completions": OPENAI_CHAT,
    "openai-responses": OPENAI_RESPONSES,
    **BEDROCK,
    "gemini": GEMINI,
    "gemini-json-array": GEMINI,
    "gemini-interactions": GEMINI_INTERACTIONS,
    "cohere-v1": COHERE_V1,
    "cohere-v2": COHERE_V2,
    "ollama-chat": OLLAMA,
    "ollama-generate": OLLAMA,
    "tgi-generate": TGI,
    "watsonx-text": WATSONX_TEXT,
    "writer-completions": WRITER_COMPLETIONS,
}
