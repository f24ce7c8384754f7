"""What those who imitate OpenAI are sent, and what not."""

from __future__ import annotations

from typing import Any

import pytest

import rillm
from rillm.providers.lookalikes import LOOKALIKES
from rillm.providers.request import OPENAI_PARAMETERS
from rillm.streams.errors import UnsupportedParamsError
from tests.kit.requests import HI, encoded

SENT = {"model": "m", "messages": HI, "stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize(
    ("provider", "params"),
    [
        ("groq", {"logprobs": True}),
        ("groq", {"top_logprobs": 2}),
        ("groq", {"logit_bias": {"1": 2}}),
        ("groq", {"n": 2}),
        ("cerebras", {"frequency_penalty": 0.5}),
        ("cerebras", {"presence_penalty": 0.5}),
        ("cerebras", {"logit_bias": {"1": 2}}),
    ],
)
def test_what_a_provider_would_answer_with_an_error(provider: str, params: dict[str, Any]) -> None:
    (name,) = params
    with pytest.raises(UnsupportedParamsError, match=f"{provider} does not support the parameter '{name}'") as caught:
        encoded(provider, **params)
    assert caught.value.status_code == 400
    assert encoded(provider, **params, drop_params=True).body == SENT
    assert encoded("openai", **params).body == {**SENT, **params}


@pytest.mark.parametrize("params", [{"n": 1}, {"logprobs": False}])
def test_what_asks_for_nothing_is_left_out(params: dict[str, Any]) -> None:
    assert encoded("groq", **params).body == SENT


def test_a_call_says_so_before_anything_is_sent() -> None:
    with pytest.raises(UnsupportedParamsError, match="drop_params=True"):
        rillm.completion("groq/llama", HI, n=2, api_key="k", api_base="http://127.0.0.1:9")


def test_only_openais_parameters_are_refused() -> None:
    assert {name for provider in LOOKALIKES for name in provider.unsupported} <= OPENAI_PARAMETERS
