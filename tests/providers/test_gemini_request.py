"""What a call becomes for Google's API."""

from __future__ import annotations

from typing import Any

import pytest

from rillm.providers.formats import FORMATS
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall
from rillm.streams.errors import BadRequestError, UnsupportedParamsError

USER = {"role": "user", "content": "Hi"}
CONTENTS = [{"role": "user", "parts": [{"text": "Hi"}]}]
PNG = "data:image/png;base64,AAAA"
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "additionalProperties": False}
ADD = {"name": "add", "description": "Adds.", "parameters": {"$schema": "https://json-schema.org/draft", **SCHEMA}}
ADDED = {"name": "add", "description": "Adds.", "parametersJsonSchema": SCHEMA}
NO_SIGNATURE = "skip_thought_signature_validator"


def called(*calls: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **fields}


def tool_call(id_: str, name: str, arguments: Any = "{}", **fields: Any) -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}, **fields}


def result(id_: str, content: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id_, "content": content, **fields}


def response(name: str, value: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"functionResponse": {"name": name, "response": value, **fields}}


# Messages, and the contents and system instruction that they become for a model from before Gemini 3.
MESSAGES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]] = {
    "text": ([USER], CONTENTS, []),
    "roles": (
        [USER, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Bye"}],
        [*CONTENTS, {"role": "model", "parts": [{"text": "Hello"}]}, {"role": "user", "parts": [{"text": "Bye"}]}],
        [],
    ),
    "system": (
        [{"role": "system", "content": "Be brief."}, USER, {"role": "developer", "content": [{"text": "Really."}]}],
        CONTENTS,
        [{"text": "Be brief."}, {"text": "Really."}],
    ),
    "parts": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What?"},
                    {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
                    {"type": "image_url", "image_url": PNG},
                    {"type": "image_url", "image_url": {"url": "data:image/svg+xml,%3Csvg%2F%3E"}},
                    {"type": "image_url", "image_url": {"url": "DATA:image/png;base64,AAAA"}},
                    {"type": "image_url", "image_url": {"url": "https://e.org/a.jpg?w=1"}},
                    {"type": "image_url", "image_url": {"url": "gs://b/a", "format": "image/webp"}},
                    {"type": "image_url", "image_url": {"url": "https://e.org/a"}},
                    {"type": "video_url", "video_url": {"url": "https://e.org/a.mp4"}},
                    {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "wav"}},
                    {"type": "file", "file": {"file_data": "data:application/pdf;base64,CCCC", "filename": "a.pdf"}},
                    {"type": "file", "file": {"file_id": "https://e.org/v1beta/files/x", "format": "application/pdf"}},
                ],
            }
        ],
        [
            {
                "role": "user",
                "parts": [
                    {"text": "What?"},
                    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                    {"inlineData": {"mimeType": "image/svg+xml", "data": "PHN2Zy8+"}},
                    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                    {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://e.org/a.jpg?w=1"}},
                    {"fileData": {"mimeType": "image/webp", "fileUri": "gs://b/a"}},
                    {"fileData": {"fileUri": "https://e.org/a"}},
                    {"fileData": {"mimeType": "video/mp4", "fileUri": "https://e.org/a.mp4"}},
                    {"inlineData": {"mimeType": "audio/wav", "data": "BBBB"}},
                    {"inlineData": {"mimeType": "application/pdf", "data": "CCCC"}},
                    {"fileData": {"mimeType": "application/pdf", "fileUri": "https://e.org/v1beta/files/x"}},
                ],
            }
        ],
        [],
    ),
    "thoughts are not sent back": (
        [{"role": "assistant", "content": "Hi", "reasoning_content": "Hm", "thinking_blocks": [{"thinking": "Hm"}]}],
        [{"role": "model", "parts": [{"text": "Hi"}]}],
        [],
    ),
    "a signature is": (
        [{"role": "assistant", "content": "Hi", "provider_specific_fields": {"thought_signatures": ["s1", "s2"]}}],
        [{"role": "model", "parts": [{"text": "Hi", "thoughtSignature": "s2"}]}],
        [],
    ),
    "a refusal": (
        [{"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}],
        [{"role": "model", "parts": [{"text": "No."}]}],
        [],
    ),
    "calls and results": (
        [
            USER,
            called(
                tool_call("c1", "add", '{"x":1}', provider_specific_fields={"thought_signature": "s1"}),
                tool_call("c2", "sub", extra_content={"google": {"thought_signature": "s2"}}),
                tool_call("c3", "now", ""),
                content="Well.",
            ),
            result("c1", '{"sum":2}'),
            result("c2", "two"),
            result("c3", [{"type": "text", "text": "[1]"}, {"type": "image_url", "image_url": {"url": PNG}}]),
            {"role": "user", "content": "So?"},
            called(tool_call("c4", "now", {})),
            result("c4", "{}"),
        ],
        [
            *CONTENTS,
            {
                "role": "model",
                "parts": [
                    {"text": "Well."},
                    {"functionCall": {"name": "add", "args": {"x": 1}}, "thoughtSignature": "s1"},
                    {"functionCall": {"name": "sub", "args": {}}, "thoughtSignature": "s2"},
                    {"functionCall": {"name": "now", "args": {}}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    response("add", {"sum": 2}),
                    response("sub", {"output": "two"}),
                    response(
                        "now", {"output": "[1]"}, parts=[{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]
                    ),
                ],
            },
            {"role": "user", "parts": [{"text": "So?"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "now", "args": {}}}]},
            {"role": "user", "parts": [response("now", {})]},
        ],
        [],
    ),
    "a result by name": (
        [{"role": "function", "name": "add", "content": "2"}],
        [{"role": "user", "parts": [response("add", {"output": "2"})]}],
        [],
    ),
    "nothing said": ([{"role": "assistant", "content": None}, USER, {"role": "user", "content": ""}], CONTENTS, []),
}

# A parameter, and what it becomes: `generationConfig`, or fields beside it.
CONFIG: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"temperature": 0, "top_p": 0.9, "top_k": 40, "seed": 1}, {"temperature": 0, "topP": 0.9, "topK": 40, "seed": 1}),
    ({"max_tokens": 9}, {"maxOutputTokens": 9}),
    ({"max_completion_tokens": 9}, {"maxOutputTokens": 9}),
    ({"stop": "END"}, {"stopSequences": ["END"]}),
    ({"stop": ["a", "b"]}, {"stopSequences": ["a", "b"]}),
    ({"n": 2}, {"candidateCount": 2}),
    ({"presence_penalty": 0.1, "frequency_penalty": 0.2}, {"presencePenalty": 0.1, "frequencyPenalty": 0.2}),
    ({"logprobs": True, "top_logprobs": 3}, {"responseLogprobs": True, "logprobs": 3}),
    ({"modalities": ["text", "image"]}, {"responseModalities": ["TEXT", "IMAGE"]}),
    (
        {"modalities": ["audio"], "audio": {"voice": "Kore", "format": "pcm16"}},
        {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
        },
    ),
    ({"response_format": {"type": "text"}}, {}),
    ({"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
        {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "OBJECT"}}}},
        {"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT"}},
    ),
    (
        {"thinking": {"type": "enabled", "budget_tokens": 512}},
        {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 512}},
    ),
    ({"thinking": {"type": "adaptive"}}, {"thinkingConfig": {"includeThoughts": True}}),
    ({"thinking": {"type": "disabled"}}, {"thinkingConfig": {"thinkingBudget": 0}}),
    ({"imageConfig": {"aspectRatio": "1:1"}}, {"imageConfig": {"aspectRatio": "1:1"}}),
    ({"generationConfig": {"topK": 3}, "temperature": 1}, {"topK": 3, "temperature": 1}),
    (
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 9}}, "thinking": {"type": "adaptive"}},
        {"thinkingConfig": {"thinkingBudget": 9, "includeThoughts": True}},
    ),
    (
        {"response_format": {"type": "json_object", "response_schema": SCHEMA}},
        {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
    ),
    ({"user": "u1", "stream_options": {"include_usage": True}, "parallel_tool_calls": True}, {}),
]
BESIDE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"tools": [{"type": "function", "function": ADD}]}, {"tools": [{"functionDeclarations": [ADDED]}]}),
    ({"tools": [{"type": "function", **ADD}]}, {"tools": [{"functionDeclarations": [ADDED]}]}),
    (
        {"tools": [{"googleSearch": {}}, {"type": "function", "function": {"name": "now"}}, {"codeExecution": {}}]},
        {"tools": [{"functionDeclarations": [{"name": "now"}]}, {"googleSearch": {}}, {"codeExecution": {}}]},
    ),
    (
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "OBJECT"}}}]},
        {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}]},
    ),
    ({"tools": []}, {}),
    ({"web_search_options": {}}, {"tools": [{"googleSearch": {}}]}),
    ({"tool_choice": "auto"}, {"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}}),
    ({"tool_choice": "none"}, {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}),
    ({"tool_choice": "required"}, {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}),
    (
        {
            "tool_choice": {"type": "function", "function": {"name": "add"}},
            "include_server_side_tool_invocations": True,
        },
        {
            "toolConfig": {
                "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["add"]},
                "includeServerSideToolInvocations": True,
            }
        },
    ),
    (
        {
            "toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": True}, "retrievalConfig": {}},
            "tool_choice": "auto",
        },
        {
            "toolConfig": {
                "functionCallingConfig": {"streamFunctionCallArguments": True, "mode": "AUTO"},
                "retrievalConfig": {},
            }
        },
    ),
    ({"safety_settings": [{"category": "C"}]}, {"safety_settings": [{"category": "C"}]}),
    (
        {"safetySettings": [], "cachedContent": "c", "labels": {}},
        {"safetySettings": [], "cachedContent": "c", "labels": {}},
    ),
    ({"service_tier": "auto"}, {}),
    ({"service_tier": "default"}, {"serviceTier": "standard"}),
    ({"service_tier": "flex"}, {"serviceTier": "flex"}),
]
# For a model and an effort, the thinkingConfig.
EFFORTS: list[tuple[str, str, dict[str, Any]]] = [
    ("gemini-2.5-flash", "none", {"thinkingBudget": 0}),
    ("gemini-2.5-flash", "minimal", {"includeThoughts": True, "thinkingBudget": 1024}),
    ("gemini-2.5-flash", "medium", {"includeThoughts": True, "thinkingBudget": 8192}),
    ("models/gemini-2.5-pro", "high", {"includeThoughts": True, "thinkingBudget": 24576}),
    ("gemini-2.5-pro", "xhigh", {"includeThoughts": True, "thinkingBudget": 24576}),
    ("gemini-3-flash-preview", "none", {"includeThoughts": False, "thinkingLevel": "minimal"}),
    ("gemini-3-flash-preview", "minimal", {"includeThoughts": True, "thinkingLevel": "minimal"}),
    ("gemini-3-pro-preview", "minimal", {"includeThoughts": True, "thinkingLevel": "low"}),
    ("gemini-flash-latest", "medium", {"includeThoughts": True, "thinkingLevel": "medium"}),
    ("gemini-12-pro", "xhigh", {"includeThoughts": True, "thinkingLevel": "high"}),
]


def body(
    messages: list[dict[str, Any]], *, model: str = "gemini-2.5-flash", drop_params: bool = False, **params: Any
) -> dict[str, Any]:
    call = ChatCall(PROVIDERS["gemini"], model, messages, params, "https://e.org/v1beta", drop_params=drop_params)
    return FORMATS["gemini"].encode(call).body


@pytest.mark.parametrize(("messages", "contents", "system"), MESSAGES.values(), ids=list(MESSAGES))
def test_messages(messages: list[dict[str, Any]], contents: list[dict[str, Any]], system: list[dict[str, Any]]) -> None:
    expected = {"contents": contents, **({"systemInstruction": {"parts": system}} if system else {})}
    assert body(messages) == expected


@pytest.mark.parametrize(("params", "config"), CONFIG)
def test_generation_config(params: dict[str, Any], config: dict[str, Any]) -> None:
    assert body([USER], **params) == {"contents": CONTENTS, **({"generationConfig": config} if config else {})}


@pytest.mark.parametrize(("params", "fields"), BESIDE)
def test_fields_beside(params: dict[str, Any], fields: dict[str, Any]) -> None:
    assert body([USER], **params) == {"contents": CONTENTS, **fields}


@pytest.mark.parametrize(("model", "effort", "config"), EFFORTS)
def test_reasoning_effort(model: str, effort: str, config: dict[str, Any]) -> None:
    assert body([USER], model=model, reasoning_effort=effort)["generationConfig"] == {"thinkingConfig": config}


def test_gemini_3_wants_ids_and_a_signature_with_the_first_call() -> None:
    calls = [tool_call("c1", "add"), tool_call("c2", "sub"), tool_call("c3", "now")]
    calls[1]["provider_specific_fields"] = {"thought_signature": "s2"}
    contents = body([called(*calls), result("c2", "2")], model="gemini-3-flash-preview")["contents"]
    assert contents == [
        {
            "role": "model",
            "parts": [
                {"functionCall": {"name": "add", "args": {}, "id": "c1"}, "thoughtSignature": NO_SIGNATURE},
                {"functionCall": {"name": "sub", "args": {}, "id": "c2"}, "thoughtSignature": "s2"},
                {"functionCall": {"name": "now", "args": {}, "id": "c3"}},
            ],
        },
        {"role": "user", "parts": [response("sub", {"output": "2"}, id="c2")]},
    ]


@pytest.mark.parametrize(
    "params",
    [{"logit_bias": {"1": 1}}, {"prediction": {}}, {"verbosity": "low"}, {"parallel_tool_calls": False}],
)
def test_unsupported(params: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParamsError, match=next(iter(params))):
        body([USER], **params)
    assert body([USER], drop_params=True, **params) == {"contents": CONTENTS}


@pytest.mark.parametrize(
    ("messages", "params", "words"),
    [
        ([called(tool_call("c1", "add", "{x"))], {}, "arguments of the call of 'add'"),
        ([called(tool_call("c1", "add", "[1]"))], {}, "no JSON object"),
        ([result("c9", "2")], {}, "'c9' is the id of none"),
        ([{"role": "user", "content": [{"type": "hologram"}]}], {}, "unknown type: 'hologram'"),
        ([USER], {"tool_choice": "sometimes"}, "tool_choice="),
    ],
)
def test_bad_requests(messages: list[dict[str, Any]], params: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequestError, match=words):
        body(messages, **params)


@pytest.mark.parametrize(
    ("base", "model", "url"),
    [
        ("https://e.org/v1beta", "gemini-2.5-flash", "https://e.org/v1beta/models/gemini-2.5-flash"),
        ("https://e.org", "gemini-2.5-flash", "https://e.org/v1beta/models/gemini-2.5-flash"),
        ("https://e.org/v1", "models/gemini-2.5-flash", "https://e.org/v1/models/gemini-2.5-flash"),
        ("https://e.org/v1beta", "tunedModels/my one", "https://e.org/v1beta/tunedModels/my%20one"),
    ],
)
def test_url(base: str, model: str, url: str) -> None:
    call = ChatCall(PROVIDERS["gemini"], model, [USER], {}, base)
    assert FORMATS["gemini"].encode(call).url == f"{url}:streamGenerateContent?alt=sse"
    assert FORMATS["gemini-json-array"].encode(call).url == f"{url}:streamGenerateContent"


def test_an_interaction() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": PNG}]},
        called(
            tool_call("c1", "add", '{"x":1}', provider_specific_fields={"thought_signature": "s1"}), content="Well."
        ),
        result("c1", "2"),
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "https://e.org/a.pdf"}}]},
    ]
    params = {
        "temperature": 0.5,
        "max_tokens": 9,
        "stop": "END",
        "reasoning_effort": "low",
        "tools": [{"type": "function", "function": {"name": "add", "parameters": SCHEMA}}, {"type": "google_search"}],
        "tool_choice": {"type": "function", "function": {"name": "add"}},
        "response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}},
        "previous_interaction_id": "v1_x",
    }
    call = ChatCall(PROVIDERS["gemini"], "gemini-3-flash-preview", messages, params, "https://e.org")
    request = FORMATS["gemini-interactions"].encode(call)
    assert request.url == "https://e.org/v1beta/interactions"
    assert request.headers == {"Api-Revision": "2026-05-20"}
    assert request.body == {
        "model": "gemini-3-flash-preview",
        "stream": True,
        "store": False,
        "system_instruction": "Be brief.",
        "input": [
            {
                "type": "user_input",
                "content": [
                    {"type": "text", "text": "Hi"},
                    {"type": "image", "data": "AAAA", "mime_type": "image/png"},
                ],
            },
            {"type": "model_output", "content": [{"type": "text", "text": "Well."}]},
            {"type": "function_call", "id": "c1", "name": "add", "arguments": {"x": 1}, "signature": "s1"},
            {"type": "function_result", "call_id": "c1", "result": [{"type": "text", "text": "2"}]},
            {
                "type": "user_input",
                "content": [{"type": "document", "uri": "https://e.org/a.pdf", "mime_type": "application/pdf"}],
            },
        ],
        "generation_config": {
            "temperature": 0.5,
            "max_output_tokens": 9,
            "stop_sequences": ["END"],
            "thinking_level": "low",
            "thinking_summaries": "auto",
            "tool_choice": {"allowed_tools": {"mode": "any", "tools": ["add"]}},
        },
        "tools": [{"type": "function", "name": "add", "parameters": SCHEMA}, {"type": "google_search"}],
        "response_format": [{"type": "text", "mime_type": "application/json", "schema": SCHEMA}],
        "previous_interaction_id": "v1_x",
    }
