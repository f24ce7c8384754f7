"""What Mistral is sent."""

from __future__ import annotations

from typing import Any

import pytest

from rillm.streams.errors import UnsupportedParamsError
from tests.kit.requests import ADD, HI, encoded, recorded_requests

CALL = {"id": "aB3dE6gH9", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({}, {}),
        ({"seed": 7}, {"random_seed": 7}),
        ({"random_seed": 7}, {"random_seed": 7}),
        ({"max_completion_tokens": 9}, {"max_tokens": 9}),
        ({"max_tokens": 9, "temperature": 0.5, "top_p": 0.9}, {"max_tokens": 9, "temperature": 0.5, "top_p": 0.9}),
        ({"tools": [ADD], "tool_choice": "required"}, {"tools": [ADD], "tool_choice": "any"}),
        ({"tool_choice": "auto"}, {"tool_choice": "auto"}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "add"}}},
            {"tool_choice": {"type": "function", "function": {"name": "add"}}},
        ),
        ({"safe_prompt": True, "prompt_mode": "reasoning"}, {"safe_prompt": True, "prompt_mode": "reasoning"}),
        ({"reasoning_effort": "high", "n": 2}, {"reasoning_effort": "high", "n": 2}),
        ({"response_format": SCHEMA, "parallel_tool_calls": False},) * 2,
        ({"stream_options": {"include_usage": True}, "logprobs": False}, {}),
    ],
)
@pytest.mark.parametrize("provider", ["mistral", "codestral"])
def test_parameters(provider: str, params: dict[str, Any], fields: dict[str, Any]) -> None:
    body = encoded(provider, model="mistral-small-latest", **params).body
    assert body == {"model": "mistral-small-latest", "messages": HI, "stream": True, **fields}


@pytest.mark.parametrize("params", [{"user": "me"}, {"logprobs": True}, {"logit_bias": {"1": 2}}, {"store": True}])
def test_what_mistral_forbids(params: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParamsError, match="mistral does not support"):
        encoded("mistral", **params)
    assert encoded("mistral", **params, drop_params=True).body == {"model": "m", "messages": HI, "stream": True}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"role": "developer", "content": "Be brief."}, {"role": "system", "content": "Be brief."}),
        ({"role": "user", "content": "Hi", "name": "me"}, {"role": "user", "content": "Hi"}),
        (
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]},
            {"role": "user", "content": [{"type": "input_audio", "input_audio": "AAAA"}]},
        ),
        (
            {
                "role": "assistant",
                "content": "144",
                "reasoning_content": "12 * 12",
                "provider_specific_fields": {"x": 1},
                "function_call": None,
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "12 * 12"}]},
                    {"type": "text", "text": "144"},
                ],
            },
        ),
        ({"role": "assistant", "content": "{", "prefix": True},) * 2,
        (
            {"role": "assistant", "content": None, "tool_calls": [{**CALL, "index": 0}]},
            {"role": "assistant", "tool_calls": [CALL]},
        ),
        ({"role": "tool", "tool_call_id": "aB3dE6gH9", "content": "2", "name": "add"},) * 2,
    ],
)
def test_messages(message: dict[str, Any], said: dict[str, Any]) -> None:
    assert encoded("mistral", [message]).body["messages"] == [said]


def test_ids_of_calls_of_another_provider() -> None:
    calls = {"role": "assistant", "tool_calls": [{**CALL, "id": "call_a"}, {**CALL, "id": "call_b"}]}
    results = [{"role": "tool", "tool_call_id": f"call_{letter}", "content": ""} for letter in "ab"]
    said = encoded("mistral", [calls, *results]).body["messages"]
    ids = [call["id"] for call in said[0]["tool_calls"]]
    assert [result["tool_call_id"] for result in said[1:]] == ids
    assert len(set(ids)) == 2
    assert all(len(id_) == 9 and id_.isalnum() for id_ in ids)


@pytest.mark.parametrize("recorded", recorded_requests("openai-chat", "mistral"))
def test_recorded_requests(recorded: dict[str, Any]) -> None:
    call = {name: value for name, value in recorded.items() if name not in {"model", "messages", "stream"}}
    if "random_seed" in call:
        call["seed"] = call.pop("random_seed")
    assert encoded("mistral", recorded["messages"], model=recorded["model"], **call).body == recorded
