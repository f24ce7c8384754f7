"""What comes of each file in `cases_watsonx_text` and `cases_writer_completions`."""

from __future__ import annotations

from typing import Any, Final

from rillm.streams import errors
from tests.wire.table import Table, files

TEXT = {"text": "Hi"}
USED = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
CUT = (errors.StreamTruncatedError, 500, "cut off")
ODD = (errors.StreamDecodeError, 500, "not what the format allows", TEXT)
BUSY = (errors.RateLimitError, 429, "Slow down", TEXT)
WRITTEN = {**TEXT, "finish_reason": "stop"}


def ended(native: str = "eos_token", reason: str = "stop") -> dict[str, Any]:
    fields = {"native_finish_reason": native}
    return {**TEXT, "finish_reason": reason, "usage": USED, "provider_specific_fields": fields}


WATSONX_TEXT: Final = Table(
    "watsonx-text",
    files("cases_watsonx_text"),
    {
        "text": ended(),
        "text-with-the-end": ended("max_tokens", "length"),
        "system-first": ended("stop_sequence"),
        "whole-answer": ended(),
    },
    {
        "error": (errors.NotFoundError, 404, "No such model", None),
        "error-in-midstream": (errors.NotFoundError, 404, "No such model", TEXT),
        "finish-error": (errors.InternalServerError, 500, "the reason 'error'", TEXT),
        "finish-cancelled": (errors.APIStatusError, 499, "the reason 'cancelled'", TEXT),
        "malformed": ODD,
        "results-not-a-list": ODD,
        "cut-before-the-end": (*CUT, TEXT),
    },
    end=b"stop_reason",
)
WRITER_COMPLETIONS: Final = Table(
    "writer-completions",
    files("cases_writer_completions"),
    {
        "text": WRITTEN,
        "without-last-blank-line": WRITTEN,
        "without-last-line-end": WRITTEN,
        "done-marker": WRITTEN,
        "whole-answer": WRITTEN,
    },
    {
        "error": BUSY,
        "json-error": (errors.InternalServerError, 500, "Not authenticated", None),
        "value-not-text": ODD,
        "cut-in-event": (*CUT, TEXT),
        "empty": (*CUT, None),
    },
    end=None,
)
