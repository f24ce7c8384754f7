from __future__ import annotations

from typing import Any

import pytest

from rillm.providers.bedrock_invoke_request import encode as encode_invoke
from rillm.providers.bedrock_request import encode
from rillm.providers.bedrock_tools import PURPOSE
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall
from rillm.streams.errors import BadRequestError, UnsupportedParamsError

BEDROCK = PROVIDERS["bedrock"]
CLAUDE, NOVA, GPT_OSS = "us.anthropic.claude-sonnet-4-20250514-v1:0", "amazon.nova-lite-v1:0", "openai.gpt-oss-120b-1:0"
CLAUDE_4_7 = "anthropic.claude-opus-4-7-20260416-v1:0"
ENVIRONMENT = ("AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION", *BEDROCK.base_url_env)
HI = [{"role": "user", "content": "Hi"}]
PNG, PDF = "data:image/png;base64,iVBO", "data:application/pdf;base64,JVBE"
ADD = {"type": "object", "properties": {"x": {"type": "integer"}}}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": ADD}}
SPEC: dict[str, Any] = {"toolSpec": {"name": "add", "description": "Adds.", "inputSchema": {"json": ADD}}}
CACHED = {"cache_control": {"type": "ephemeral"}}
POINT = {"cachePoint": {"type": "default"}}
CALL = {"id": "t1", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}}
USED = {"toolUse": {"toolUseId": "t1", "name": "add", "input": {"x": 1}}}


@pytest.fixture(autouse=True)
def _somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", "us-east-1")


def call(
    messages: list[dict[str, Any]] = HI, model: str = CLAUDE, credentials: dict[str, Any] | None = None, **params: Any
) -> ChatCall:
    base, drop = params.pop("base", BEDROCK.url()), params.pop("drop_params", False)
    return ChatCall(BEDROCK, model, messages, params, base, None, drop, "key-1", credentials or {})


def body(*arguments: Any, **params: Any) -> dict[str, Any]:
    return encode(call(*arguments, **params)).body


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


def assistant(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(content)}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (HI, {"messages": [user({"text": "Hi"})]}),
        (
            [
                {"role": "system", "content": "Be brief."},
                *HI,
                {"role": "developer", "content": [{"type": "text", "text": "!"}]},
            ],
            {"system": [{"text": "Be brief."}, {"text": "!"}], "messages": [user({"text": "Hi"})]},
        ),
        # Turns: neighbours are one, and nothing is left out as nothing
        ([*HI, *HI], {"messages": [user({"text": "Hi"}, {"text": "Hi"})]}),
        ([*HI, {"role": "assistant", "content": ""}, *HI], {"messages": [user({"text": "Hi"}, {"text": "Hi"})]}),
        (
            [*HI, {"role": "assistant", "content": "Ho"}],
            {"messages": [user({"text": "Hi"}), assistant({"text": "Ho"})]},
        ),
        ([{"role": "user", "content": ["Hi", {"type": "text", "text": ""}]}], {"messages": [user({"text": "Hi"})]}),
        # Calls of tools
        (
            [
                {"role": "assistant", "content": "Ho", "tool_calls": [CALL, {**CALL, "id": "t2"}]},
                {"role": "tool", "tool_call_id": "t1", "content": "1"},
                {
                    "role": "tool",
                    "tool_call_id": "t2",
                    "content": [{"type": "image_url", "image_url": {"url": PNG}}],
                    **CACHED,
                },
                *HI,
            ],
            {
                "messages": [
                    assistant({"text": "Ho"}, USED, {"toolUse": {**USED["toolUse"], "toolUseId": "t2"}}),
                    user(
                        {"toolResult": {"toolUseId": "t1", "content": [{"text": "1"}]}},
                        {
                            "toolResult": {
                                "toolUseId": "t2",
                                "content": [{"image": {"format": "png", "source": {"bytes": "iVBO"}}}],
                            }
                        },
                        POINT,
                        {"text": "Hi"},
                    ),
                ]
            },
        ),
        (
            [
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "t1", "function": {"name": "now", "arguments": ""}}],
                }
            ],
            {"messages": [assistant({"toolUse": {"toolUseId": "t1", "name": "now", "input": {}}})]},
        ),
        (
            [{"role": "assistant", "tool_calls": [{"id": "t1", "function": {"name": "add", "arguments": {"x": 1}}}]}],
            {"messages": [assistant(USED)]},
        ),
        (
            [{"role": "tool", "tool_call_id": "t1", "content": ""}],
            {"messages": [user({"toolResult": {"toolUseId": "t1", "content": []}})]},
        ),
        # Thinking goes back as it came, what cannot be verified does not
        (
            [
                {
                    "role": "assistant",
                    "content": "Ho",
                    "reasoning_content": "Hmm.",
                    "thinking_blocks": [
                        {"type": "thinking", "thinking": "Hmm.", "signature": "s1"},
                        {"type": "redacted_thinking", "data": "EmEK"},
                        {"type": "thinking", "thinking": "Unsigned."},
                    ],
                    "tool_calls": [CALL],
                }
            ],
            {
                "messages": [
                    assistant(
                        {"reasoningContent": {"reasoningText": {"text": "Hmm.", "signature": "s1"}}},
                        {"reasoningContent": {"redactedContent": "RW1FSw=="}},
                        {"text": "Ho"},
                        USED,
                    )
                ]
            },
        ),
        # Caches
        (
            [
                {"role": "system", "content": [{"type": "text", "text": "Long.", **CACHED}]},
                {"role": "user", "content": "Hi", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            ],
            {
                "system": [{"text": "Long."}, POINT],
                "messages": [user({"text": "Hi"}, {"cachePoint": {"type": "default", "ttl": "1h"}})],
            },
        ),
    ],
)
def test_conversation(messages: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    assert body(messages) == expected


@pytest.mark.parametrize(
    ("part", "block"),
    [
        ({"type": "image_url", "image_url": {"url": PNG}}, {"image": {"format": "png", "source": {"bytes": "iVBO"}}}),
        ({"type": "image_url", "image_url": PNG}, {"image": {"format": "png", "source": {"bytes": "iVBO"}}}),
        (
            {"type": "image_url", "image_url": {"url": "data:image/jpg;base64,AA"}},
            {"image": {"format": "jpeg", "source": {"bytes": "AA"}}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "s3://bucket/a.webp"}},
            {"image": {"format": "webp", "source": {"s3Location": {"uri": "s3://bucket/a.webp"}}}},
        ),
        (
            {"type": "video_url", "video_url": {"url": "data:video/quicktime;base64,AA"}},
            {"video": {"format": "mov", "source": {"bytes": "AA"}}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
            {"audio": {"format": "wav", "source": {"bytes": "AA"}}},
        ),
        (
            {"type": "file", "file": {"file_data": PDF, "filename": "The  report_(v1.2).pdf"}},
            {"document": {"format": "pdf", "name": "The report (v1 2)", "source": {"bytes": "JVBE"}}},
        ),
        (
            {"type": "file", "file": {"file_data": "data:text/plain;charset=utf-8;base64,AA"}},
            {"document": {"format": "txt", "name": "document", "source": {"bytes": "AA"}}},
        ),
        (
            {"type": "file", "file": {"file_data": "Data:,a%20b"}},
            {"document": {"format": "txt", "name": "document", "source": {"bytes": "YSBi"}}},
        ),
        (
            {"type": "file", "file": {"file_id": "s3://bucket/a.docx"}},
            {
                "document": {
                    "format": "docx",
                    "name": "document",
                    "source": {"s3Location": {"uri": "s3://bucket/a.docx"}},
                }
            },
        ),
        ({"type": "guarded_text", "text": "Hi"}, {"guardContent": {"text": {"text": "Hi"}}}),
        # Converse's own
        ({"text": "Hi"}, {"text": "Hi"}),
        (POINT, POINT),
        ({"searchResult": {"title": "a"}}, {"searchResult": {"title": "a"}}),
    ],
)
def test_parts(part: dict[str, Any], block: dict[str, Any]) -> None:
    assert body([{"role": "user", "content": [part]}]) == {"messages": [user(block)]}


def test_documents_have_names_of_their_own() -> None:
    part = {"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}}
    blocks = body([{"role": "user", "content": [part, part]}, {"role": "user", "content": [part]}])["messages"][0][
        "content"
    ]
    assert [block["document"]["name"] for block in blocks] == ["a", "a (2)", "a (3)"]


@pytest.mark.parametrize(
    ("model", "params", "fields"),
    [
        (CLAUDE, {"max_tokens": 5, "temperature": 0.0, "top_p": 1, "stop": "."},
         {"inferenceConfig": {"maxTokens": 5, "temperature": 0.0, "topP": 1, "stopSequences": ["."]}}),
        (CLAUDE, {"max_completion_tokens": 5, "stop": ["a", "b"]},
         {"inferenceConfig": {"maxTokens": 5, "stopSequences": ["a", "b"]}}),
        (CLAUDE, {"inferenceConfig": {"topP": 1}, "max_tokens": 5}, {"inferenceConfig": {"topP": 1, "maxTokens": 5}}),
        (CLAUDE, {"top_k": 3}, {"additionalModelRequestFields": {"top_k": 3}}),
        (NOVA, {"additionalModelRequestFields": {"a": 1}, "top_k": 3},
         {"additionalModelRequestFields": {"a": 1, "inferenceConfig": {"topK": 3}}}),
        (CLAUDE, {"thinking": {"type": "enabled", "budget_tokens": 2000}},
         {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}}}),
        (CLAUDE, {"reasoning_effort": "low"},
         {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}}}),
        (CLAUDE, {"reasoning_effort": "xhigh"},
         {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 8192}}}),
        (CLAUDE, {"reasoning_effort": "max"},
         {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 16384}}}),
        (CLAUDE, {"reasoning_effort": "none"}, {}),
        (CLAUDE, {"reasoning_effort": "disable"}, {}),
        (CLAUDE, {"thinking": {"type": "enabled", "budget_tokens": 2000}, "reasoning_effort": "low"},
         {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}}}),
        (CLAUDE_4_7, {"reasoning_effort": "xhigh", "output_config": {"task_budget": 1}},
         {"additionalModelRequestFields": {"thinking": {"type": "adaptive", "display": "summarized"},
                                           "output_config": {"effort": "xhigh", "task_budget": 1}}}),
        (NOVA, {"reasoning_effort": "high"},
         {"additionalModelRequestFields": {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}}),
        (NOVA, {"reasoning_effort": "none"},
         {"additionalModelRequestFields": {"reasoningConfig": {"type": "disabled"}}}),
        (GPT_OSS, {"reasoning_effort": "low"}, {"additionalModelRequestFields": {"reasoning_effort": "low"}}),
        (CLAUDE, {"anthropic_beta": ["b"], "additionalModelRequestFields": {"a": 1}},
         {"additionalModelRequestFields": {"a": 1, "anthropic_beta": ["b"]}}),
        (CLAUDE, {"guardrailConfig": {"guardrailIdentifier": "g"}, "requestMetadata": {"a": "b"}},
         {"guardrailConfig": {"guardrailIdentifier": "g"}, "requestMetadata": {"a": "b"}}),
        (CLAUDE, {"service_tier": "flex"}, {"serviceTier": {"type": "flex"}}),
        (CLAUDE, {"service_tier": "auto"}, {"serviceTier": {"type": "default"}}),
        (CLAUDE, {"n": 1, "parallel_tool_calls": True, "stream_options": {}, "response_format": {"type": "text"}}, {}),
    ],
)  # fmt: skip
def test_parameters(model: str, params: dict[str, Any], fields: dict[str, Any]) -> None:
    assert body(HI, model, **params) == {"messages": [user({"text": "Hi"})], **fields}


NOW: dict[str, Any] = {"toolSpec": {"name": "now", "inputSchema": {"json": {"type": "object", "properties": {}}}}}
JSON: dict[str, Any] = {"toolSpec": {"name": "json_tool_call", "description": PURPOSE, "inputSchema": {"json": ADD}}}
FORM: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "f", "schema": ADD}}


@pytest.mark.parametrize(
    ("params", "config"),
    [
        ({"tools": []}, None),
        ({"tools": [TOOL]}, {"tools": [SPEC]}),
        ({"tools": [TOOL], "tool_choice": "auto"}, {"tools": [SPEC]}),
        ({"tools": [TOOL], "tool_choice": "required"}, {"tools": [SPEC], "toolChoice": {"any": {}}}),
        ({"tools": [TOOL], "tool_choice": "none"}, None),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "add"}}},
         {"tools": [SPEC], "toolChoice": {"tool": {"name": "add"}}}),
        ({"tools": [TOOL], "tool_choice": {"any": {}}}, {"tools": [SPEC], "toolChoice": {"any": {}}}),
        ({"tools": [{**TOOL, **CACHED}]}, {"tools": [SPEC, POINT]}),
        ({"tools": [{"type": "function", "function": {"name": "now"}}]},
         {"tools": [NOW]}),
        ({"tools": [SPEC, {"systemTool": {"name": "nova_grounding"}}]},
         {"tools": [SPEC, {"systemTool": {"name": "nova_grounding"}}]}),
        ({"toolConfig": {"tools": [SPEC]}}, {"tools": [SPEC]}),
        ({"response_format": FORM}, {"tools": [JSON], "toolChoice": {"tool": {"name": "json_tool_call"}}}),
        ({"response_format": FORM, "tools": [TOOL]}, {"tools": [SPEC, JSON], "toolChoice": {"any": {}}}),
        ({"response_format": FORM, "thinking": {"type": "enabled", "budget_tokens": 1024}}, {"tools": [JSON]}),
        ({"response_format": FORM, "thinking": {"type": "disabled"}},
         {"tools": [JSON], "toolChoice": {"tool": {"name": "json_tool_call"}}}),
        ({"response_format": {"type": "json_object"}},
         {"tools": [{"toolSpec": {**JSON["toolSpec"], "inputSchema": {"json": {"type": "object"}}}}],
          "toolChoice": {"tool": {"name": "json_tool_call"}}}),
    ],
)  # fmt: skip
def test_tools(params: dict[str, Any], config: dict[str, Any] | None) -> None:
    assert body(**params).get("toolConfig") == config


def test_tools_of_a_vendor() -> None:
    computer = {"type": "computer_20250124", "name": "computer"}
    found = body(tools=[TOOL, computer])
    assert found["toolConfig"] == {"tools": [SPEC]}
    assert found["additionalModelRequestFields"] == {"tools": [computer]}


@pytest.mark.parametrize(
    ("messages", "params", "words"),
    [
        (HI, {"seed": 1}, "'seed'"),
        (HI, {"n": 2}, "'n'"),
        (HI, {"reasoning_effort": "enormous"}, "reasoning_effort='enormous'"),
        (HI, {"parallel_tool_calls": False}, "'parallel_tool_calls'"),
        (HI, {"logprobs": True}, "'logprobs'"),
        ([{"role": "assistant", "tool_calls": [CALL]}], {"tools": [TOOL], "tool_choice": "none"}, "tool_choice='none'"),
        ([user({"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}, {"text": "Hi"})], {}, "by URL"),
        ([user({"type": "file", "file": {"file_id": "file-1"}})], {}, "by URL or id"),
        ([user({"type": "smell", "smell": "rose"})], {}, "'smell'"),
        (HI, {"credentials": {"aws_role_name": "r"}}, "aws_role_name"),
    ],
)
def test_what_cannot_be_done(messages: list[dict[str, Any]], params: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedParamsError, match=words):
        body(messages, **params)
    dropped = body(messages, drop_params=True, **params)
    assert "https" not in str(dropped)
    assert "seed" not in str(dropped)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([{"role": "function", "content": "1"}], "'function'"),
        (
            [{"role": "assistant", "tool_calls": [{"id": "t", "function": {"name": "f", "arguments": "{"}}]}],
            "'f'.*no JSON object",
        ),
        (
            [{"role": "assistant", "tool_calls": [{"id": "t", "function": {"name": "f", "arguments": "[1]"}}]}],
            "'f'.*no JSON object",
        ),
    ],
)
def test_what_is_no_message(messages: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(BadRequestError, match=words):
        body(messages)


ARN = "arn:aws:bedrock:eu-west-3:123456789012:application-inference-profile/abc"
QUOTED = "arn%3Aaws%3Abedrock%3Aeu-west-3%3A123456789012%3Aapplication-inference-profile%2Fabc"


@pytest.mark.parametrize(
    ("params", "environment", "url"),
    [
        ({}, {}, f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{CLAUDE.replace(':', '%3A')}/converse-stream"),
        ({"model": "m"}, {"AWS_REGION_NAME": "eu-west-1"}, "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse-stream"),
        ({"model": "m", "credentials": {"aws_region_name": "eu-west-2"}}, {"AWS_REGION_NAME": "eu-west-1"},
         "https://bedrock-runtime.eu-west-2.amazonaws.com/model/m/converse-stream"),
        ({"model": ARN}, {}, f"https://bedrock-runtime.eu-west-3.amazonaws.com/model/{QUOTED}/converse-stream"),
        ({"model": NOVA, "credentials": {"model_id": ARN}}, {}, f"https://bedrock-runtime.eu-west-3.amazonaws.com/model/{QUOTED}/converse-stream"),
        ({"model": "m", "base": "https://vpce.example.com"}, {}, "https://vpce.example.com/model/m/converse-stream"),
        ({"model": "m", "credentials": {"aws_bedrock_runtime_endpoint": "https://vpce.example.com/"}}, {},
         "https://vpce.example.com/model/m/converse-stream"),
        ({"model": "m"}, {"AWS_BEDROCK_RUNTIME_ENDPOINT": "https://vpce.example.com/"}, "https://vpce.example.com/model/m/converse-stream"),
        ({"model": "a/../b?c"}, {}, "https://bedrock-runtime.us-east-1.amazonaws.com/model/a%2F..%2Fb%3Fc/converse-stream"),
    ],
)  # fmt: skip
def test_url(monkeypatch: pytest.MonkeyPatch, params: dict[str, Any], environment: dict[str, str], url: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    request = encode(call(**params))
    assert request.url == url
    assert "model_id" not in str(request.body)


def test_no_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(BadRequestError, match="aws_region_name="):
        encode(call())
    (tmp_path / "config").write_text("[default]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert "//bedrock-runtime.ap-south-1." in encode(call()).url


TALK = [{"role": "system", "content": "Be brief."}, *HI, {"role": "assistant", "content": "Ho"}, *HI]
LIMITS = {"max_tokens": 5, "temperature": 0.5, "top_p": 1}


@pytest.mark.parametrize(
    ("model", "messages", "params", "expected"),
    [
        ("amazon.titan-text-lite-v1", TALK, {**LIMITS, "stop": "|"},
         {"inputText": "System: Be brief.\nUser: Hi\nBot: Ho\nUser: Hi\nBot:",
          "textGenerationConfig": {"maxTokenCount": 5, "temperature": 0.5, "topP": 1, "stopSequences": ["|"]}}),
        ("amazon.titan-text-lite-v1", HI, {}, {"inputText": "User: Hi\nBot:"}),
        ("us.meta.llama3-8b-instruct-v1:0", TALK[1:3], LIMITS,
         {"prompt": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
                    "<|start_header_id|>assistant<|end_header_id|>\n\nHo<|eot_id|>"
                    "<|start_header_id|>assistant<|end_header_id|>\n\n",
          "max_gen_len": 5, "temperature": 0.5, "top_p": 1}),
        ("meta.llama4-scout-17b-instruct-v1:0", HI, {},
         {"prompt": "<|begin_of_text|><|header_start|>user<|header_end|>\n\nHi<|eot|>"
                    "<|header_start|>assistant<|header_end|>\n\n"}),
        ("cohere.command-light-text-v14", [user({"type": "text", "text": "Hi"}, "!")], {**LIMITS, "k": 3},
         {"prompt": "User: Hi!\nChatbot:", "max_tokens": 5, "temperature": 0.5, "p": 1, "k": 3}),
        (NOVA, TALK[:2], {"max_tokens": 5, "top_k": 3, "tools": [TOOL]},
         {"schemaVersion": "messages-v1", "system": [{"text": "Be brief."}], "messages": [user({"text": "Hi"})],
          "inferenceConfig": {"maxTokens": 5, "topK": 3}, "toolConfig": {"tools": [SPEC]}}),
        (NOVA, HI, {"reasoning_effort": "low"},
         {"schemaVersion": "messages-v1", "messages": [user({"text": "Hi"})],
          "reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
    ],
)  # fmt: skip
def test_invoke(model: str, messages: list[dict[str, Any]], params: dict[str, Any], expected: dict[str, Any]) -> None:
    request = encode_invoke(call(messages, model, **params))
    assert request.body == expected
    assert request.url.endswith(f"/model/{model.replace(':', '%3A')}/invoke-with-response-stream")


@pytest.mark.parametrize(
    ("model", "messages", "params", "kind", "words"),
    [
        ("amazon.titan-text-lite-v1", HI, {"tools": [TOOL]}, UnsupportedParamsError, "'tools'"),
        ("us.meta.llama3-8b-instruct-v1:0", HI, {"stop": "."}, UnsupportedParamsError, "'stop'"),
        ("amazon.titan-text-lite-v1", [user({"type": "image_url"})], {}, BadRequestError, "nothing but text"),
        ("amazon.titan-text-lite-v1", [{"role": "tool", "content": "1"}], {}, BadRequestError, "nothing but text"),
        ("cohere.command-r-v1:0", HI, {}, BadRequestError, "bedrock/converse/cohere.command-r-v1:0"),
    ],
)
def test_invoke_what_cannot_be_done(
    model: str, messages: list[dict[str, Any]], params: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        encode_invoke(call(messages, model, **params))
