"""What Cohere is sent."""

from __future__ import annotations

from typing import Any

import pytest

from rillm.streams.errors import UnsupportedParamsError
from tests.kit.requests import ADD, HI, encoded, recorded_requests

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}
STRICT: dict[str, Any] = {"type": "function", "function": {**ADD["function"], "strict": True}}
CALL = {"id": "call_a", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}}


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (None, "https://api.cohere.com/v2/chat"),
        ("https://mine.test/", "https://mine.test/v2/chat"),
        ("https://mine.test/v2", "https://mine.test/v2/chat"),
        ("https://mine.test/v2/chat", "https://mine.test/v2/chat"),
    ],
)
def test_url(base: str | None, url: str) -> None:
    assert encoded("cohere", base=base).url == url


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({}, {}),
        ({"temperature": 0.5, "top_p": 0.9, "top_k": 4}, {"temperature": 0.5, "p": 0.9, "k": 4}),
        ({"seed": 1, "frequency_penalty": 0.1}, {"seed": 1, "frequency_penalty": 0.1}),
        ({"presence_penalty": 0.2}, {"presence_penalty": 0.2}),
        ({"max_tokens": 9}, {"max_tokens": 9}),
        ({"max_completion_tokens": 9}, {"max_tokens": 9}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["a", "b"]}, {"stop_sequences": ["a", "b"]}),
        ({"tools": [ADD]}, {"tools": [ADD]}),
        (
            {"tools": [STRICT]},
            {"tools": [ADD], "strict_tools": True},
        ),
        ({"tool_choice": "auto"}, {}),
        ({"tool_choice": "required"}, {"tool_choice": "REQUIRED"}),
        ({"tool_choice": "none"}, {"tool_choice": "NONE"}),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
            {"response_format": {"type": "json_object", "json_schema": SCHEMA}},
        ),
        ({"reasoning_effort": "high"}, {"thinking": {"type": "enabled"}}),
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 100}},
            {"thinking": {"type": "enabled", "token_budget": 100}},
        ),
        ({"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
        ({"documents": [{"data": "x"}], "safety_mode": "OFF"}, {"documents": [{"data": "x"}], "safety_mode": "OFF"}),
        ({"logprobs": True}, {"logprobs": True}),
        ({"stream_options": {"include_usage": True}, "n": 1, "parallel_tool_calls": True}, {}),
    ],
)
def test_parameters(params: dict[str, Any], fields: dict[str, Any]) -> None:
    body = encoded("cohere", model="command-a-03-2025", **params).body
    assert body == {"model": "command-a-03-2025", "messages": HI, "stream": True, **fields}


@pytest.mark.parametrize(
    "params",
    [
        {"n": 2},
        {"user": "me"},
        {"logit_bias": {"1": 2}},
        {"parallel_tool_calls": False},
        {"tool_choice": {"type": "function", "function": {"name": "add"}}},
        {"tools": [{"type": "web_search"}]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA"}}]}]},
    ],
)
def test_what_cohere_cannot_do(params: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParamsError, match="cohere does not support"):
        encoded("cohere", **params)
    body = encoded("cohere", **params, drop_params=True).body
    assert not {"n", "user", "logit_bias", "parallel_tool_calls", "tool_choice"} & set(body)
    assert body.get("tools", []) == []
    assert body["messages"] in (HI, [{"role": "user", "content": []}])


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"role": "developer", "content": "Be brief."}, {"role": "system", "content": "Be brief."}),
        (
            {"role": "user", "content": [{"type": "text", "text": "What?"}, IMAGE], "name": "me"},
            {"role": "user", "content": [{"type": "text", "text": "What?"}, IMAGE]},
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": "https://a.test/x.png"}]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.test/x.png"}}]},
        ),
        ({"role": "user", "content": ["What?"]}, {"role": "user", "content": [{"type": "text", "text": "What?"}]}),
        ({"role": "assistant", "content": "Hello", "tool_calls": None}, {"role": "assistant", "content": "Hello"}),
        (
            {"role": "assistant", "content": "144", "reasoning_content": "12 * 12"},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "12 * 12"}, {"type": "text", "text": "144"}],
            },
        ),
        (
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{**CALL, "index": 0}],
                "provider_specific_fields": {"tool_plan": "I will add.", "native_finish_reason": "TOOL_CALL"},
            },
            {"role": "assistant", "tool_calls": [CALL], "tool_plan": "I will add."},
        ),
        (
            {"role": "tool", "tool_call_id": "call_a", "content": "2", "name": "add"},
            {"role": "tool", "tool_call_id": "call_a", "content": "2"},
        ),
        (
            {"role": "tool", "tool_call_id": "call_a", "content": None},
            {"role": "tool", "tool_call_id": "call_a", "content": ""},
        ),
    ],
)
def test_messages(message: dict[str, Any], said: dict[str, Any]) -> None:
    assert encoded("cohere", [message]).body["messages"] == [said]


def test_version_1() -> None:
    messages = [{"role": "system", "content": "Be brief."}, *HI, {"role": "assistant", "content": "Hello"}, *HI]
    request = encoded("cohere", messages, format_="cohere-v1", top_p=0.9, stop="END", connectors=[{"id": "web-search"}])
    assert request.url == "https://api.cohere.com/v1/chat"
    assert request.body == {
        "model": "m",
        "message": "Hi",
        "stream": True,
        "chat_history": [
            {"role": "SYSTEM", "message": "Be brief."},
            {"role": "USER", "message": "Hi"},
            {"role": "CHATBOT", "message": "Hello"},
        ],
        "p": 0.9,
        "stop_sequences": ["END"],
        "connectors": [{"id": "web-search"}],
    }
    with pytest.raises(UnsupportedParamsError, match="'tools'"):
        encoded("cohere", format_="cohere-v1", tools=[ADD])


@pytest.mark.parametrize("recorded", recorded_requests("cohere-v1", "cohere"))
def test_recorded_requests_of_version_1(recorded: dict[str, Any]) -> None:
    """One recording leaves the model to the server's default, which no call of ours does."""
    roles = {"USER": "user", "CHATBOT": "assistant"}
    turns = [*recorded.get("chat_history", []), {"role": "USER", "message": recorded["message"]}]
    messages = [{"role": roles[turn["role"]], "content": turn["message"]} for turn in turns]
    call = {"connectors": recorded["connectors"]} if "connectors" in recorded else {}
    body = encoded("cohere", messages, format_="cohere-v1", model="command-r", **call).body
    assert body == {"model": "command-r", **recorded}


@pytest.mark.parametrize("recorded", recorded_requests("cohere-v2"))
def test_recorded_requests(recorded: dict[str, Any]) -> None:
    """Messages and tools of Cohere's are OpenAI's, so the request says what to ask; nothing else may come of it."""
    call = {key: value for key, value in recorded.items() if key not in {"model", "messages", "stream"}}
    body = encoded("cohere", recorded["messages"], model=recorded["model"], **call).body
    assert body == {**recorded, "stream": True}
