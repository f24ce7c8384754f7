"""Streams of Amazon Bedrock, and what comes of them: the summary of the response (see `summary`), or an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from rillm.streams import errors
from tests.kit.amazon import (
    METADATA,
    START,
    answer,
    begin,
    call,
    delta,
    end,
    error,
    event,
    exception,
    message,
    stop,
    text,
)
from tests.wire.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.wire.table import Failure

CONVERSE: Final = "bedrock-converse"
USAGE = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}


def said(reason: str, native: str, **rest: Any) -> dict[str, Any]:
    fields = {"native_finish_reason": native, **rest.pop("fields", {})}
    return {"finish_reason": reason, "provider_specific_fields": fields, "usage": USAGE, **rest}


HI = said("stop", "end_turn", text="Hi")
ADD = ("t1", "add", '{"x":1}')
SUB = ("t2", "sub", '{"y":2}')
SIGNED = [{"type": "thinking", "thinking": "Hmm.", "signature": "s1"}]
CACHED = event(
    "metadata",
    {"usage": {"inputTokens": 3, "outputTokens": 1, "cacheReadInputTokens": 20, "cacheWriteInputTokens": 0}},
)
TRACE = {"guardrail": {"actionReason": "Guardrail blocked."}}
CITATION = {"title": "facts", "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 5}}}
SEARCH = ("t9", "nova_grounding", '{"q":', '"a"}')
WHOLE = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hmm.", "signature": "s1"}}},
                {"citationsContent": {"content": [{"text": "Hi"}], "citations": [CITATION]}},
                {"text": " there"},
                {"toolUse": {"toolUseId": "t1", "name": "add", "input": {"x": 1}}},
                {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4},
    "metrics": {"latencyMs": 5},
}

ANSWERS: Final[Mapping[str, tuple[bytes, dict[str, Any]]]] = {
    "text": (answer("H", "i"), HI),
    "text-in-several-blocks": (START + text("H") + end() + text("i", 1) + end(1) + stop() + METADATA, HI),
    "text-empty": (START + text("") + text("Hi") + text("") + stop() + METADATA, HI),
    "text-escaped": (answer("H\u00e9\u2028\U0001f600"), said("stop", "end_turn", text="H\u00e9\u2028\U0001f600")),
    "nothing": (START + stop() + METADATA, said("stop", "end_turn")),
    "without-start": (text("Hi") + stop() + METADATA, HI),
    "more-after-the-end": (answer("Hi") + text("!") + b"rest", HI),
    # Why it stopped
    "stop-sequence": (answer("Hi", reason="stop_sequence"), said("stop", "stop_sequence", text="Hi")),
    "max-tokens": (answer("Hi", reason="max_tokens"), said("length", "max_tokens", text="Hi")),
    "context-full": (
        answer("Hi", reason="model_context_window_exceeded"),
        said("length", "model_context_window_exceeded", text="Hi"),
    ),
    "guardrail": (
        START
        + text("Hi")
        + stop("guardrail_intervened")
        + event("metadata", {"usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4}, "trace": TRACE}),
        said("content_filter", "guardrail_intervened", text="Hi", fields={"trace": TRACE}),
    ),
    "filtered": (answer(reason="content_filtered"), said("content_filter", "content_filtered")),
    "malformed-call": (answer("Hi", reason="malformed_tool_use"), said("stop", "malformed_tool_use", text="Hi")),
    "stop-nobody-knows": (answer("Hi", reason="tired"), said("stop", "tired", text="Hi")),
    "fields-of-the-model": (
        START + text("Hi") + stop(additionalModelResponseFields={"stop_sequence": "."}) + METADATA,
        said("stop", "end_turn", text="Hi", fields={"additionalModelResponseFields": {"stop_sequence": "."}}),
    ),
    # Calls
    "call": (
        START + call(0, *ADD[:2], '{"x"', ":1}") + stop("tool_use") + METADATA,
        said("tool_calls", "tool_use", calls=[ADD]),
    ),
    "calls-after-text": (
        START + text("Hi") + end() + call(1, *ADD) + call(2, *SUB) + stop("tool_use") + METADATA,
        said("tool_calls", "tool_use", text="Hi", calls=[ADD, SUB]),
    ),
    "calls-interleaved": (
        START
        + begin(4, {"toolUse": {"toolUseId": "t1", "name": "add"}})
        + begin(7, {"toolUse": {"toolUseId": "t2", "name": "sub"}})
        + delta({"toolUse": {"input": '{"y":2'}}, 7)
        + delta({"toolUse": {"input": '{"x":1}'}}, 4)
        + delta({"toolUse": {"input": "}"}}, 7)
        + end(4)
        + end(7)
        + stop("tool_use")
        + METADATA,
        said("tool_calls", "tool_use", calls=[ADD, SUB]),
    ),
    "call-without-input": (
        START + call(0, "t1", "now") + stop("tool_use") + METADATA,
        said("tool_calls", "tool_use", calls=[("t1", "now", "{}")]),
    ),
    "call-and-end-turn": (START + call(0, *ADD) + stop() + METADATA, said("tool_calls", "end_turn", calls=[ADD])),
    "call-cut-by-max-tokens": (
        START + call(0, "t1", "add", '{"x"') + stop("max_tokens") + METADATA,
        said("length", "max_tokens", calls=[("t1", "add", '{"x"')]),
    ),
    "call-by-the-provider": (
        START
        + call(0, *SEARCH, type="server_tool_use")
        + begin(1, {"toolResult": {"toolUseId": "t9", "type": "nova_grounding_result", "status": "success"}})
        + delta({"toolResult": [{"text": "[HIDDEN]"}]}, 1)
        + end(1)
        + text("Hi", 2)
        + end(2)
        + stop()
        + METADATA,
        said(
            "stop",
            "end_turn",
            text="Hi",
            fields={
                "server_tool_calls": [
                    {"id": "t9", "type": "server_tool_use", "name": "nova_grounding", "arguments": '{"q":"a"}'}
                ]
            },
        ),
    ),
    "answer-in-json": (
        START + call(0, "t1", "json_tool_call", '{"x"', ":1}") + stop("tool_use") + METADATA,
        said("stop", "tool_use", text='{"x":1}'),
    ),
    "answer-in-json-and-a-call": (
        START + call(0, "t1", "json_tool_call", "{}") + call(1, *ADD) + stop("tool_use") + METADATA,
        said("tool_calls", "tool_use", text="{}", calls=[ADD]),
    ),
    # Reasoning and citations
    "reasoning": (
        START
        + delta({"reasoningContent": {"text": "Hm"}})
        + delta({"reasoningContent": {"text": "m."}})
        + delta({"reasoningContent": {"signature": "s1"}})
        + end()
        + text("Hi", 1)
        + stop()
        + METADATA,
        {**HI, "reasoning": "Hmm.", "thinking_blocks": SIGNED},
    ),
    "reasoning-redacted": (
        START + delta({"reasoningContent": {"redactedContent": "RW1FSw=="}}) + text("Hi", 1) + stop() + METADATA,
        {**HI, "thinking_blocks": [{"type": "redacted_thinking", "data": "EmEK"}]},
    ),
    "reasoning-redacted-no-base64": (
        START + delta({"reasoningContent": {"data": "E!"}}) + text("Hi", 1) + stop() + METADATA,
        {**HI, "thinking_blocks": [{"type": "redacted_thinking", "data": "E!"}]},
    ),
    "citation": (
        START + delta({"citation": CITATION}) + text("Hi") + stop() + METADATA,
        said("stop", "end_turn", text="Hi", fields={"citations": [CITATION]}),
    ),
    # Usage
    "cached": (
        START + text("Hi") + stop() + CACHED,
        {
            **HI,
            "usage": {
                "prompt_tokens": 23,
                "completion_tokens": 1,
                "total_tokens": 24,
                "prompt_tokens_details": {"cached_tokens": 20, "cache_creation_tokens": 0},
                "cache_read_input_tokens": 20,
                "cache_creation_input_tokens": 0,
            },
        },
    ),
    # What nobody knows
    "odd-events": (
        message({":event-type": "initial-response", ":message-type": "event"}, b"{}")
        + event("news", {"a": 1})
        + message({}, b'{"a":1}')
        + delta({"smell": "rose"})
        + delta("Hi")
        + delta({"reasoningContent": {"mood": "good"}})
        + begin(3, {"image": {"format": "png"}})
        + event("contentBlockStart", {"contentBlockIndex": "x", "start": None})
        + text("Hi")
        + event("contentBlockStop", {})
        + stop()
        + METADATA,
        HI,
    ),
    "metadata-without-usage": (
        START + text("Hi") + stop() + event("metadata", {"metrics": {}}),
        {key: HI[key] for key in HI if key != "usage"},
    ),
    # No stream
    "whole": (
        json.dumps(WHOLE).encode(),
        said(
            "tool_calls",
            "tool_use",
            text="Hi there",
            reasoning="Hmm.",
            thinking_blocks=SIGNED,
            calls=[ADD],
            fields={"citations": [CITATION]},
        ),
    ),
}

PARTIAL = {"text": "Hi"}
FAILURES: Final[Mapping[str, tuple[bytes, Failure]]] = {
    "throttled": (
        START + text("Hi") + exception("throttlingException", "Slow down."),
        (errors.RateLimitError, 429, "Slow down.", PARTIAL),
    ),
    "throttled-at-once": (
        exception("throttlingException", "Slow down."),
        (errors.RateLimitError, 429, "Slow down.", None),
    ),
    "model-failed": (
        START + text("Hi") + exception("modelStreamErrorException", "It broke."),
        (errors.InternalServerError, 500, "It broke.", PARTIAL),
    ),
    "model-failed-with-its-status": (
        exception("modelStreamErrorException", "It broke.", originalStatusCode=503, originalMessage="Busy."),
        (errors.ServiceUnavailableError, 503, "It broke.", None),
    ),
    "internal": (
        START + text("Hi") + exception("internalServerException", "Oops."),
        (errors.InternalServerError, 500, "Oops.", PARTIAL),
    ),
    "unavailable": (
        exception("serviceUnavailableException", "Later."),
        (errors.ServiceUnavailableError, 503, "Later.", None),
    ),
    "validation": (exception("validationException", "No."), (errors.BadRequestError, 400, "No.", None)),
    "too-long": (
        exception("validationException", "Input is too long for requested model."),
        (errors.ContextWindowExceededError, 400, "too long", None),
    ),
    "too-slow": (exception("modelTimeoutException", "Too slow."), (errors.Timeout, 408, "Too slow.", None)),
    "denied": (exception("accessDeniedException", "No."), (errors.PermissionDeniedError, 403, "No.", None)),
    "exception-nobody-knows": (exception("oddException", "Hm."), (errors.InternalServerError, 500, "Hm.", None)),
    "exception-without-message": (
        message({":message-type": "exception", ":exception-type": "throttlingException"}, b""),
        (errors.RateLimitError, 429, "throttlingException", None),
    ),
    "exception-in-plain-text": (
        message({":message-type": "exception", ":exception-type": "throttlingException"}, b"Slow down."),
        (errors.RateLimitError, 429, "Slow down.", None),
    ),
    "error": (
        START + text("Hi") + error("InternalError", "Oops."),
        (errors.InternalServerError, 500, "Oops.", PARTIAL),
    ),
    "error-of-a-name": (error("ThrottlingException", "Slow down."), (errors.RateLimitError, 429, "Slow down.", None)),
    # Ends that are none
    "empty": (b"", (errors.StreamTruncatedError, 500, "cut off", None)),
    "cut-after-text": (START + text("Hi"), (errors.StreamTruncatedError, 500, "cut off", PARTIAL)),
    "cut-after-stop": (START + text("Hi") + stop(), (errors.StreamTruncatedError, 500, "cut off", PARTIAL)),
    "cut-in-a-message": (
        START + text("Hi") + stop()[:-1],
        (errors.StreamTruncatedError, 500, "within a message", PARTIAL),
    ),
    "cut-in-the-first": (START[:7], (errors.StreamTruncatedError, 500, "within a message", None)),
    "metadata-without-stop": (
        START + text("Hi") + METADATA,
        (errors.StreamTruncatedError, 500, "cut off", {**PARTIAL, "usage": USAGE}),
    ),
    # Damage
    "damaged": (START + text("Hi") + b"\x00" * 12, (errors.StreamDecodeError, 500, "damaged", PARTIAL)),
    "damaged-payload": (
        START + text("Hi") + text("there").replace(b"there", b"where"),
        (errors.StreamDecodeError, 500, "damaged", PARTIAL),
    ),
    "no-json": (
        START + text("Hi") + message({":event-type": "messageStop"}, b"{"),
        (errors.StreamDecodeError, 500, "not JSON", PARTIAL),
    ),
    "nul": (
        message({":event-type": "contentBlockDelta"}, b'{"delta":{"text":"\x00"}}'),
        (errors.StreamDecodeError, 500, "not JSON", None),
    ),
    "no-utf-8": (
        message({":event-type": "contentBlockDelta"}, b'{"delta":{"text":"\xff"}}'),
        (errors.StreamDecodeError, 500, "not JSON", None),
    ),
    "no-object": (
        message({":event-type": "messageStop"}, b"[]"),
        (errors.StreamDecodeError, 500, "not a JSON object", None),
    ),
    "call-of-wrong-types": (
        START + text("Hi") + begin(1, {"toolUse": {"toolUseId": 5, "name": ["add"]}}),
        (errors.StreamDecodeError, 500, "tool_calls", PARTIAL),
    ),
    # No stream
    "whole-error": (b'{"message":"No."}', (errors.InternalServerError, 500, "No.", None)),
    "whole-error-of-the-gateway": (
        b'{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}',
        (errors.InternalServerError, 500, "no reason", None),
    ),
    "html": (b"<html><title>Bad Gateway</title></html>", (errors.StreamDecodeError, 500, "Bad Gateway", None)),
    "plain-text": (b"upstream connect error", (errors.StreamDecodeError, 500, "upstream", None)),
}

BODIES: Final = {name: body for name, (body, _) in [*ANSWERS.items(), *FAILURES.items()]}
BEDROCK_CONVERSE: Final = Table(
    CONVERSE,
    BODIES,
    {name: expected for name, (_, expected) in ANSWERS.items()},
    {name: expected for name, (_, expected) in FAILURES.items()},
)
