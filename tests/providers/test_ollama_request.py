"""What Ollama is sent, and in which format."""

from __future__ import annotations

from typing import Any

import pytest

from rillm.providers.registration import PROVIDERS
from rillm.providers.routes import route
from rillm.streams.errors import BadRequestError, UnsupportedParamsError
from tests.kit.requests import ADD, HI, encoded, recorded_requests

OLLAMA = PROVIDERS["ollama"]
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
CALL = {"id": "call_a", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OLLAMA.base_url_env:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("model", "base", "api", "format_", "name"),
    [
        ("llama3:8b", None, None, "ollama-chat", "llama3:8b"),
        ("hf.co/org/llama", None, None, "ollama-chat", "hf.co/org/llama"),
        ("llama3", "http://gpu:11434", None, "ollama-chat", "llama3"),
        ("llama3", "http://gpu:11434/v1/", None, "openai-chat", "llama3"),
        ("llama3", "http://gpu:11434/v1/chat/completions", None, "openai-chat", "llama3"),
        ("generate/llama3", None, None, "ollama-generate", "llama3"),
        ("openai-chat/llama3", None, None, "openai-chat", "llama3"),
        ("llama3", None, "generate", "ollama-generate", "llama3"),
        ("llama3", None, "openai-chat", "openai-chat", "llama3"),
        ("llama3", "http://gpu:11434/v1", "ollama-chat", "ollama-chat", "llama3"),
    ],
)
def test_format(model: str, base: str | None, api: str | None, format_: str, name: str) -> None:
    params = {"api": api} if api else {}
    assert route(OLLAMA, model, OLLAMA.url(base), params) == (format_, name)
    assert not params


def test_the_format_at_an_address_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_BASE", "http://gpu:11434/v1")
    assert route(OLLAMA, "llama3", OLLAMA.url(), {}) == ("openai-chat", "llama3")


@pytest.mark.parametrize(
    ("base", "format_", "url"),
    [
        (None, None, "http://127.0.0.1:11434/api/chat"),
        ("gpu", None, "http://gpu:11434/api/chat"),
        ("https://ollama.com", None, "https://ollama.com/api/chat"),
        ("http://gpu/api", None, "http://gpu/api/chat"),
        ("http://gpu/api/chat", None, "http://gpu/api/chat"),
        (None, "ollama-generate", "http://127.0.0.1:11434/api/generate"),
        (None, "openai-chat", "http://127.0.0.1:11434/v1/chat/completions"),
        ("http://gpu/v1", "openai-chat", "http://gpu/v1/chat/completions"),
    ],
)
def test_url(base: str | None, format_: str | None, url: str) -> None:
    assert encoded("ollama", base=base, format_=format_).url == url


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({}, {}),
        ({"temperature": 0, "top_p": 0.9, "seed": 1}, {"options": {"temperature": 0, "top_p": 0.9, "seed": 1}}),
        (
            {"frequency_penalty": 0.1, "presence_penalty": 0.2},
            {"options": {"frequency_penalty": 0.1, "presence_penalty": 0.2}},
        ),
        ({"max_tokens": 9}, {"options": {"num_predict": 9}}),
        ({"max_completion_tokens": 9}, {"options": {"num_predict": 9}}),
        ({"stop": "END"}, {"options": {"stop": ["END"]}}),
        ({"num_ctx": 8192, "top_k": 4, "mirostat": 1}, {"options": {"num_ctx": 8192, "top_k": 4, "mirostat": 1}}),
        ({"options": {"num_ctx": 1}, "min_p": 0.1}, {"options": {"num_ctx": 1, "min_p": 0.1}}),
        ({"keep_alive": "5m", "think": "low"}, {"keep_alive": "5m", "think": "low"}),
        ({"response_format": {"type": "json_object"}}, {"format": "json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
            {"format": SCHEMA},
        ),
        ({"response_format": {"type": "text"}}, {}),
        ({"format": SCHEMA}, {"format": SCHEMA}),
        ({"reasoning_effort": "high"}, {"think": True}),
        ({"reasoning_effort": "none"}, {"think": False}),
        ({"thinking": {"type": "enabled", "budget_tokens": 9}}, {"think": True}),
        ({"thinking": {"type": "disabled"}}, {"think": False}),
        ({"tools": [ADD], "tool_choice": "auto"}, {"tools": [ADD]}),
        ({"tools": [ADD], "tool_choice": "none"}, {}),
        ({"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
    ],
)
def test_parameters(params: dict[str, Any], fields: dict[str, Any]) -> None:
    request = encoded("ollama", model="llama3", **params)
    assert request.body == {"model": "llama3", "messages": HI, "stream": True, **fields}
    assert request.headers["Accept"] == "application/x-ndjson"


@pytest.mark.parametrize(("effort", "level"), [("minimal", "low"), ("medium", "medium"), ("none", False)])
def test_how_much_gpt_oss_thinks(effort: str, level: str | bool) -> None:  # noqa: FBT001 - a case
    assert encoded("ollama", model="gpt-oss:20b", reasoning_effort=effort).body["think"] == level


@pytest.mark.parametrize(
    "params",
    [
        {"n": 2},
        {"user": "me"},
        {"logit_bias": {"1": 2}},
        {"tool_choice": "required"},
        {"tool_choice": {"type": "function", "function": {"name": "add"}}},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.test/x"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA"}}]}]},
        {"format_": "ollama-generate", "tools": [ADD]},
        {"format_": "ollama-generate", "messages": [*HI, CALLED]},
    ],
)
def test_what_ollama_cannot_do(params: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParamsError, match="ollama does not support"):
        encoded("ollama", **params)
    body = encoded("ollama", **params, drop_params=True).body
    assert body.keys() <= {"model", "messages", "stream", "prompt"}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"role": "developer", "content": "Be brief."}, {"role": "system", "content": "Be brief."}),
        (
            {"role": "user", "content": [{"type": "text", "text": "What "}, {"type": "text", "text": "is it?"}, IMAGE]},
            {"role": "user", "content": "What is it?", "images": ["iVBORw0KGgo="]},
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": IMAGE["image_url"]["url"]}]},  # type: ignore[index]
            {"role": "user", "content": "", "images": ["iVBORw0KGgo="]},
        ),
        (
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": "data:image/svg+xml,%3Csvg%2F%3E"},
                    {"type": "image_url", "image_url": "DATA:image/png;base64,AAAA"},
                ],
            },
            {"role": "user", "content": "", "images": ["PHN2Zy8+", "AAAA"]},
        ),
        (
            {"role": "assistant", "content": "144", "reasoning_content": "12 * 12", "tool_calls": None},
            {"role": "assistant", "content": "144", "thinking": "12 * 12"},
        ),
        (
            CALLED,
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": "call_a", "function": {"name": "add", "arguments": {"x": 1}}}],
            },
        ),
        (
            {"role": "assistant", "tool_calls": [{"function": {"name": "add", "arguments": ""}}]},
            {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add", "arguments": {}}}]},
        ),
        (
            {"role": "tool", "tool_call_id": "x", "content": "2", "name": "sub"},
            {"role": "tool", "tool_call_id": "x", "content": "2", "tool_name": "sub"},
        ),
    ],
)
def test_messages(message: dict[str, Any], said: dict[str, Any]) -> None:
    assert encoded("ollama", [message]).body["messages"] == [said]


def test_the_result_of_a_tool_names_the_tool() -> None:
    messages = encoded("ollama", [CALLED, {"role": "tool", "tool_call_id": "call_a", "content": "2"}]).body["messages"]
    assert messages[1] == {"role": "tool", "tool_call_id": "call_a", "content": "2", "tool_name": "add"}


@pytest.mark.parametrize("arguments", ['{"x":', "[1]", [1]])
def test_arguments_that_are_no_object(arguments: Any) -> None:
    broken = {**CALL, "function": {"name": "add", "arguments": arguments}}
    with pytest.raises(BadRequestError, match="call of 'add' in the messages are no JSON object"):
        encoded("ollama", [{**CALLED, "tool_calls": [broken]}])


@pytest.mark.parametrize(
    ("messages", "params", "body"),
    [
        (HI, {}, {"prompt": "Hi"}),
        (HI, {"raw": True, "top_k": 4}, {"prompt": "Hi", "raw": True, "options": {"top_k": 4}}),
        ([{"role": "system", "content": "Be brief."}, *HI], {}, {"prompt": "Hi", "system": "Be brief."}),
        (
            [
                *HI,
                {"role": "assistant", "content": "Hello"},
                {"role": "user", "content": [{"type": "text", "text": "?"}]},
            ],
            {},
            {"prompt": "User: Hi\n\nAssistant: Hello\n\nUser: ?\n\nAssistant:"},
        ),
        ([], {"prompt": "Once", "suffix": "end."}, {"prompt": "Once", "suffix": "end."}),
    ],
)
def test_a_prompt(messages: list[Any], params: dict[str, Any], body: dict[str, Any]) -> None:
    request = encoded("ollama", messages, format_="ollama-generate", **params)
    assert request.body == {"model": "m", "stream": True, **body}


@pytest.mark.parametrize("recorded", recorded_requests("ollama-chat") + recorded_requests("ollama-generate"))
def test_recorded_requests(recorded: dict[str, Any]) -> None:
    """Empty fields of the recorded one say nothing; it streams unless it says otherwise."""
    wanted: dict[str, Any] = {
        "stream": True,
        **{name: value for name, value in recorded.items() if value not in (None, "", {}, [])},
    }
    call: dict[str, Any] = {
        **wanted.get("options", {}),
        **{name: wanted[name] for name in ("prompt", "keep_alive") if name in wanted},
    }
    if "num_predict" in call:
        call["max_tokens"] = call.pop("num_predict")
    format_ = "ollama-generate" if "prompt" in recorded else "ollama-chat"
    messages = recorded.get("messages", [])
    assert encoded("ollama", messages, model=recorded["model"], format_=format_, **call).body == wanted
