from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from rillm.providers.openai_request import plain
from rillm.providers.openai_responses_request import encode
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall
from rillm.streams.errors import UnsupportedParamsError

HI = {"role": "user", "content": "Hi"}
ADD: dict[str, Any] = {"name": "add", "description": "Adds", "parameters": {"type": "object", "properties": {"x": {}}}}
SCHEMA = {"name": "point", "schema": {"type": "object"}, "strict": True}
LOGPROBS = "message.output_text.logprobs"
EFFORT = {"effort": "low", "summary": "auto"}
ANYTHING: dict[str, Any] = {"type": "object", "properties": {}}
CALL: dict[str, Any] = {"id": "call_a", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}}
CALLED: dict[str, Any] = {"type": "function_call", "call_id": "call_a", "name": "add", "arguments": '{"x":1}'}
SECRET: dict[str, Any] = {"id": "rs_0", "type": "reasoning", "summary": [], "encrypted_content": "secret"}
STORED: dict[str, Any] = {"id": "rs_0", "type": "reasoning", "summary": []}
SEARCH: dict[str, Any] = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search"}}
ASKED: dict[str, Any] = {
    "id": "mcp_1",
    "type": "mcp_call",
    "name": "ask",
    "arguments": "{}",
    "server_label": "wiki",
    "output": "42",
}


class Point(BaseModel):
    x: int


def body(*messages: dict[str, Any], drop_params: bool = False, **params: Any) -> dict[str, Any]:
    given = {name: plain(value) for name, value in params.items()}
    call = ChatCall(
        PROVIDERS["openai"], "gpt-5", messages or (HI,), given, "https://api.openai.com/v1", drop_params=drop_params
    )
    request = encode(call)
    assert request.url == "https://api.openai.com/v1/responses"
    return request.body


def items(*messages: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(*messages, **params)["input"]
    return found


def assistant(content: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def said(content: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": content, **fields}


def test_the_least() -> None:
    assert body() == {"model": "gpt-5", "input": [HI], "stream": True}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"max_tokens": 20}, {"max_output_tokens": 20}),
        ({"max_completion_tokens": 20}, {"max_output_tokens": 20}),
        ({"temperature": 0, "top_p": 0.5, "user": "u", "store": False}, None),
        ({"parallel_tool_calls": False, "service_tier": "flex", "metadata": {"a": "b"}}, None),
        ({"safety_identifier": "s", "prompt_cache_key": "k", "prompt_cache_retention": "24h"}, None),
        ({"previous_response_id": "resp_1", "truncation": "auto", "background": True, "instructions": "Be"}, None),
        ({"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
        ({"reasoning_effort": EFFORT}, {"reasoning": EFFORT}),
        ({"reasoning_effort": "low", "reasoning": {"summary": "auto"}}, {"reasoning": EFFORT}),
        ({"verbosity": "low"}, {"text": {"verbosity": "low"}}),
        ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "json_object"}}}),
        (
            {"response_format": {"type": "json_schema", "json_schema": SCHEMA}, "verbosity": "low"},
            {"text": {"format": {"type": "json_schema", **SCHEMA}, "verbosity": "low"}},
        ),
        (
            {"response_format": Point},
            {"text": {"format": {"type": "json_schema", "name": "Point", "schema": Point.model_json_schema()}}},
        ),
        ({"text": {"verbosity": "low"}, "response_format": {"type": "text"}},
         {"text": {"verbosity": "low", "format": {"type": "text"}}}),
        ({"logprobs": True, "top_logprobs": 2}, {"include": [LOGPROBS], "top_logprobs": 2}),
        ({"logprobs": True, "include": [LOGPROBS, "a"]}, {"include": [LOGPROBS, "a"]}),
        ({"top_logprobs": 2, "include": ["a"]}, {"include": ["a", LOGPROBS], "top_logprobs": 2}),
        ({"logprobs": False}, {}),
        ({"stream_options": {"include_usage": True}}, {}),
        ({"stream_options": {"include_usage": True, "include_obfuscation": False}},
         {"stream_options": {"include_obfuscation": False}}),
        ({"n": 1, "modalities": ["text"]}, {}),
        ({"web_search_options": {}}, {"tools": [{"type": "web_search"}]}),
        (
            {"web_search_options": {
                "search_context_size": "low",
                "user_location": {"type": "approximate", "approximate": {"country": "AT"}},
            }},
            {"tools": [{
                "type": "web_search",
                "search_context_size": "low",
                "user_location": {"type": "approximate", "country": "AT"},
            }]},
        ),
        ({"tool_choice": "required"}, None),
        ({"tool_choice": {"type": "function", "function": {"name": "add"}}},
         {"tool_choice": {"type": "function", "name": "add"}}),
        ({"tool_choice": {"type": "custom", "custom": {"name": "code"}}},
         {"tool_choice": {"type": "custom", "name": "code"}}),
        ({"tool_choice": {"type": "web_search"}}, None),
        (
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {
                "mode": "auto", "tools": [{"type": "function", "function": {"name": "add"}}, {"type": "mcp"}],
            }}},
            {"tool_choice": {
                "type": "allowed_tools", "mode": "auto",
                "tools": [{"type": "function", "name": "add"}, {"type": "mcp"}],
            }},
        ),
    ],
)  # fmt: skip
def test_parameters(params: dict[str, Any], expected: dict[str, Any] | None) -> None:
    rest = {key: value for key, value in body(**params).items() if key not in {"model", "input", "stream"}}
    assert rest == (params if expected is None else expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "function", "function": ADD}, {"type": "function", "strict": False, **ADD}),
        ({"type": "function", "function": {**ADD, "strict": True}}, {"type": "function", **ADD, "strict": True}),
        (
            {"type": "function", "function": {"name": "now"}, "defer_loading": True},
            {"type": "function", "name": "now", "strict": False, "parameters": ANYTHING, "defer_loading": True},
        ),
        ({"type": "function", **ADD}, {"type": "function", **ADD}),
        (
            {
                "type": "custom",
                "custom": {
                    "name": "code",
                    "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "x"}},
                },
            },
            {
                "type": "custom",
                "name": "code",
                "format": {"type": "grammar", "syntax": "lark", "definition": "x"},
            },
        ),
        ({"type": "mcp", "server_label": "wiki"}, {"type": "mcp", "server_label": "wiki"}),
    ],
)
def test_tools(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert body(tools=[given])["tools"] == [expected]
    assert body(tools=[given], web_search_options={})["tools"] == [expected, {"type": "web_search"}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 2),
        ("stop", ["x"]),
        ("seed", 1),
        ("presence_penalty", 0.5),
        ("frequency_penalty", 0.5),
        ("logit_bias", {"1": 1}),
        ("modalities", ["text", "audio"]),
        ("audio", {"voice": "a"}),
        ("functions", [ADD]),
        ("thinking", {"type": "enabled"}),
    ],
)
def test_unsupported(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedParamsError, match=f"'{name}'"):
        body(**{name: value})
    assert body(drop_params=True, **{name: value}) == body()


IMAGE = "data:image/png;base64,AAAA"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"role": "system", "content": "Be brief."}, [{"role": "system", "content": "Be brief."}]),
        ({"role": "developer", "content": "Be brief."}, [{"role": "developer", "content": "Be brief."}]),
        ({"role": "user", "content": "Hi", "name": "Ann"}, [HI]),
        ({"role": "user", "content": None}, [{"role": "user", "content": ""}]),
        (
            {
                "role": "user",
                "content": [
                    "Hi",
                    {"type": "text", "text": "there", "cache_control": {"type": "ephemeral"}},
                    {"type": "image_url", "image_url": {"url": IMAGE, "detail": "low"}},
                    {"type": "image_url", "image_url": "https://a.example/b.png"},
                    {"type": "file", "file": {"file_id": "file_1", "format": "application/pdf"}},
                    {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}},
                    {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
                    {"type": "input_image", "file_id": "file_2"},
                ],
            },
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "Hi"},
                        {"type": "input_text", "text": "there"},
                        {"type": "input_image", "image_url": IMAGE, "detail": "low"},
                        {"type": "input_image", "image_url": "https://a.example/b.png"},
                        {"type": "input_file", "file_id": "file_1"},
                        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"},
                        {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
                        {"type": "input_image", "file_id": "file_2"},
                    ],
                }
            ],
        ),
        (assistant("Hello"), [said("Hello")]),
        (assistant(None), [said("")]),
        (
            assistant(
                [
                    {"type": "thinking", "thinking": "Hm"},
                    {"type": "text", "text": "A"},
                    {"type": "refusal", "refusal": "B"},
                ]
            ),
            [said([{"type": "output_text", "text": "A"}, {"type": "refusal", "refusal": "B"}])],
        ),
        (assistant(None, refusal="No."), [said([{"type": "refusal", "refusal": "No."}])]),
        (
            assistant("Well.", refusal="No."),
            [said([{"type": "output_text", "text": "Well."}, {"type": "refusal", "refusal": "No."}])],
        ),
        (assistant(None, tool_calls=[CALL]), [CALLED]),
        (assistant("", tool_calls=[CALL]), [CALLED]),
        (assistant("Wait.", tool_calls=[CALL]), [said("Wait."), CALLED]),
        (
            assistant(None, tool_calls=[{"id": "call_a", "function": {"name": "now", "arguments": ""}}]),
            [{"type": "function_call", "call_id": "call_a", "name": "now", "arguments": "{}"}],
        ),
        (
            assistant(None, tool_calls=[{**CALL, "provider_specific_fields": {"namespace": "sums"}}]),
            [{**CALLED, "namespace": "sums"}],
        ),
        (
            {"role": "tool", "tool_call_id": "call_a", "content": "2"},
            [{"type": "function_call_output", "call_id": "call_a", "output": "2"}],
        ),
        (
            {"role": "tool", "tool_call_id": "call_a", "content": [{"type": "text", "text": "2"}]},
            [
                {
                    "type": "function_call_output",
                    "call_id": "call_a",
                    "output": [{"type": "input_text", "text": "2"}],
                }
            ],
        ),
        (
            {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
            [{"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}],
        ),
    ],
)
def test_messages(message: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert items(message) == expected


def test_custom_tools() -> None:
    calls = [{"id": "call_b", "type": "custom", "custom": {"name": "code", "input": "x"}}]
    result = {"role": "tool", "tool_call_id": "call_b", "content": "y"}
    assert items(assistant(None, tool_calls=calls), result) == [
        {"type": "custom_tool_call", "call_id": "call_b", "name": "code", "input": "x"},
        {"type": "custom_tool_call_output", "call_id": "call_b", "output": "y"},
    ]


TURN = assistant(
    "Done.",
    tool_calls=[CALL],
    reasoning_items=[SECRET],
    provider_specific_fields={
        "server_tool_calls": [{"name": "web_search", **SEARCH}, ASKED],
        "output_items": [{"id": "cmp_0", "type": "compaction", "encrypted_content": "much"}],
        "output_order": ["cmp_0", "rs_0", "ws_1", "message", "call_a", "mcp_1", "message"],
        "phase": "final_answer",
    },
)
COMPACTION = {"id": "cmp_0", "type": "compaction", "encrypted_content": "much"}
SAID = said("Done.", phase="final_answer")


@pytest.mark.parametrize(
    ("turn", "params", "expected"),
    [
        (TURN, {}, [COMPACTION, SECRET, SEARCH, CALLED, ASKED, SAID]),
        (TURN, {"store": False}, [COMPACTION, SECRET, SEARCH, CALLED, ASKED, SAID]),
        # The provider has them already.
        (TURN, {"previous_response_id": "resp_1"}, [CALLED, SAID]),
        (TURN, {"conversation": "conv_1"}, [CALLED, SAID]),
        (assistant(None, provider_specific_fields={"server_tool_calls": [SEARCH]}), {}, [SEARCH]),
        # Another provider's.
        (
            assistant("Hi", provider_specific_fields={"server_tool_calls": [{"type": "server_tool_use"}]}),
            {},
            [said("Hi")],
        ),
        # Without the order: reasoning, what the server did, text, calls.
        (assistant("Hi", reasoning_items=[SECRET], tool_calls=[CALL]), {}, [SECRET, said("Hi"), CALLED]),
        (assistant("Hi", provider_specific_fields={"reasoning_items": [SECRET]}), {}, [SECRET, said("Hi")]),
        # An id alone helps where the provider has kept what it stands for.
        (assistant("Hi", reasoning_items=[STORED]), {}, [STORED, said("Hi")]),
        (assistant("Hi", reasoning_items=[STORED]), {"store": True}, [STORED, said("Hi")]),
        (assistant("Hi", reasoning_items=[STORED]), {"store": False}, [said("Hi")]),
    ],
)
def test_turns_go_back_as_they_came(
    turn: dict[str, Any], params: dict[str, Any], expected: list[dict[str, Any]]
) -> None:
    assert items(turn, **params) == expected
