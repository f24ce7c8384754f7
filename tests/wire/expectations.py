"""The formats whose recordings are tested, each with how to read its facts."""

from __future__ import annotations

from tests.wire.expect_cohere import COHERE_V1, COHERE_V2
from tests.wire.expect_ollama import OLLAMA
from tests.wire.expect_texts import WATSONX_TEXT, WRITER_COMPLETIONS
from tests.wire.expect_tgi import TGI
from tests.wire.expectation import OPENAI_CHAT, Expectation

EXPECTATIONS: dict[str, Expectation] = {
    "openai-chat": OPENAI_CHAT,
    "openai-completions": OPENAI_CHAT,
    "watsonx-text": WATSONX_TEXT,
    "writer-completions": WRITER_COMPLETIONS,
    "cohere-v1": COHERE_V1,
    "cohere-v2": COHERE_V2,
    "tgi-generate": TGI,
    "ollama-chat": OLLAMA,
    "ollama-generate": OLLAMA,
}
