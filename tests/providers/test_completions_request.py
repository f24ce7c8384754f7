"""What OpenAI's legacy completions are asked, and by whom they are spoken."""

from __future__ import annotations

from typing import Any

import pytest

import rillm
from rillm.providers.azure import openai_url
from rillm.providers.registration import PROVIDERS
from rillm.providers.resolve import resolve
from rillm.providers.routes import route
from rillm.streams.errors import BadRequestError, UnsupportedParamsError
from tests.kit.calls import KEY, texts
from tests.kit.requests import ADD, HI, encoded, recorded_requests
from tests.kit.server import Server, script

COMPLETIONS = "openai-completions"
INSTRUCT = "gpt-3.5-turbo-instruct"
ASKED = {"stream_options": {"include_usage": True}}
BODY = (
    b'data: {"id":"cmpl-1","object":"text_completion","choices":[{"text":" upon","index":0,"finish_reason":null}]}\n\n'
    b'data: {"id":"cmpl-1","object":"text_completion","choices":[{"text":" a time","index":0,"finish_reason":"stop"}]}'
    b"\n\ndata: [DONE]\n\n"
)


@pytest.mark.parametrize(
    ("model", "api", "format_", "name"),
    [
        (f"openai/completions/{INSTRUCT}", None, COMPLETIONS, INSTRUCT),
        (f"text-completion-openai/{INSTRUCT}", None, COMPLETIONS, INSTRUCT),
        (INSTRUCT, None, COMPLETIONS, INSTRUCT),
        (f"openai/{INSTRUCT}", "completions", COMPLETIONS, INSTRUCT),
        (f"openai/{INSTRUCT}", None, "openai-chat", INSTRUCT),
        ("together_ai/completions/meta-llama/Llama-3-8b", None, COMPLETIONS, "meta-llama/Llama-3-8b"),
        ("vllm/org/model", "completions", COMPLETIONS, "org/model"),
        ("ollama/llama3", "openai-chat", "openai-chat", "llama3"),
    ],
)
def test_format(model: str, api: str | None, format_: str, name: str) -> None:
    provider, rest = resolve(model)
    assert route(provider, rest, provider.base_url or "", {"api": api} if api else {}) == (format_, name)


def test_a_provider_that_has_none() -> None:
    with pytest.raises(BadRequestError, match="cohere has no API 'completions'"):
        route(PROVIDERS["cohere"], "command-r", None, {"api": "completions"})


@pytest.mark.parametrize(
    ("provider", "base", "url"),
    [
        ("openai", None, "https://api.openai.com/v1/completions"),
        ("openai", "https://a.test/v1/completions", "https://a.test/v1/completions"),
        ("openai", "https://a.test/v1/chat/completions", "https://a.test/v1/completions"),
        ("azure", "https://a.test", "https://a.test/openai/deployments/m/completions?api-version=2024-10-21"),
        ("azure", "https://a.test/openai/v1", "https://a.test/openai/v1/completions"),
    ],
)
def test_url(monkeypatch: pytest.MonkeyPatch, provider: str, base: str | None, url: str) -> None:
    for name in (*PROVIDERS[provider].base_url_env, "AZURE_API_VERSION", "OPENAI_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    assert openai_url(PROVIDERS[provider], PROVIDERS[provider].url(base), "m", path="/completions") == url


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({}, {}),
        ({"max_tokens": 9, "temperature": 0, "stop": "END"}, {"max_tokens": 9, "temperature": 0, "stop": "END"}),
        ({"max_completion_tokens": 9}, {"max_tokens": 9}),
        ({"logprobs": True, "top_logprobs": 2}, {"logprobs": 2}),
        ({"logprobs": True}, {"logprobs": 0}),
        ({"logprobs": 3}, {"logprobs": 3}),
        ({"logprobs": False}, {}),
        ({"echo": True, "best_of": 2, "suffix": "."}, {"echo": True, "best_of": 2, "suffix": "."}),
        ({"prompt": ["a", "b"], "n": 2}, {"prompt": ["a", "b"], "n": 2}),
        ({"stream_options": {"include_obfuscation": False}},) * 2,
    ],
)
def test_parameters(params: dict[str, Any], fields: dict[str, Any]) -> None:
    body = encoded("openai", model=INSTRUCT, format_=COMPLETIONS, **params).body
    options = {**fields.get("stream_options", {}), **ASKED["stream_options"]}
    assert body == {"model": INSTRUCT, "prompt": "Hi", "stream": True, **fields, "stream_options": options}


@pytest.mark.parametrize("params", [{"tools": [ADD]}, {"response_format": {"type": "json_object"}}])
def test_what_belongs_to_chats(params: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParamsError, match="openai does not support the parameter"):
        encoded("openai", format_=COMPLETIONS, **params)


def test_a_conversation_becomes_a_text() -> None:
    messages = [{"role": "system", "content": "Be brief."}, *HI]
    body = encoded("openai", messages, format_=COMPLETIONS).body
    assert body["prompt"] == "System: Be brief.\n\nUser: Hi\n\nAssistant:"


@pytest.mark.parametrize("call", [{"prompt": "Once"}, {"messages": [{"role": "user", "content": "Once"}]}])
def test_a_call(server: Server, call: dict[str, Any]) -> None:
    server.play(script(BODY))
    way = {"api_base": server.url, "api_key": KEY}
    stream = rillm.completion(f"text-completion-openai/{INSTRUCT}", **call, **way, stream=True)
    assert texts(stream) == " upon a time"
    request = server.exchange().request
    assert request.path == "/v1/completions"
    assert request.json == {"model": INSTRUCT, "prompt": "Once", "stream": True, **ASKED}


@pytest.mark.parametrize("recorded", recorded_requests(COMPLETIONS))
def test_recorded_requests(recorded: dict[str, Any]) -> None:
    """They did not ask for usage, as we always do."""
    messages = [{"role": "user", "content": recorded["prompt"]}]
    body = encoded("openai", messages, model=recorded["model"], format_=COMPLETIONS).body
    assert body == {**recorded, **ASKED}
