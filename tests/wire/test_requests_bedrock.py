"""Recorded requests of Amazon Bedrock: the OpenAI-style call that asks for the same is encoded to the same.

Equal but for what recorders send though it says nothing: empty lists and objects. Of the models that take one prompt,
the parameters are compared, as prompts are anybody's taste.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rillm.providers import bedrock_invoke_request, bedrock_request
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seam: Anthropic's messages. The other one is of a model that nobody serves any more.
NOT_ENCODED = ("bedrock-invoke-anthropic", "bedrock-invoke-claude-text")
EMPTY: tuple[Any, ...] = (None, [], {})
PARAMETERS = {"maxTokens": "max_tokens", "topP": "top_p", "temperature": "temperature", "topK": "top_k"}
PROMPTS = {
    "bedrock-invoke-titan": ("inputText", {"maxTokenCount": "max_tokens", "topP": "top_p", "stopSequences": "stop"}),
    "bedrock-invoke-cohere": ("prompt", {"p": "top_p", "stop_sequences": "stop"}),
    "bedrock-invoke-llama": ("prompt", {"max_gen_len": "max_tokens"}),
}


def cases() -> Iterator[Any]:
    root = os.environ.get("WIRE_CORPUS")
    for path in sorted(Path(root).glob("bedrock/*/request.json")) if root else ():
        meta = json.loads((path.parent / "meta.json").read_bytes())
        if meta["format"] not in NOT_ENCODED:
            yield pytest.param(meta, json.loads(path.read_bytes()), id=path.parent.name)


WITHOUT = pytest.param(None, None, marks=pytest.mark.skip(reason="WIRE_CORPUS names no folder of recorded streams"))


@pytest.mark.parametrize(("meta", "recorded"), list(cases()) or [WITHOUT])
def test_request(meta: dict[str, Any], recorded: dict[str, Any]) -> None:
    format_ = meta["format"]
    if format_ in PROMPTS:
        name, words = PROMPTS[format_]
        prompt = recorded.pop(name)
        found = encoded(meta, [{"role": "user", "content": prompt}], flat(recorded, words))
        assert prompt in found.pop(name)
        recorded.pop("stream", None)
        assert without_empty(found) == without_empty(recorded)
        return
    messages, params = converse_call(recorded)
    assert encoded(meta, messages, params) == without_empty(recorded)


def encoded(meta: dict[str, Any], messages: list[Any], params: dict[str, Any]) -> dict[str, Any]:
    encode = bedrock_request.encode if meta["format"] == "bedrock-converse" else bedrock_invoke_request.encode
    model = meta["model"].replace("llama2-13b-chat", "llama3-8b-instruct")  # of the same parameters, and served still
    call = ChatCall(PROVIDERS["bedrock"], model, messages, params, "https://bedrock.example.com")
    return encode(call).body


def flat(recorded: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    fields = {**recorded, **recorded.get("textGenerationConfig", {})}
    fields.pop("textGenerationConfig", None)
    fields.pop("stream", None)
    return {words.get(name, name): value for name, value in fields.items() if value not in EMPTY}


def converse_call(recorded: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The messages and parameters of OpenAI's that ask for it."""
    rest = dict(recorded)
    rest.pop("schemaVersion", None)
    system = [{"role": "system", "content": block["text"]} for block in rest.pop("system", ())]
    messages = [
        {**message, "content": [openai_part(block) for block in message["content"]]} for message in rest.pop("messages")
    ]
    inference = dict(rest.pop("inferenceConfig", {}))
    params = {name: inference.pop(ours) for ours, name in PARAMETERS.items() if ours in inference}
    if "stopSequences" in inference:
        params["stop"] = inference.pop("stopSequences")
    assert not inference
    tools = [openai_tool(tool) for tool in rest.pop("toolConfig", {}).get("tools", ())]
    return [*system, *messages], {
        **params,
        **({"tools": tools} if tools else {}),
        **rest.pop("additionalModelRequestFields", {}),
        **rest,
    }


def openai_part(block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": block["text"]} if "text" in block else block


def openai_tool(tool: dict[str, Any]) -> dict[str, Any]:
    if "toolSpec" not in tool:
        return tool
    spec = dict(tool["toolSpec"])
    return {"type": "function", "function": {**spec, "parameters": spec.pop("inputSchema")["json"]}}


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: without_empty(value) if name == "textGenerationConfig" else value
        for name, value in values.items()
        if value not in EMPTY
    }
