"""OpenAI's parameters as Anthropic's."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from rillm.providers.anthropic_models import has_strict_tools, thinks_by_budget, thinks_unasked
from rillm.providers.anthropic_schema import within_limits
from rillm.providers.openai_request import plain
from rillm.streams.errors import UnsupportedParamsError
from tests.kit.anthropic import body, request

PLAIN = {
    "model": "claude-sonnet-4-5",
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    "max_tokens": 4096,
    "stream": True,
}
CACHED = {"cache_control": {"type": "ephemeral"}}
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer", "minimum": 1}}, "required": ["x"]}
BOUND = {
    "type": "object",
    "properties": {"x": {"type": "integer", "description": "minimum: 1"}},
    "required": ["x"],
    "additionalProperties": False,
}
OLD, NEWER, NEWEST = "claude-3-7-sonnet-20250219", "claude-opus-4-6", "claude-sonnet-5"
ADAPTIVE = {"type": "adaptive", "display": "summarized"}


def test_the_plain_request() -> None:
    encoded = request()
    assert encoded.url == "https://api.anthropic.com/v1/messages"
    assert encoded.headers == {"anthropic-version": "2023-06-01"}
    assert encoded.body == PLAIN


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://a.example", "http://a.example/v1/messages"),
        ("http://a.example/v1", "http://a.example/v1/messages"),
        ("http://a.example/anthropic", "http://a.example/anthropic/v1/messages"),
        ("http://a.example/anthropic/v1", "http://a.example/anthropic/v1/messages"),
        ("http://a.example/v1/messages", "http://a.example/v1/messages"),
        ("http://a.example/v1/messages?beta=true", "http://a.example/v1/messages?beta=true"),
    ],
)
def test_url(base: str, url: str) -> None:
    assert request(base=base).url == url


@pytest.mark.parametrize("path", ["", "/anthropic", "/anthropic/v1", "/anthropic/v1/messages"])
def test_url_on_azure(path: str) -> None:
    azure = request(base=f"https://mine.services.ai.azure.com{path}", provider="azure")
    assert azure.url == "https://mine.services.ai.azure.com/anthropic/v1/messages"


PARAMETERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"max_tokens": 7}, {"max_tokens": 7}),
    ({"max_completion_tokens": 7}, {"max_tokens": 7}),
    ({"temperature": 0, "top_p": 0.5, "top_k": 3}, {"temperature": 0, "top_p": 0.5, "top_k": 3}),
    ({"stop": "END"}, {"stop_sequences": ["END"]}),
    ({"stop": ["a", "b"]}, {"stop_sequences": ["a", "b"]}),
    ({"user": "u1"}, {"metadata": {"user_id": "u1"}}),
    ({"safety_identifier": "u1"}, {"metadata": {"user_id": "u1"}}),
    ({"n": 1, "stream_options": {"include_usage": True}}, {}),
    ({"service_tier": "default"}, {"service_tier": "standard_only"}),
    ({"service_tier": "auto"}, {"service_tier": "auto"}),
    # Anthropic's own
    ({"mcp_servers": [{"type": "url"}], "container": "c_1"}, {"mcp_servers": [{"type": "url"}], "container": "c_1"}),
    (CACHED, CACHED),
    # thinking
    ({"thinking": {"type": "enabled", "budget_tokens": 2000}},
     {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 6096}),
    ({"thinking": {"type": "enabled", "budget_tokens": 2000}, "reasoning_effort": "low"},
     {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 6096}),
    ({"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
    ({"reasoning_effort": "low", "max_tokens": 9},
     {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 9}),
    # tools
    ({"tools": [], "tool_choice": None}, {}),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]},
     {"tools": [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]}),
    ({"tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}, **CACHED}]},
     {"tools": [{"name": "f", "description": "d", "input_schema": SCHEMA, **CACHED}]}),
    ({"tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": True}}]},
     {"tools": [{"name": "f", "input_schema": BOUND, "strict": True}]}),
    ({"tools": [{"type": "web_search_20260318", "name": "web_search"}]},
     {"tools": [{"type": "web_search_20260318", "name": "web_search"}]}),
    ({"tools": [{"name": "f", "input_schema": SCHEMA}]}, {"tools": [{"name": "f", "input_schema": SCHEMA}]}),
    ({"web_search_options": {}}, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
    ({"web_search_options": {"search_context_size": "low", "user_location": {"approximate": {"city": "Rome"}}}},
     {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 1,
                 "user_location": {"type": "approximate", "city": "Rome"}}]}),
    ({"tool_choice": "auto"}, {"tool_choice": {"type": "auto"}}),
    ({"tool_choice": "required"}, {"tool_choice": {"type": "any"}}),
    ({"tool_choice": "none", "parallel_tool_calls": False}, {"tool_choice": {"type": "none"}}),
    ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, {"tool_choice": {"type": "tool", "name": "f"}}),
    ({"tool_choice": {"type": "tool", "name": "f"}}, {"tool_choice": {"type": "tool", "name": "f"}}),
    ({"tool_choice": "required", "parallel_tool_calls": False},
     {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}}),
    ({"parallel_tool_calls": False}, {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}),
    ({"parallel_tool_calls": True}, {}),
    # the form of the answer
    ({"response_format": {"type": "text"}}, {}),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}},
     {"output_config": {"format": {"type": "json_schema", "schema": BOUND}}}),
    ({"response_format": {"type": "json_object", "response_schema": SCHEMA}},
     {"output_config": {"format": {"type": "json_schema", "schema": BOUND}}}),
    ({"output_config": {"effort": "low"}}, {"output_config": {"effort": "low"}}),
]  # fmt: skip


@pytest.mark.parametrize(("params", "fields"), PARAMETERS)
def test_parameters(params: dict[str, Any], fields: dict[str, Any]) -> None:
    assert body(**params) == {**PLAIN, **fields}


@pytest.mark.parametrize(
    ("effort", "old", "newer", "newest"),
    [
        ("none", None, None, {"thinking": {"type": "disabled"}}),
        ("minimal", 1024, "low", "low"),
        ("low", 1024, "low", "low"),
        ("medium", 2048, "medium", "medium"),
        ("high", 4096, "high", "high"),
        ("xhigh", 8192, "xhigh", "xhigh"),
        ("max", 16384, "max", "max"),
        ({"effort": "high", "summary": "auto"}, 4096, "high", "high"),
    ],
)
def test_reasoning_effort(effort: Any, old: Any, newer: Any, newest: Any) -> None:
    for model, expected in ((OLD, old), (NEWER, newer), (NEWEST, newest)):
        fields: dict[str, Any] = expected or {}
        if isinstance(expected, int):
            fields = {"thinking": {"type": "enabled", "budget_tokens": expected}, "max_tokens": 4096 + expected}
        if isinstance(expected, str):
            more = {"low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}[expected]
            fields = {"thinking": ADAPTIVE, "output_config": {"effort": expected}, "max_tokens": 4096 + more}
        assert body(model=model, reasoning_effort=effort) == {**PLAIN, "model": model, **fields}


def test_effort_and_form_share_a_field() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}
    encoded = body(model=NEWEST, reasoning_effort="low", response_format=form, output_config={"task_budget": 1})
    assert encoded["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": BOUND},
        "task_budget": 1,
    }


def test_a_class_as_the_form_of_the_answer() -> None:
    class Point(BaseModel):
        x: int

    schema = body(response_format=plain(Point))["output_config"]["format"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["x"]


def test_older_models_have_no_strict_tools() -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": True}}]
    assert body(model=OLD, tools=tools)["tools"] == [{"name": "f", "input_schema": SCHEMA}]


@pytest.mark.parametrize(
    "params",
    [
        {"n": 2},
        {"seed": 1},
        {"logprobs": True},
        {"top_logprobs": 2},
        {"logit_bias": {"1": 1}},
        {"presence_penalty": 1},
        {"frequency_penalty": 1},
        {"service_tier": "flex"},
        {"reasoning_effort": "enormous"},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}},
        {"tool_choice": "some"},
        {"tool_choice": {"type": "allowed_tools"}},
        {"tool_choice": 1},
        {"audio": {}},
        {"modalities": ["audio"]},
        {"functions": []},
        {"store": True},
        {"verbosity": "low"},
    ],
)
def test_what_anthropic_cannot_do(params: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParamsError) as caught:
        body(**params)
    assert caught.value.llm_provider == "anthropic"
    assert body(**params, drop_params=True) == PLAIN


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (True, True),
        ({"type": "string", "pattern": "a+", "format": "date"}, {"type": "string", "pattern": "a+", "format": "date"}),
        (
            {"type": "string", "description": "A name.", "maxLength": 3, "minLength": 1},
            {"type": "string", "description": "A name. (maxLength: 3, minLength: 1)"},
        ),
        (
            {"type": ["object", "null"], "properties": {"minimum": {"type": "number", "maximum": 2}}},
            {
                "type": ["object", "null"],
                "properties": {"minimum": {"type": "number", "description": "maximum: 2"}},
                "additionalProperties": False,
            },
        ),
        (
            {"type": "array", "items": {"oneOf": [{"type": "object"}, {"$ref": "#/$defs/A"}]}, "minItems": 2},
            {
                "type": "array",
                "items": {"anyOf": [{"type": "object", "additionalProperties": False}, {"$ref": "#/$defs/A"}]},
                "description": "minItems: 2",
            },
        ),
        ({"type": "array", "minItems": 1}, {"type": "array", "minItems": 1}),
        (
            {"$defs": {"A": {"type": "object", "additionalProperties": {"type": "string"}}}, "$ref": "#/$defs/A"},
            {"$defs": {"A": {"type": "object", "additionalProperties": False}}, "$ref": "#/$defs/A"},
        ),
        ({"enum": ["maximum"], "default": {"type": "object"}}, {"enum": ["maximum"], "default": {"type": "object"}}),
    ],
)
def test_schemas(schema: Any, expected: Any) -> None:
    assert within_limits(schema) == expected


@pytest.mark.parametrize(
    ("model", "by_budget", "unasked", "strict"),
    [
        ("claude-3-haiku-20240307", True, False, False),
        ("claude-3-7-sonnet-latest", True, False, False),
        ("claude-opus-4-0", True, False, False),
        ("claude-opus-4-20250514", True, False, False),
        ("claude-sonnet-4@20250514", True, False, False),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", True, False, False),
        ("claude-haiku-4-5-20251001", True, False, True),
        ("claude-sonnet-4.5", True, False, True),
        ("claude-opus-4-6", False, False, True),
        ("claude-opus-4-7-20260416", False, False, True),
        ("claude-opus-4-10", False, False, True),
        ("claude-sonnet-5", False, True, True),
        ("claude-mythos-preview", False, True, True),
        ("some-model", False, True, True),
    ],
)
def test_model_families(model: str, by_budget: bool, unasked: bool, strict: bool) -> None:  # noqa: FBT001 - a row
    assert (thinks_by_budget(model), thinks_unasked(model), has_strict_tools(model)) == (by_budget, unasked, strict)
