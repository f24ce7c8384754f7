"""What comes of each file in `cases_cohere_v2`."""

from __future__ import annotations

from typing import Any, Final

from rillm.streams import errors
from tests.wire.table import Table, files

USED = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
BILLED = {**USED, "billed_units": {"input_tokens": 2, "output_tokens": 1}}


def ended(native: str = "COMPLETE", reason: str = "stop", **fields: Any) -> dict[str, Any]:
    return {
        "finish_reason": reason,
        "usage": BILLED,
        "provider_specific_fields": {**fields, "native_finish_reason": native},
    }


ADD, SUB = ("call_a", "add", '{"x":1}'), ("call_b", "sub", '{"y":2}')
TEXT = {"text": "Hi"}
HI = {**TEXT, **ended()}
CALLED = ended("TOOL_CALL", "tool_calls")

ANSWERS: Final = {
    "text": HI,
    "text-in-content-start": HI,
    "text-in-two-blocks": HI,
    "text-unicode": {**HI, "text": "\u00e9\u2028\U0001f600\x85"},
    "without-event-names": HI,
    "without-done": HI,
    "without-last-blank-line": HI,
    "unknown-events": HI,
    "thinking": {**HI, "reasoning": "Let me see."},
    "logprobs": {
        **TEXT,
        **ended(
            logprobs=[
                {"text": "H", "token_ids": [1], "logprobs": [-0.1]},
                {"text": "i", "token_ids": [2], "logprobs": [-0.2]},
            ]
        ),
    },
    "citations": {
        **TEXT,
        **ended(
            citations=[
                {"start": start, "end": start + 1, "text": text, "sources": [{"type": "document", "id": "doc:0"}],
                 "type": "TEXT_CONTENT"}
                for start, text in enumerate("Hi")
            ]
        ),
    },
    "calls": {"calls": [ADD, SUB], **ended("TOOL_CALL", "tool_calls", tool_plan="I will add.")},
    "calls-without-index": {"calls": [ADD, SUB], **CALLED},
    "calls-whole": {"calls": [ADD], **CALLED},
    "call-without-arguments": {"calls": [("call_a", "add", "")], **CALLED},
    "call-that-is-complete": {"calls": [ADD], **ended("COMPLETE", "tool_calls")},
    "finish-max-tokens": {**TEXT, **ended("MAX_TOKENS", "length")},
    "finish-stop-sequence": {**TEXT, **ended("STOP_SEQUENCE")},
    "finish-error-toxic": {**TEXT, **ended("ERROR_TOXIC", "content_filter")},
    "finish-unknown": {**TEXT, **ended("BORED", "BORED")},
    "finish-missing": {**TEXT, "finish_reason": "stop"},
    "usage-cached": {**HI, "usage": {**BILLED, "prompt_tokens_details": {"cached_tokens": 2}}},
    "usage-billed-only": {**HI, "usage": {**BILLED, "prompt_tokens": 2, "total_tokens": 3}},
    "usage-zero": {**HI, "usage": {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}},
    "usage-null": {key: value for key, value in HI.items() if key != "usage"},
    "whole-answer": {**HI, "reasoning": "Let me see."},
    "whole-answer-with-calls": {
        "calls": [ADD, SUB], **ended("TOOL_CALL", "tool_calls", tool_plan="I will add."), "usage": USED,
    },
}  # fmt: skip

CUT = (errors.StreamTruncatedError, 500, "cut off")
DECODE = (errors.StreamDecodeError, 500)
ODD = (*DECODE, "not what the format allows", TEXT)

FAILURES: Final = {
    "error-at-the-end": (errors.InternalServerError, 500, "Invalid tool generation", TEXT),
    "error-without-reason": (errors.InternalServerError, 500, "gave no reason", None),
    "error-timeout": (errors.Timeout, 504, "gave no reason", TEXT),
    "error-event": (errors.RateLimitError, 429, "Slow down", TEXT),
    "error-event-as-text": (errors.InternalServerError, 500, "upstream went away", TEXT),
    "error-object": (errors.ServiceUnavailableError, 529, "Overloaded", TEXT),
    "json-error": (errors.InternalServerError, 500, "invalid api token", None),
    "json-other": (errors.InternalServerError, 500, "gave no reason", None),
    "html": (*DECODE, "'502 Bad Gateway'", None),
    "plain-text": (*DECODE, "Internal Server Error", None),
    "empty": (*CUT, None),
    "malformed": ODD,
    "not-an-object": ODD,
    "delta-null": ODD,
    "content-not-text": ODD,
    "call-not-an-object": ODD,
    "usage-not-an-object": ODD,
    "cut-in-call": (*CUT, {"calls": [("call_a", "add", '{"x":')]}),
    "cut-in-plan": (*CUT, {"provider_specific_fields": {"tool_plan": "I will"}}),
    "cut-in-thinking": (*CUT, {"reasoning": "Let me"}),
    "cut-before-message-end": (*CUT, TEXT),
    "done-without-message-end": (*CUT, TEXT),
    "done-alone": (*CUT, None),
}

COHERE_V2: Final = Table("cohere-v2", files("cases_cohere_v2"), ANSWERS, FAILURES, end=b"message-end")
