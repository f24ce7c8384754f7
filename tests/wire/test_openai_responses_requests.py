"""The requests of the recordings, asked for as a chat: what is sent has to mean the same.

That is: text for a list of one text, no nulls, no `type` on messages, `include` in any order.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from rillm.providers.openai_responses_request import LOGPROBS, encode
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall
from rillm.streams.json_values import is_array, is_object
from tests.wire.corpus import Case, cases

if TYPE_CHECKING:
    from collections.abc import Iterable

WITHOUT = pytest.param(None, marks=pytest.mark.skip(reason="WIRE_CORPUS names no folder of recorded requests"))
CASES = [
    pytest.param(case, id=case.name)
    for case in cases()
    if case.format == "openai-responses" and (case.folder / "request.json").exists()
] or [WITHOUT]
TEXTS = {"input_text", "output_text"}


@pytest.mark.parametrize("case", CASES)
def test_request(case: Case) -> None:
    recorded: dict[str, Any] = json.loads((case.folder / "request.json").read_bytes())
    messages, params = asked(deepcopy(recorded))
    call = ChatCall(PROVIDERS["openai"], recorded["model"], messages, params, "https://api.openai.com/v1")
    assert same(encode(call).body) == same(recorded)


def asked(recorded: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The messages and parameters of a chat that ask for what was recorded."""
    params = {key: value for key, value in recorded.items() if key not in {"model", "input", "stream"}}
    given = recorded["input"]
    messages = [{"role": "user", "content": given}] if isinstance(given, str) else list(chat(given))
    if "max_output_tokens" in params:
        params["max_completion_tokens"] = params.pop("max_output_tokens")
    if "reasoning" in params:
        params["reasoning_effort"] = params["reasoning"].pop("effort")
    if "tools" in params:
        params["tools"] = [nested(tool) for tool in params["tools"]]
    if isinstance(params.get("tool_choice"), dict):
        params["tool_choice"] = nested(params["tool_choice"])
    if LOGPROBS in params.get("include", ()):
        params["include"].remove(LOGPROBS)
        params["logprobs"] = True
    return messages, params


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    if flat["type"] != "function":
        return flat
    return {"type": "function", "function": {key: value for key, value in flat.items() if key != "type"}}


def chat(items: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Items as messages. Reasoning and calls become one message of the assistant."""
    turn: dict[str, Any] = {}
    for item in items:
        kind = item.get("type", "message")
        if kind == "reasoning":
            turn.setdefault("reasoning_items", []).append(item)
        elif kind == "function_call":
            function = {key: item[key] for key in ("name", "arguments")}
            turn.setdefault("tool_calls", []).append({"id": item["call_id"], "type": "function", "function": function})
        else:
            if turn:
                yield {"role": "assistant", "content": None, **turn}
                turn = {}
            if kind == "message":
                yield {"role": item["role"], "content": as_parts(item["content"])}
            else:
                yield {"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]}


def as_parts(content: Any) -> Any:
    if isinstance(content, str):
        return content
    return [{"type": "text", "text": part["text"]} if part["type"] in TEXTS else part for part in content]


def same(value: Any) -> Any:
    """A request in the one form that stands for all that mean the same."""
    if is_object(value):
        values: dict[str, Any] = {key: same(item) for key, item in value.items() if item is not None}
        if values.get("type") == "message":
            del values["type"]
        if isinstance(values.get("input"), str):
            values["input"] = [{"role": "user", "content": values["input"]}]
        if "include" in values:
            values["include"] = sorted(values["include"])
        return values
    if is_array(value):
        items: list[Any] = [same(item) for item in value]
        only: Any = items[0] if len(items) == 1 else None
        return only["text"] if is_object(only) and only.get("type") in TEXTS else items
    return value
