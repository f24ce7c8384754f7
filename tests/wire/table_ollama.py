"""What comes of each file in `cases_ollama_chat` and `cases_ollama_generate`."""

from __future__ import annotations

from typing import Any, Final

from rillm.streams import errors
from tests.wire.table import Table, files

USED = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
TIMES = {"total_duration": 9, "load_duration": 1, "prompt_eval_duration": 2, "eval_duration": 4}


def ended(native: str | None = "stop", reason: str = "stop", **fields: Any) -> dict[str, Any]:
    told = {"native_finish_reason": native} if native else {}
    return {"finish_reason": reason, "usage": USED, "provider_specific_fields": {**TIMES, **fields, **told}}


def logprob(token: str, value: float) -> dict[str, Any]:
    return {"token": token, "logprob": value, "top_logprobs": []}


TEXT = {"text": "Hi"}
HI = {**TEXT, **ended()}
CALLED = ended("stop", "tool_calls")
ADD, SUB = ("add", '{"x":1}'), ("sub", '{"y":2}')
TOLD = {"provider_specific_fields": {"native_finish_reason": "stop"}}

ANSWERS: Final = {
    "text": HI,
    "text-with-the-end": HI,
    "text-unicode": {**HI, "text": "\u00e9\u2028\U0001f600\x85"},
    "crlf": HI,
    "blank-lines": HI,
    "without-last-line-end": HI,
    "empty-answer": ended(),
    "load": {"finish_reason": "stop", "provider_specific_fields": {"native_finish_reason": "load"}},
    "done-without-reason": {**TEXT, **ended(None)},
    "finish-length": {**TEXT, **ended("length", "length")},
    "finish-unknown": {**TEXT, **ended("bored", "bored")},
    "thinking": {**HI, "reasoning": "Let me see."},
    "thinking-with-content": {**HI, "reasoning": "Let me see."},
    "calls": {"calls": [ADD, SUB], **CALLED},
    "calls-in-one-line": {"calls": [ADD, SUB], **CALLED},
    "calls-with-the-end": {"calls": [ADD], **CALLED},
    "calls-with-ids": {"calls": [("call_a", *ADD), ("call_b", *SUB)], **CALLED},
    "call-without-arguments": {"calls": [("add", "{}")], **CALLED},
    "call-after-text": {**TEXT, "calls": [ADD], **CALLED},
    "logprobs": {
        **HI,
        "logprobs": {"content": [logprob("H", -0.1), logprob("i", -0.2)]},
    },
    "images": ended(images=["iVBORw0KGgo="]),
    "usage-cached": {**HI, "usage": {**USED, "prompt_tokens_details": {"cached_tokens": 2}}},
    "usage-without-prompt": {
        **TEXT,
        "finish_reason": "stop",
        **TOLD,
        "usage": {"completion_tokens": 1, "prompt_tokens": 0, "total_tokens": 1},
    },
    "usage-never": {**TEXT, "finish_reason": "stop", **TOLD},
    "created-unreadable": HI,
    "done-then-more": HI,
    "whole-answer": {**HI, "reasoning": "Hm."},
}

CUT = (errors.StreamTruncatedError, 500, "cut off")
DECODE = (errors.StreamDecodeError, 500)
ODD = (*DECODE, "not what the format allows", TEXT)

FAILURES: Final = {
    "error": (errors.InternalServerError, 500, "model 'm' not found", None),
    "error-in-midstream": (errors.InternalServerError, 500, "while running the model", TEXT),
    "error-object": (errors.RateLimitError, 429, "Slow down", TEXT),
    "html": (*DECODE, "'502 Bad Gateway'", None),
    "list": (errors.InternalServerError, 500, "Boom", None),
    "plain-text": (*DECODE, "Internal Server Error", None),
    "empty": (*CUT, None),
    "malformed": ODD,
    "not-an-object": ODD,
    "message-not-an-object": ODD,
    "content-not-text": ODD,
    "call-not-an-object": ODD,
    "cut-in-call": (*CUT, {"calls": [ADD]}),
    "cut-in-thinking": (*CUT, {"reasoning": "Let me"}),
    "cut-in-line": (*CUT, TEXT),
    "cut-before-done": (*CUT, TEXT),
}

OLLAMA_CHAT: Final = Table("ollama-chat", files("cases_ollama_chat"), ANSWERS, FAILURES, end=b'"done":true')
OLLAMA_GENERATE: Final = Table(
    "ollama-generate",
    files("cases_ollama_generate"),
    {
        "text": HI,
        "thinking": {**HI, "reasoning": "Let me see."},
        "context": {**TEXT, **ended(context=[1, 2, 3])},
        "finish-length": {**TEXT, **ended("length", "length")},
        "whole-answer": HI,
    },
    {
        "error-in-midstream": (errors.InternalServerError, 500, "Boom", TEXT),
        "cut-before-done": (*CUT, TEXT),
    },
    end=b'"done":true',
)
