"""Streams of Amazon Bedrock's InvokeModel, by vendor, and what comes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from rillm.streams import errors
from tests.kit.amazon import error, event, exception, wrapped
from tests.wire.table import Table
from tests.wire.table_bedrock_converse import PARTIAL, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.wire.table import Failure

METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 3, "outputTokenCount": 1, "firstByteLatency": 2}}
GUARDED = {"amazon-bedrock-guardrailAction": "INTERVENED", "amazon-bedrock-trace": {"a": 1}}
CACHED = {"cacheReadInputTokenCount": 20, "cacheWriteInputTokenCount": 5}
HI = {"text": "Hi", "finish_reason": "stop"}
NOVA = (
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hi"}}, **GUARDED},
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
)
NOVA_END = {"metadata": {"usage": {"inputTokens": 3, "outputTokens": 1}, "metrics": {}, "trace": {}}, **METRICS}


def chunks(*parts: dict[str, Any]) -> bytes:
    return b"".join(wrapped(part) for part in parts)


TITAN = chunks(
    {"outputText": "H", "index": 0, "completionReason": None},
    {"outputText": "i", "index": 0, "totalOutputTextTokenCount": 1, "completionReason": "FINISH", **METRICS},
)
LLAMA = chunks(
    {"generation": "H", "prompt_token_count": 3, "generation_token_count": 1, "stop_reason": None},
    {"generation": "i", "prompt_token_count": None, "generation_token_count": 1, "stop_reason": None},
    {"generation": "", "prompt_token_count": None, "generation_token_count": 1, "stop_reason": "stop", **METRICS},
)
COHERE = chunks(
    {"is_finished": False, "text": "H"},
    {"is_finished": False, "text": "i"},
    {"is_finished": True, "finish_reason": "COMPLETE", **METRICS},
)

# Vendor, body, summary.
ANSWERS: Final[Mapping[str, tuple[str, bytes, dict[str, Any]]]] = {
    "titan": ("titan", TITAN, said("stop", "FINISH", text="Hi")),
    "titan-length": (
        "titan",
        chunks({"outputText": "Hi", "completionReason": "LENGTH", **METRICS}),
        said("length", "LENGTH", text="Hi"),
    ),
    "titan-filtered": (
        "titan",
        chunks({"outputText": "Hi", "completionReason": "CONTENT_FILTERED", **METRICS, **GUARDED}),
        said(
            "content_filter", "CONTENT_FILTERED", text="Hi", fields={"guardrailAction": "INTERVENED", "trace": {"a": 1}}
        ),
    ),
    "titan-whole": (
        "titan",
        json.dumps(
            {"inputTextTokenCount": 3, "results": [{"outputText": "Hi", "completionReason": "FINISH"}]}
        ).encode(),
        {**HI, "provider_specific_fields": {"native_finish_reason": "FINISH"}},
    ),
    "llama": ("llama", LLAMA, said("stop", "stop", text="Hi")),
    "llama-reason-before-the-metrics": (
        "llama",
        chunks({"generation": "Hi", "stop_reason": "length"}, METRICS),
        said("length", "length", text="Hi"),
    ),
    "llama-without-metrics": (
        "llama",
        chunks({"generation": "Hi", "stop_reason": "stop"}),
        {**HI, "provider_specific_fields": {"native_finish_reason": "stop"}},
    ),
    "llama-whole": (
        "llama",
        json.dumps({"generation": "Hi", "stop_reason": "length", "prompt_token_count": 3}).encode(),
        {**HI, "finish_reason": "length", "provider_specific_fields": {"native_finish_reason": "length"}},
    ),
    "cohere": ("cohere", COHERE, said("stop", "COMPLETE", text="Hi")),
    "cohere-several": (
        "cohere",
        chunks(
            {"index": 0, "is_finished": False, "text": "a"},
            {"index": 1, "is_finished": False, "text": "b"},
            {"index": 1, "is_finished": True, "finish_reason": "MAX_TOKENS"},
            {"index": 0, "is_finished": True, "finish_reason": "COMPLETE", **METRICS},
        ),
        {
            "choices": [
                {
                    "text": "a",
                    "finish_reason": "stop",
                    "provider_specific_fields": {"native_finish_reason": "COMPLETE"},
                },
                {
                    "index": 1,
                    "text": "b",
                    "finish_reason": "length",
                    "provider_specific_fields": {"native_finish_reason": "MAX_TOKENS"},
                },
            ],
            "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
        },
    ),
    "cohere-whole": (
        "cohere",
        json.dumps({"generations": [{"text": "Hi", "finish_reason": "COMPLETE"}]}).encode(),
        {**HI, "provider_specific_fields": {"native_finish_reason": "COMPLETE"}},
    ),
    "claude-text": (
        "claude-text",
        chunks({"completion": " H", "stop_reason": None}, {"completion": "i", "stop_reason": "max_tokens", **METRICS}),
        said("length", "max_tokens", text=" Hi"),
    ),
    "nova": ("nova", chunks(*NOVA, NOVA_END), said("stop", "end_turn", text="Hi")),
    "nova-guarded": (
        "nova",
        chunks(*NOVA, {**NOVA_END, **GUARDED}),
        said("stop", "end_turn", text="Hi", fields={"guardrailAction": "INTERVENED", "trace": {"a": 1}}),
    ),
    "nova-whole": (
        "nova",
        json.dumps(
            {
                "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4},
            }
        ).encode(),
        said("stop", "end_turn", text="Hi"),
    ),
    "events-nobody-knows": ("titan", event("news", {"a": 1}) + TITAN, said("stop", "FINISH", text="Hi")),
    "cached": (
        "llama",
        chunks(
            {
                "generation": "Hi",
                "stop_reason": "stop",
                "amazon-bedrock-invocationMetrics": {**METRICS["amazon-bedrock-invocationMetrics"], **CACHED},
            }
        ),
        {
            **said("stop", "stop", text="Hi"),
            "usage": {
                "prompt_tokens": 28,
                "completion_tokens": 1,
                "total_tokens": 29,
                "prompt_tokens_details": {"cached_tokens": 20, "cache_creation_tokens": 5},
                "cache_read_input_tokens": 20,
                "cache_creation_input_tokens": 5,
            },
        },
    ),
}

START = chunks({"outputText": "Hi", "completionReason": None})
FAILURES: Final[Mapping[str, tuple[bytes, Failure]]] = {
    "throttled": (
        START + exception("throttlingException", "Slow down."),
        (errors.RateLimitError, 429, "Slow down.", PARTIAL),
    ),
    "throttled-at-once": (
        exception("throttlingException", "Slow down."),
        (errors.RateLimitError, 429, "Slow down.", None),
    ),
    "error": (START + error("InternalError", "Oops."), (errors.InternalServerError, 500, "Oops.", PARTIAL)),
    "cohere-failed": (
        chunks({"is_finished": False, "text": "Hi"}, {"is_finished": True, "finish_reason": "ERROR", **METRICS}),
        (errors.InternalServerError, 500, "no reason", PARTIAL),
    ),
    "cut": (START, (errors.StreamTruncatedError, 500, "cut off", PARTIAL)),
    "empty": (b"", (errors.StreamTruncatedError, 500, "cut off", None)),
    "cut-in-a-message": (START + TITAN[:-1], (errors.StreamTruncatedError, 500, "within a message", {"text": "HiH"})),
    "without-a-chunk": (START + event("chunk", {}), (errors.StreamDecodeError, 500, "no chunk in it", PARTIAL)),
    "no-base64": (START + event("chunk", {"bytes": "a"}), (errors.StreamDecodeError, 500, "no chunk in it", PARTIAL)),
    "no-json": (START + wrapped(b"{"), (errors.StreamDecodeError, 500, "not JSON", PARTIAL)),
    "no-object": (START + wrapped([1]), (errors.StreamDecodeError, 500, "not a JSON object", PARTIAL)),
    "whole-error": (b'{"message":"No."}', (errors.InternalServerError, 500, "No.", None)),
    "html": (b"<html><title>Bad Gateway</title></html>", (errors.StreamDecodeError, 500, "Bad Gateway", None)),
}


def of_vendor(vendor: str) -> Table:
    rows = {name: row for name, row in ANSWERS.items() if row[0] == vendor}
    bodies, answers = {name: row[1] for name, row in rows.items()}, {name: row[2] for name, row in rows.items()}
    return Table(f"bedrock-invoke-{vendor}", bodies, answers, {})


# By the format that finds out whose stream it is, and by that of each vendor.
BEDROCK_INVOKE: Final = [
    Table(
        "bedrock-invoke",
        {name: row[1] for name, row in ANSWERS.items()} | {name: row[0] for name, row in FAILURES.items()},
        {name: row[2] for name, row in ANSWERS.items()},
        {name: row[1] for name, row in FAILURES.items()},
    ),
    *map(of_vendor, dict.fromkeys(vendor for vendor, _, _ in ANSWERS.values())),
]
