"""What comes of each file in `cases_openai_chat`; names of those in legacy completions begin with "completions"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.streams import errors
from tests.wire.table import files, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.wire.table import Failure

HI = {"text": "Hi", "finish_reason": "stop"}
ADD = ("call_a", "add", '{"x":1}')
SUB = ("call_b", "sub", '{"y":2}')
ONE_CALL = {"calls": [ADD], "finish_reason": "tool_calls"}
TWO_CALLS = {"calls": [ADD, SUB], "finish_reason": "tool_calls"}
USED = {"usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}
AB = {"text": "ab", "finish_reason": "length"}
XY = {"text": "xy", "finish_reason": "stop"}

# The summary of the response (see `summary`). Where it has no usage, the usage is an estimate.
ANSWERS: Final[Mapping[str, dict[str, Any]]] = {
    # First chunks
    "role-first": {**HI, "text": "Hi there"},
    "role-never": HI,
    "role-always": HI,
    "prompt-filter-first": {**HI, "prompt_filter_results": [{"prompt_index": 0}]},
    "extras-of-a-dropped-chunk": {**HI, "prompt_filter_results": [{"prompt_index": 0}], "provider": "p"},
    "system-fingerprint": {**HI, "service_tier": "default"},
    "head-of-wrong-types": HI,
    # Usage
    "usage-never": HI,
    "usage-on-finish": {**HI, **USED},
    "usage-always": {**HI, "usage": {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}},
    "usage-midstream": {**HI, "text": "Hi!", **USED},
    "usage-after-finish": {**HI, **USED},
    "usage-zero": {**HI, "usage": {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}},
    "usage-null": {**HI, **USED},
    "usage-in-parts": {
        **HI,
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 1},
        },
    },
    "usage-unreadable": HI,
    "usage-in-x-groq": {**HI, **USED, "x_groq": {"id": "r1"}},
    # Several choices
    "two-choices": {"choices": [AB, {"index": 1, **XY}]},
    "two-choices-in-one-chunk": {"choices": [AB, {"index": 1, **XY, "text": "x"}]},
    "choices-from-1": {"choices": [{"index": 1, **AB}, {"index": 2, **XY}]},
    "one-choice-at-1": {"index": 1, **HI},
    # Tool calls
    "calls": TWO_CALLS,
    "calls-interleaved": TWO_CALLS,
    "calls-all-at-0": TWO_CALLS,
    "calls-without-index": TWO_CALLS,
    "calls-from-1": TWO_CALLS,
    "calls-index-as-text": TWO_CALLS,
    "calls-index-only-later": ONE_CALL,
    "calls-id-empty": TWO_CALLS,
    "calls-without-ids": {**TWO_CALLS, "calls": [(None, *ADD[1:]), (None, *SUB[1:])]},
    "calls-id-repeated": TWO_CALLS,
    "calls-id-always-new": TWO_CALLS,
    "calls-id-the-same": {**TWO_CALLS, "calls": [("0", *ADD[1:]), ("0", *SUB[1:])]},
    "calls-name-repeated": TWO_CALLS,
    "calls-new-id-at-same-index": TWO_CALLS,
    "calls-arguments-object": ONE_CALL,
    "calls-arguments-null": ONE_CALL,
    "calls-type-null": {**ONE_CALL, "calls": [("call_a", "add", "{}")]},
    "calls-function-null": ONE_CALL,
    "calls-whole-in-one-delta": {**TWO_CALLS, "calls": [(None, *ADD[1:]), (None, *SUB[1:])]},
    "calls-whole-in-one-delta-at-0": {**TWO_CALLS, "calls": [(None, "add", ""), (None, "sub", "")]},
    "calls-as-an-object": ONE_CALL,
    "calls-custom": {**TWO_CALLS, "calls": [("call_a", "code", "haha"), ("call_b", "code", "x")]},
    "calls-custom-without-index": {**TWO_CALLS, "calls": [("call_a", "code", "1"), ("call_b", "code", "2")]},
    "calls-with-signature": {**ONE_CALL, "calls": [("call_a", "add", "{}")]},
    "call-with-finish": {**ONE_CALL, "calls": [("call_a", "add", "{}")]},
    "function-call": {"function_call": {"name": "add", "arguments": '{"x":1}'}, "finish_reason": "function_call"},
    # What comes beside the answer
    "reasoning-content": {**HI, "reasoning": "Let me see."},
    "reasoning": {**HI, "reasoning": "Let me see."},
    "reasoning-with-content": {**HI, "reasoning": "Let me"},
    "reasoning-both": {**HI, "reasoning": "Let me see."},
    "reasoning-details": {
        **HI,
        "reasoning": "Let me",
        "reasoning_details": [
            {"type": "reasoning.text", "text": "Let me", "signature": "sig", "format": "f", "index": 0},
            {"type": "reasoning.encrypted", "data": "e1", "index": 0},
            {"type": "reasoning.encrypted", "data": "e2", "index": 0},
        ],
    },
    "refusal": {"refusal": "I can't.", "finish_reason": "stop"},
    "logprobs": {
        **HI,
        "text": "Hi!",
        "logprobs": {
            "content": [
                {"token": "H", "logprob": -0.1, "top_logprobs": []},
                {"token": "i", "logprob": -0.2, "top_logprobs": []},
                {"token": "!", "logprob": -0.3, "top_logprobs": []},
            ]
        },
    },
    "logprobs-as-a-number": {**HI, "logprobs": {"token_logprobs": [-0.5, -0.25]}},
    "citations": {**HI, "citations": ["https://a.example", "https://b.example"]},
    "annotations": {
        **HI,
        "annotations": [
            {"type": "url_citation", "url_citation": {"url": "https://a.example"}},
            {"type": "url_citation", "url_citation": {"url": "https://b.example"}},
        ],
    },
    "audio": {
        "audio": {"id": "audio_1", "transcript": "Hi there", "data": "AAAABBBB", "expires_at": 9},
        "finish_reason": "stop",
    },
    "content-parts": {**HI, "reasoning": "Let me see."},
    "unicode": {**HI, "text": "\u00e9\u2028\U0001f600\x85"},
    # Ends
    "finish-with-content": HI,
    "finish-alone": {"finish_reason": "content_filter"},
    "finish-twice": {**HI, "stop_reason": "###"},
    "finish-changes": {**HI, "text": "Hi!"},
    "finish-empty-text": {**HI, "finish_reason": "length"},
    "finish-with-native": {**HI, "native_finish_reason": "end_turn"},
    "finish-without-done": HI,
    "cut-after-finish": HI,
    "done-without-finish": HI,
    "done-without-finish-with-calls": {**ONE_CALL, "calls": [("call_a", "add", "{}")]},
    "done-alone": {"finish_reason": "stop"},
    "done-with-blanks": HI,
    "done-then-more": HI,
    "done-without-blank-line": HI,
    # Framing and odd frames
    "keepalives": HI,
    "crlf": HI,
    "named-events": HI,
    "obfuscation": HI,
    "choices-null": HI,
    "delta-null": HI,
    "delta-empty-and-message": HI,
    # Answers that came whole
    "whole-answer": {**HI, **USED},
    "whole-answer-with-calls": {**TWO_CALLS, "reasoning": "Hm.", **USED},
    "whole-answer-two-choices": {"choices": [{**HI, "text": "a"}, {"index": 1, **HI, "text": "x"}], **USED},
    "whole-answer-framed": {**HI, **USED},
    # Legacy completions
    "completions": {**HI, "finish_reason": "length", **USED},
    "completions-logprobs": {**HI, "logprobs": {"tokens": ["H", "i"], "token_logprobs": [-0.1, -0.2]}},
    "completions-whole-answer": HI,
}

CUT = (errors.StreamTruncatedError, 500, "cut off")
DECODE = (errors.StreamDecodeError, 500)
BOOM = (errors.InternalServerError, 500, "Boom")
UPSTREAM = (errors.BadGatewayError, 502, "Upstream")
TEXT = {"text": "Hi"}

# The error's class and status, words of its message, and the summary of its `.partial`: None where nothing had come.
FAILURES: Final[Mapping[str, Failure]] = {
    # Errors as frames
    "error-first": (*BOOM, None),
    "error-in-midstream": (*BOOM, TEXT),
    "error-after-calls": (*BOOM, {"calls": [("call_a", "add", '{"x":')]}),
    "error-after-usage": (*BOOM, {**TEXT, **USED}),
    "error-numeric-code": (*UPSTREAM, TEXT),
    "error-code-as-text": (errors.RateLimitError, 429, "Busy", TEXT),
    "error-own-code": (errors.InternalServerError, 500, "Rate", TEXT),
    "error-overloaded": (errors.ServiceUnavailableError, 529, "Overloaded", TEXT),
    "error-rate-limit": (errors.RateLimitError, 429, "Slow down", TEXT),
    "error-authentication": (errors.AuthenticationError, 401, "Bad key", None),
    "error-context-window": (errors.ContextWindowExceededError, 400, "maximum context length", None),
    "error-content-filter": (errors.ContentPolicyViolationError, 400, "Refused", TEXT),
    "error-as-text": (*BOOM, TEXT),
    "error-event": (errors.NotFoundError, 404, "Gone", TEXT),
    "error-event-bare": (errors.Timeout, 504, "Boom", TEXT),
    "error-event-as-text": (errors.InternalServerError, 500, "upstream went away", TEXT),
    "error-object": (errors.BadRequestError, 400, "Too long", TEXT),
    "error-object-bare": (errors.ServiceUnavailableError, 503, "gave no reason", TEXT),
    "error-without-name": (errors.ServiceUnavailableError, 503, "Down", TEXT),
    "error-with-choices": (*UPSTREAM, TEXT),
    "error-with-content": (*UPSTREAM, TEXT),
    "error-in-choice": (*UPSTREAM, TEXT),
    "error-in-x-groq": (errors.InternalServerError, 500, "over capacity", TEXT),
    "completions-error": (errors.RateLimitError, 429, "Slow down", TEXT),
    # Bodies that are no stream
    "json-error": (errors.NotFoundError, 404, "No such model", None),
    "json-error-list": (errors.RateLimitError, 429, "Quota", None),
    "json-error-null": (errors.PermissionDeniedError, 403, "Nope", None),
    "json-detail": (errors.InternalServerError, 500, "Not authenticated", None),
    "json-cut": (*CUT, None),
    "html": (*DECODE, "'502 Bad Gateway'", None),
    "html-without-title": (*DECODE, "<body>Hello</body>", None),
    "plain-text": (*DECODE, "Internal Server Error", None),
    "plain-text-one-line": (*DECODE, "upstream connect error: reset", None),
    "empty": (*CUT, None),
    "blank": (*CUT, None),
    "only-comments": (*CUT, None),
    # Frames that are not what the format allows
    "malformed": (*DECODE, "not JSON", TEXT),
    "nul": (*DECODE, "not JSON", TEXT),
    "invalid-utf-8": (*DECODE, "not JSON", TEXT),
    "not-json": (*DECODE, "not JSON", TEXT),
    "nested-too-deep": (*DECODE, "not JSON", TEXT),
    "number": (*DECODE, "not a JSON object: '42'", TEXT),
    "string": (*DECODE, "not a JSON object", TEXT),
    "list": (*DECODE, "not a JSON object", TEXT),
    "null": (*DECODE, "not a JSON object", TEXT),
    "choices-not-a-list": (*DECODE, "at choices:", TEXT),
    "choices-an-object": (*DECODE, "at choices:", TEXT),
    "choice-not-an-object": (*DECODE, "at choices.0:", TEXT),
    "delta-not-an-object": (*DECODE, "at choices.0.delta:", TEXT),
    "content-not-text": (*DECODE, "at choices.0.delta.content:", TEXT),
    "calls-not-objects": (*DECODE, "at choices.0.delta.tool_calls.0:", TEXT),
    "function-not-an-object": (*DECODE, "at choices.0.delta.tool_calls.0.function:", TEXT),
    "index-not-a-number": (*DECODE, "at choices.0.index:", TEXT),
    "completions-malformed": (*DECODE, "not JSON", TEXT),
    "completions-choices-not-a-list": (*DECODE, "at choices:", TEXT),
    # Data that ends too early
    "cut-without-finish": (*CUT, TEXT),
    "cut-in-frame": (*CUT, TEXT),
    "cut-in-first-field": (*CUT, None),
    "cut-before-blank-line": (*CUT, {"text": "Hi!"}),
    "cut-with-one-choice-open": (*CUT, {"choices": [{"text": "a"}, {"index": 1, "text": "x"}]}),
    "cut-in-call": (*CUT, {"calls": [("call_a", "add", '{"x":')]}),
    "cut-in-reasoning": (*CUT, {"reasoning": "Let me"}),
    "completions-cut": (*CUT, TEXT),
}


def format_of(name: str) -> str:
    return "openai-completions" if name.startswith("completions") else "openai-chat"


BODIES: Final = files("cases_openai_chat")
OPENAI: Final = tables(BODIES, ANSWERS, FAILURES, format_of)
