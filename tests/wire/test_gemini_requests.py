"""Recorded requests to Google, written as calls of OpenAI's and encoded again.

Both bodies are compared, where these mean the same: a field in camelCase and in snake_case; `parameters` and
`parametersJsonSchema`, `responseSchema` and `responseJsonSchema`; a role of the system instruction, a null, an empty
generationConfig, and that they are missing. All recorded requests of generateContent can be written so. Of those of
interactions, the `resolution` of an image cannot: OpenAI's `detail` is another scale.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from rillm.providers.formats import FORMATS
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall
from rillm.streams.json_values import is_array, is_object
from tests.wire.corpus import Case, cases

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHOUT = pytest.param(None, marks=pytest.mark.skip(reason="WIRE_CORPUS names no folder of recorded streams"))
FOUND = [case for case in cases() if (case.folder / "request.json").exists()]
GENERATE = [pytest.param(case, id=case.name) for case in FOUND if case.format in {"gemini", "gemini-json-array"}]
INTERACTIONS = [pytest.param(case, id=case.name) for case in FOUND if case.format == "gemini-interactions"]
PARAMETERS = {
    "candidateCount": "n",
    "maxOutputTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "responseModalities": "modalities",
    "safetySettings": "safety_settings",
}
THE_CALLERS = {"parameters", "responseSchema", "response", "args"}
SAME = {"parametersJsonSchema": "parameters", "responseJsonSchema": "responseSchema"}


def recorded(case: Case) -> dict[str, Any]:
    request: dict[str, Any] = json.loads((case.folder / "request.json").read_bytes())
    return request


def camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def alike(value: Any) -> Any:
    """A body in one spelling; what is inside of a schema, of arguments or of a result is not Google's."""
    if is_array(value):
        return [alike(item) for item in value]
    if not is_object(value):
        return value
    fields = {SAME.get(camel(name), camel(name)): item for name, item in value.items()}
    return {
        name: item if name in THE_CALLERS else alike(item)
        for name, item in fields.items()
        if item is not None and (name, item) != ("generationConfig", {})
    }


def reversed_messages(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in request.get("systemInstruction", {}).get("parts", ()):
        yield {"role": "system", "content": part["text"]}
    calls = 0
    for content in request["contents"]:
        results = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
        for number, result in enumerate(results):
            id_ = f"call_{calls - len(results) + number}"
            yield {"role": "tool", "tool_call_id": id_, "content": json.dumps(result["response"])}
        if results:
            continue
        texts = [reversed_part(part) for part in content["parts"] if "functionCall" not in part]
        message: dict[str, Any] = {"role": "assistant" if content["role"] == "model" else "user", "content": texts}
        for part in content["parts"]:
            if "functionCall" in part:
                function = {"name": part["functionCall"]["name"], "arguments": json.dumps(part["functionCall"]["args"])}
                call = {"id": f"call_{calls}", "type": "function", "function": function}
                call["provider_specific_fields"] = {"thought_signature": part.get("thoughtSignature")}
                message.setdefault("tool_calls", []).append(call)
                calls += 1
        yield message


def reversed_part(part: dict[str, Any]) -> dict[str, Any]:
    if "text" in part:
        return {"type": "text", "text": part["text"]}
    media = part["inlineData"]
    return {"type": "image_url", "image_url": {"url": f"data:{media['mimeType']};base64,{media['data']}"}}


def reversed_params(request: dict[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    config = {camel(name): value for name, value in request.get("generationConfig", {}).items()}
    for name, value in {**config, **request}.items():
        if name in PARAMETERS:
            params[PARAMETERS[name]] = value
    if "responseMimeType" in config:
        schema = config.get("responseSchema") or config.get("responseJsonSchema")
        params["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    thinking = config.get("thinkingConfig", {})
    if "thinkingLevel" in thinking:
        params["reasoning_effort"] = thinking["thinkingLevel"]
    elif thinking:
        params["thinking"] = {"type": "enabled", "budget_tokens": thinking.get("thinkingBudget")}
    for tool in request.get("tools", ()):
        functions = [{"type": "function", "function": one} for one in tool.get("functionDeclarations", ())]
        params.setdefault("tools", []).extend(functions or [tool])
    choice = request.get("toolConfig", {}).get("functionCallingConfig")
    if choice:
        (name,) = choice["allowedFunctionNames"]
        params["tool_choice"] = {"type": "function", "function": {"name": name}}
    return params


def encoded(case: Case, messages: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    called = re.search(r"/models/([^:]+)", str(case.meta["url"]))
    model = called[1] if called else str(case.meta["model"])
    call = ChatCall(PROVIDERS["gemini"], model, messages, params, "https://e.org/v1beta")
    return FORMATS[case.format].encode(call).body


@pytest.mark.parametrize("case", GENERATE or [WITHOUT])
def test_generate_content(case: Case) -> None:
    request = recorded(case)
    body = encoded(case, list(reversed_messages(request)), reversed_params(request))
    request.get("systemInstruction", {}).pop("role", None)
    assert alike(body) == alike(request)


@pytest.mark.parametrize("case", INTERACTIONS or [WITHOUT])
def test_interaction(case: Case) -> None:
    request = recorded(case)
    text, image = request["input"]
    url = f"data:{image['mime_type']};base64,{image['data']}"
    content = [text, {"type": "image_url", "image_url": {"url": url}}]
    config = request["generation_config"]
    params = {
        "temperature": config["temperature"],
        "max_tokens": config["max_output_tokens"],
        "reasoning_effort": config["thinking_level"],
    }
    body = encoded(case, [{"role": "user", "content": content}], params)
    assert image.pop("resolution")
    assert body == {
        **request,
        "input": [{"type": "user_input", "content": [text, image]}],
        "generation_config": {**config, "thinking_summaries": "auto"},
        "store": False,
    }
