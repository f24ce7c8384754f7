"""The request of Google's generateContent: https://ai.google.dev/api/generate-content.

For the Gemini API and for Vertex AI, which take the same body at different addresses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from rillm.providers.gemini_messages import Contents
from rillm.providers.gemini_tools import choice_of, schema_field, tools_of
from rillm.providers.request import Request, listed_as, nothing
from rillm.providers.vertex import vertex_request
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from rillm.providers.request import ChatCall, Translation

VERSION: Final = "/v1beta"
OLDER: Final = re.compile(r"gemini-[12]\D")  # before Gemini 3
# Where fields go that are not part of the generationConfig; Google takes both spellings.
TOP_LEVEL: Final = frozenset({
    "cachedContent", "cached_content", "labels", "modelArmorConfig", "safetySettings", "safety_settings", "serviceTier",
})  # fmt: skip
TOOL_CONFIG: Final = frozenset({"functionCallingConfig", "includeServerSideToolInvocations", "retrievalConfig"})
# Tokens that older models may think for, by Google's own table: https://ai.google.dev/gemini-api/docs/openai#thinking
BUDGETS: Final = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
LEVELS: Final = {"none": "minimal", "minimal": "minimal", "low": "low", "medium": "medium"}


def encode(call: ChatCall) -> Request:
    """The request of an answer as an event stream."""
    return request(call, "streamGenerateContent?alt=sse")


def encode_array(call: ChatCall) -> Request:
    """The request of an answer as one JSON array."""
    return request(call, "streamGenerateContent")


def request(call: ChatCall, method: str) -> Request:
    body = body_of(call)
    if call.provider.name == "vertex_ai":
        return vertex_request(call, "google", method, body)
    path = call.model if "/" in call.model else f"models/{call.model}"  # such as tunedModels/…
    return Request(f"{base_of(call)}/{quote(path)}:{method}", body)


def base_of(call: ChatCall) -> str:
    """The base URL, which may have been given without the version."""
    return call.base if urlsplit(call.base).path else call.base + VERSION


def body_of(call: ChatCall) -> dict[str, Any]:
    """The body. Parameters that are not OpenAI's are Google's own, most of them of the generationConfig."""
    contents = Contents(call.messages, is_older=bool(OLDER.search(call.model)))
    body: dict[str, Any] = {"contents": contents.contents}
    if contents.system:
        body["systemInstruction"] = {"parts": contents.system}
    config: dict[str, Any] = {}
    tool_config: dict[str, Any] = {}
    wholes = {"generationConfig": config, "generation_config": config, "toolConfig": tool_config}
    for name, value in call.translated(words(call)).items():
        if name in wholes and is_object(value):
            for field, item in value.items():
                put(wholes[name], field, item)
        else:
            put(body if name in TOP_LEVEL else tool_config if name in TOOL_CONFIG else config, name, value)
    named = {"tools": tools_of(call.params), "toolConfig": tool_config, "generationConfig": config}
    return body | {name: value for name, value in named.items() if value}


def put(fields: dict[str, Any], name: str, value: Any) -> None:
    """Add a field, or what is in it to what is there already."""
    there = fields.get(name)
    fields[name] = {**there, **value} if is_object(there) and is_object(value) else value


def words(call: ChatCall) -> dict[str, str | Translation]:
    """Google's words for OpenAI's parameters."""
    return {
        "temperature": "temperature",
        "top_p": "topP",
        "top_k": "topK",
        "n": "candidateCount",
        "max_tokens": "maxOutputTokens",
        "max_completion_tokens": "maxOutputTokens",
        "stop": listed_as("stopSequences"),
        "seed": "seed",
        "presence_penalty": "presencePenalty",
        "frequency_penalty": "frequencyPenalty",
        "logprobs": "responseLogprobs",
        "top_logprobs": "logprobs",
        "modalities": lambda kinds: {"responseModalities": [str(kind).upper() for kind in kinds]},
        "audio": lambda audio: {"speechConfig": speech_of(audio)},
        "response_format": response_format,
        "reasoning_effort": lambda effort: {"thinkingConfig": thinking_of_effort(effort, call.model)},
        "thinking": lambda thinking: {"thinkingConfig": thinking_of(thinking)},
        "service_tier": service_tier,
        "tools": nothing,  # with the next one, see `tools_of`
        "web_search_options": nothing,
        "tool_choice": choice_of,
        "include_server_side_tool_invocations": "includeServerSideToolInvocations",
        "user": nothing,  # it changes nothing in the answer
    }


def speech_of(audio: Any) -> dict[str, Any]:
    return {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": audio.get("voice")}}}


def service_tier(tier: Any) -> dict[str, Any]:
    """https://ai.google.dev/gemini-api/docs/flex-inference."""
    return {} if tier == "auto" else {"serviceTier": "standard" if tier == "default" else tier}


def response_format(wanted: Any) -> dict[str, Any]:
    """JSON, perhaps by a schema: https://ai.google.dev/gemini-api/docs/structured-output."""
    if wanted.get("type") == "text":
        return {}
    named: Any = wanted.get("json_schema") or {}
    schema = named.get("schema") or wanted.get("response_schema")  # the latter is LiteLLM's
    fields = {"responseMimeType": "application/json"}
    return {**fields, **schema_field("responseSchema", "responseJsonSchema", schema)} if schema else fields


def thinking_of_effort(effort: Any, model: str) -> dict[str, Any]:
    """How long to think, and that thoughts are shown: https://ai.google.dev/gemini-api/docs/thinking."""
    if OLDER.search(model):
        if effort == "none":
            return {"thinkingBudget": 0}
        return {"includeThoughts": True, "thinkingBudget": BUDGETS.get(effort, BUDGETS["high"])}
    level = LEVELS.get(effort, "high")
    if level == "minimal" and "pro" in model:  # which always thinks
        level = "low"
    return {"includeThoughts": effort != "none", "thinkingLevel": level}


def thinking_of(thinking: Any) -> dict[str, Any]:
    """Anthropic's way to ask for thoughts, as LiteLLM takes it: `{"type": "enabled", "budget_tokens": 1024}`."""
    if thinking.get("type") == "disabled":
        return {"thinkingBudget": 0}
    budget = thinking.get("budget_tokens")
    return {"includeThoughts": True, **({} if budget is None else {"thinkingBudget": budget})}
