"""What comes of each file in `cases_tgi`."""

from __future__ import annotations

from typing import Any, Final

from rillm.streams import errors
from tests.wire.table import Table, files


def spoken(*tokens: str, **fields: Any) -> dict[str, Any]:
    """What tokens without those that are special add up to."""
    text = "".join(token for token in tokens if not token.startswith("<"))
    return {"text": text, "logprobs": {"content": [logprob(token) for token in tokens]}, **fields}


def logprob(token: str, *likely: dict[str, Any]) -> dict[str, Any]:
    return {"token": token, "logprob": -0.5, "top_logprobs": list(likely)}


def ended(native: str = "eos_token", reason: str = "stop", tokens: int = 3, prompt: int = 0) -> dict[str, Any]:
    return {
        "finish_reason": reason,
        "provider_specific_fields": {"native_finish_reason": native},
        "usage": {"completion_tokens": tokens, "prompt_tokens": prompt, "total_tokens": tokens + prompt},
    }


HI = spoken("H", "i", "</s>", **ended())
SO_FAR = spoken("H", "i")
WITHOUT_DETAILS = {"finish_reason": "stop"}
LIKELY = [{"token": "H", "logprob": -0.5}, {"token": "Y", "logprob": -1.5}]

ANSWERS: Final = {
    "text": HI,
    "with-spaces": HI,
    "without-last-blank-line": HI,
    "text-with-the-end": spoken("H", "i", **ended("length", "length")),
    "without-details": spoken("H", "i", "</s>", **WITHOUT_DETAILS),
    "generated-text-of-the-prompt-too": HI,
    "generated-text-empty": {key: value for key, value in spoken("</s>", **ended()).items() if key != "text"},
    "special-tokens-first": spoken("<s>", "H", "i", "</s>", **ended()),
    "empty-token": spoken("H", "", "i", "</s>", **ended()),
    "finish-length": spoken("H", "i", "</s>", **ended("length", "length")),
    "finish-stop-sequence": spoken("H", "i", "</s>", **ended("stop_sequence")),
    "finish-unknown": spoken("H", "i", "</s>", **ended("bored", "bored")),
    "usage-with-prompt": spoken("H", "i", "</s>", **ended(prompt=7)),
    "usage-zero": {
        key: value for key, value in spoken("</s>", **ended(tokens=0, prompt=7)).items() if key != "text"
    },
    "top-tokens": {
        **HI,
        "logprobs": {"content": [logprob("H", *LIKELY), logprob("i"), logprob("</s>")]},
    },
    "without-logprobs": {"text": "Hi", **ended()},
    "keepalives": HI,
    "done-after-the-end": HI,
    "unicode": spoken("\u00e9\u2028", "\U0001f600\x85", "</s>", **ended()),
    "whole-answer": {"text": "Hi", **ended(prompt=7)},
    "whole-answer-in-a-list": {"text": "Hi", **WITHOUT_DETAILS},
}  # fmt: skip

CUT = (errors.StreamTruncatedError, 500, "cut off")
DECODE = (errors.StreamDecodeError, 500)
ODD = (*DECODE, "not what the format allows", SO_FAR)

FAILURES: Final = {
    "error": (errors.ContextWindowExceededError, 422, "too many tokens", None),
    "error-overloaded": (errors.RateLimitError, 429, "overloaded", None),
    "error-in-midstream": (errors.APIStatusError, 424, "failed during generation", SO_FAR),
    "error-incomplete": (errors.InternalServerError, 500, "Incomplete", SO_FAR),
    "error-event": (errors.InternalServerError, 500, "Boom", SO_FAR),
    "error-without-type": (errors.InternalServerError, 500, "currently loading", None),
    "json-other": (errors.InternalServerError, 500, "Not Found", None),
    "html": (*DECODE, "'502 Bad Gateway'", None),
    "empty": (*CUT, None),
    "malformed": ODD,
    "token-null": ODD,
    "text-not-text": ODD,
    "cut-before-the-end": (*CUT, SO_FAR),
    "done-marker": (*CUT, SO_FAR),
}

TGI: Final = Table("tgi-generate", files("cases_tgi"), ANSWERS, FAILURES, end=b'"generated_text"')
