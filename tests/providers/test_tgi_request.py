"""What a server of Text Generation Inference is sent, and when it is one."""

from __future__ import annotations

from typing import Any

import pytest

from rillm.providers.registration import PROVIDERS
from rillm.providers.routes import route
from rillm.streams.errors import AuthenticationError, UnsupportedParamsError
from tests.kit.requests import ADD, HI, encoded, recorded_requests

HF = PROVIDERS["huggingface"]
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}
SERVER = "http://127.0.0.1:8080"
ROUTER = "https://router.huggingface.co/v1"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*HF.base_url_env, *HF.key_env):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("base", "api", "format_"),
    [
        (None, None, "openai-chat"),
        (SERVER, None, "tgi-generate"),
        (f"{SERVER}/generate_stream", None, "tgi-generate"),
        (f"{SERVER}/v1", None, "openai-chat"),
        (f"{SERVER}/v1/chat/completions", None, "openai-chat"),
        (SERVER, "openai-chat", "openai-chat"),
    ],
)
def test_format(base: str | None, api: str | None, format_: str) -> None:
    params = {"api": api} if api else {}
    assert route(HF, "org/model", HF.url(base), params) == (format_, "org/model")


def test_the_format_at_an_address_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_API_BASE", SERVER)
    assert route(HF, "org/model", HF.url(), {})[0] == "tgi-generate"


def test_a_server_of_ones_own_needs_no_key() -> None:
    assert HF.key(format_="tgi-generate") is None
    with pytest.raises(AuthenticationError, match="HF_TOKEN"):
        HF.key(format_="openai-chat")


@pytest.mark.parametrize(
    ("base", "format_", "url"),
    [
        (SERVER, "tgi-generate", f"{SERVER}/generate_stream"),
        (f"{SERVER}/generate_stream", "tgi-generate", f"{SERVER}/generate_stream"),
        ("https://hf.test/models/org/model", "tgi-generate", "https://hf.test/models/org/model"),
        (None, "openai-chat", f"{ROUTER}/chat/completions"),
        (SERVER, "openai-chat", f"{SERVER}/v1/chat/completions"),
    ],
)
def test_url(base: str | None, format_: str, url: str) -> None:
    assert encoded("huggingface", base=base, format_=format_).url == url


@pytest.mark.parametrize(
    ("params", "parameters"),
    [
        ({}, {}),
        ({"max_tokens": 9}, {"max_new_tokens": 9}),
        ({"max_completion_tokens": 9}, {"max_new_tokens": 9}),
        ({"temperature": 0.5}, {"temperature": 0.5, "do_sample": True}),
        ({"temperature": 0}, {"do_sample": False}),
        ({"top_p": 0.9}, {"top_p": 0.9}),
        ({"top_p": 1}, {}),
        ({"stop": "END", "seed": 1}, {"stop": ["END"], "seed": 1}),
        ({"stop": ["a", "b"]}, {"stop": ["a", "b"]}),
        ({"frequency_penalty": 0.1}, {"frequency_penalty": 0.1}),
        ({"logprobs": True, "top_logprobs": 2}, {"top_n_tokens": 2}),
        ({"top_k": 4, "repetition_penalty": 1.1}, {"top_k": 4, "repetition_penalty": 1.1}),
        ({"parameters": {"watermark": True, "details": False}}, {"watermark": True, "details": False}),
        ({"response_format": {"type": "text"}}, {}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
            {"grammar": {"type": "json", "value": SCHEMA}},
        ),
        ({"n": 1, "parallel_tool_calls": True}, {}),
    ],
)
def test_parameters(params: dict[str, Any], parameters: dict[str, Any]) -> None:
    body = encoded("huggingface", base=SERVER, format_="tgi-generate", **params).body
    assert body == {"inputs": "Hi", "parameters": {"details": True, **parameters}, "stream": True}


@pytest.mark.parametrize(
    ("messages", "inputs"),
    [
        (HI, "Hi"),
        ([{"role": "user", "content": [{"type": "text", "text": "H"}, "i"]}], "Hi"),
        ([{"role": "developer", "content": "Be brief."}, *HI], "System: Be brief.\n\nUser: Hi\n\nAssistant:"),
        (
            [*HI, {"role": "assistant", "content": "Hello"}, *HI],
            "User: Hi\n\nAssistant: Hello\n\nUser: Hi\n\nAssistant:",
        ),
    ],
)
def test_messages(messages: list[Any], inputs: str) -> None:
    assert encoded("huggingface", messages, base=SERVER, format_="tgi-generate").body["inputs"] == inputs


def test_a_prompt() -> None:
    body = encoded("huggingface", [], base=SERVER, format_="tgi-generate", prompt="Once").body
    assert body == {"inputs": "Once", "parameters": {"details": True}, "stream": True}


@pytest.mark.parametrize(
    "params",
    [
        {"n": 2},
        {"user": "me"},
        {"presence_penalty": 0.1},
        {"tools": [ADD]},
        {"response_format": {"type": "json_object"}},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.test"}}]}]},
        {"messages": [*HI, {"role": "tool", "tool_call_id": "x", "content": ""}]},
    ],
)
def test_what_the_server_cannot_do(params: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParamsError, match="huggingface does not support"):
        encoded("huggingface", base=SERVER, format_="tgi-generate", **params)
    body = encoded("huggingface", base=SERVER, format_="tgi-generate", **params, drop_params=True).body
    assert body["parameters"] == {"details": True}


@pytest.mark.parametrize("recorded", recorded_requests("tgi-generate"))
def test_recorded_requests(recorded: dict[str, Any]) -> None:
    """The recorder asked for no details and named the model, which one server has one of, and no options."""
    call: dict[str, Any] = {**recorded.get("parameters", {})}
    if "max_new_tokens" in call:
        call["max_tokens"] = call.pop("max_new_tokens")
    prompt = [{"role": "user", "content": recorded["inputs"]}]
    body = encoded("huggingface", prompt, base=SERVER, format_="tgi-generate", **call).body
    wanted = {key: value for key, value in recorded.items() if key not in {"model", "options"}}
    assert body == {**wanted, "parameters": {"details": True, **recorded.get("parameters", {})}}
