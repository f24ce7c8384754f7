from __future__ import annotations

from typing import Any

import pytest

from rillm.streams.prices import price
from rillm.streams.usage import Usage

CLAUDE = ("claude-sonnet-4-5", "anthropic")  # 3 and 15 dollars a million, 0.30 to read the cache, 3.75 or 6 to write it


@pytest.mark.parametrize(
    ("usage", "millionths"),
    [
        ({"prompt_tokens": 100, "completion_tokens": 10}, 100 * 3 + 10 * 15),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60}}, 40 * 3 + 60 * 0.3),
        (
            {
                "prompt_tokens": 100,
                "prompt_tokens_details": {"cached_tokens": 60},
                "cache_creation_input_tokens": 30,
            },
            10 * 3 + 60 * 0.3 + 30 * 3.75,
        ),
        (
            {
                "prompt_tokens": 100,
                "cache_creation_input_tokens": 30,
                "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 10},
            },
            70 * 3 + 20 * 3.75 + 10 * 6,
        ),
        ({"prompt_tokens": 100, "server_tool_use": {"web_search_requests": 2}}, 100 * 3 + 2 * 10_000),
        ({"prompt_tokens": 100, "cache_creation": None, "server_tool_use": "none"}, 100 * 3),
        ({"prompt_tokens": 100, "cache_creation_input_tokens": "many"}, 100 * 3),
        ({}, 0),
    ],
)
def test_price(usage: dict[str, Any], millionths: float) -> None:
    assert price(*CLAUDE, Usage.model_validate(usage)) == pytest.approx(millionths / 1_000_000)


@pytest.mark.parametrize(
    ("model", "usage"),
    [("no-such-model", {"prompt_tokens": 1}), (CLAUDE[0], {"prompt_tokens": 1, "cache_creation_input_tokens": 2})],
)
def test_no_price(model: str, usage: dict[str, Any]) -> None:
    assert price(model, "anthropic", Usage.model_validate(usage)) is None
