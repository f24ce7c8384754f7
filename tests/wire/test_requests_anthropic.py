"""Recorded requests: the same call, said in OpenAI's words, is encoded to the same body.

The same means: a text is one text block. Model, streaming and version are not compared: each host is told them in
another place.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rillm.providers.anthropic_request import messages_body
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall
from tests.wire.corpus import cases

if TYPE_CHECKING:
    from tests.wire.corpus import Case

WITHOUT = pytest.param(None, marks=pytest.mark.skip(reason="WIRE_CORPUS names no folder of recorded streams"))
RECORDED = [case for case in cases() if case.format == "anthropic-messages" and (case.folder / "request.json").exists()]
CASES = [pytest.param(case, id=case.name) for case in RECORDED] or [WITHOUT]
ELSEWHERE = {"model", "stream", "anthropic_version"}
CHOICES = {"any": "required", "auto": "auto", "none": "none"}


@pytest.mark.parametrize("case", CASES)
def test_same_body(case: Case) -> None:
    recorded: dict[str, Any] = json.loads((case.folder / "request.json").read_bytes())
    body = {name: value for name, value in recorded.items() if name not in ELSEWHERE}
    assert messages_body(in_openai_words(body, case.meta["model"])) == with_blocks(body)


def in_openai_words(body: dict[str, Any], model: str) -> ChatCall:
    """The call that a body of Anthropic's stands for."""
    system = [{"role": "system", "content": body["system"]}] if "system" in body else []
    params = {name: value for name, value in body.items() if name not in {"messages", "system"}}
    if "tools" in params:
        params["tools"] = [function(tool) for tool in params["tools"]]
    if "tool_choice" in params:
        choice = params["tool_choice"]
        named = {"type": "function", "function": {"name": choice.get("name")}}
        params["tool_choice"] = CHOICES.get(choice["type"], named)
    if "stop_sequences" in params:
        params["stop"] = params.pop("stop_sequences")
    messages = [*system, *body["messages"]]
    return ChatCall(PROVIDERS["anthropic"], model, messages, params, "https://api.anthropic.com/v1")


def function(tool: dict[str, Any]) -> dict[str, Any]:
    if "input_schema" not in tool:
        return tool
    named = {name: tool[name] for name in ("name", "description") if name in tool}
    rest = {name: value for name, value in tool.items() if name not in {*named, "input_schema"}}
    return {"type": "function", "function": {**named, "parameters": tool["input_schema"]}, **rest}


def with_blocks(body: dict[str, Any]) -> dict[str, Any]:
    messages = [{**message, "content": blocks(message["content"])} for message in body["messages"]]
    system = {"system": blocks(body["system"])} if "system" in body else {}
    return {**body, **system, "messages": messages}


def blocks(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
