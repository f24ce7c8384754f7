"""What IBM and Writer are sent: formats that stream nothing but text."""

from __future__ import annotations

from typing import Any

import pytest

from rillm.streams.errors import UnsupportedParamsError
from tests.kit.requests import ADD, encoded, recorded_requests

IBM = "https://us-south.ml.cloud.ibm.com"
STREAM = f"{IBM}/ml/v1/text/generation_stream"


@pytest.mark.parametrize(
    ("base", "version", "url"),
    [
        (IBM, None, f"{STREAM}?version=2024-05-31"),
        (IBM, "2024-02-15", f"{STREAM}?version=2024-02-15"),
        (STREAM, None, f"{STREAM}?version=2024-05-31"),
    ],
)
def test_url_of_watsonx(base: str, version: str | None, url: str) -> None:
    assert encoded("watsonx_text", base=base, api_version=version).url == url


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({}, {}),
        ({"project_id": "p"}, {"project_id": "p"}),
        ({"space_id": "s", "max_tokens": 9}, {"space_id": "s", "parameters": {"max_new_tokens": 9}}),
        ({"temperature": 0}, {"parameters": {"temperature": 0, "decoding_method": "greedy"}}),
        ({"temperature": 0.5}, {"parameters": {"temperature": 0.5, "decoding_method": "sample"}}),
        ({"stop": "END", "seed": 1}, {"parameters": {"stop_sequences": ["END"], "random_seed": 1}}),
        ({"parameters": {"top_k": 4}, "top_p": 0.9}, {"parameters": {"top_k": 4, "top_p": 0.9}}),
    ],
)
def test_watsonx(monkeypatch: pytest.MonkeyPatch, params: dict[str, Any], fields: dict[str, Any]) -> None:
    monkeypatch.delenv("WATSONX_PROJECT_ID", raising=False)
    body = encoded("watsonx_text", base=IBM, model="google/flan-ul2", **params).body
    assert body == {"model_id": "google/flan-ul2", "input": "Hi", **fields}


def test_the_project_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATSONX_PROJECT_ID", "mine")
    assert encoded("watsonx_text", base=IBM).body["project_id"] == "mine"
    assert encoded("watsonx_text", base=IBM, project_id="yours").body["project_id"] == "yours"
    assert "project_id" not in encoded("watsonx_text", base=IBM, space_id="s").body


def test_writer() -> None:
    request = encoded("writer", max_completion_tokens=9, seed=1, best_of=2)
    assert request.url == "https://api.writer.com/v1/completions"
    sent = {"model": "m", "prompt": "Hi", "stream": True, "max_tokens": 9, "random_seed": 1, "best_of": 2}
    assert request.body == sent


@pytest.mark.parametrize(("provider", "base"), [("watsonx_text", IBM), ("writer", None)])
def test_what_they_cannot_do(provider: str, base: str | None) -> None:
    impossible: list[dict[str, Any]] = [{"tools": [ADD]}, {"n": 2}, {"response_format": {"type": "json_object"}}]
    for params in impossible:
        with pytest.raises(UnsupportedParamsError, match=f"{provider} does not support"):
            encoded(provider, base=base, **params)


@pytest.mark.parametrize("recorded", recorded_requests("watsonx-text"))
def test_recorded_requests_of_watsonx(recorded: dict[str, Any]) -> None:
    messages = [{"role": "user", "content": recorded["input"]}]
    model, project = recorded["model_id"], recorded["project_id"]
    assert encoded("watsonx_text", messages, base=IBM, model=model, project_id=project).body == recorded


@pytest.mark.parametrize("recorded", recorded_requests("writer-completions"))
def test_recorded_requests_of_writer(recorded: dict[str, Any]) -> None:
    call = {name: value for name, value in recorded.items() if name not in {"model", "prompt", "stream"}}
    assert encoded("writer", [], model=recorded["model"], prompt=recorded["prompt"], **call).body == recorded
