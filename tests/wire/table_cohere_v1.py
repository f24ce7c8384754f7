"""What comes of each file in `cases_cohere_v1`."""

from __future__ import annotations

from typing import Any, Final

from rillm.streams import errors
from tests.wire.table import Table, files
from tests.wire.table_cohere_v2 import CUT, HI, ODD, TEXT, ended

CALLS = [("add", '{"x":1}'), ("sub", '{"y":2}')]


def cited(start: int, text: str) -> dict[str, Any]:
    return {"start": start, "end": start + 1, "text": text, "document_ids": ["d1"]}


ANSWERS: Final = {
    "text": HI,
    "empty-texts": HI,
    "calls": {"calls": CALLS, **ended("COMPLETE", "tool_calls")},
    "calls-in-two-events": {"calls": CALLS, **ended("COMPLETE", "tool_calls")},
    "citations": {**TEXT, **ended(citations=[cited(0, "H"), cited(1, "i")])},
    "search": {**TEXT, **ended(search_queries=[{"text": "q"}], documents=[{"id": "d1"}])},
    "finish-max-tokens": {**TEXT, **ended("MAX_TOKENS", "length")},
    "finish-error-limit": {**TEXT, **ended("ERROR_LIMIT", "length")},
    "finish-error-toxic": {**TEXT, **ended("ERROR_TOXIC", "content_filter")},
    "finish-user-cancel": {**TEXT, **ended("USER_CANCEL", "USER_CANCEL")},
    "usage-never": {key: value for key, value in HI.items() if key != "usage"},
    "whole-answer": {**TEXT, **ended(citations=[cited(0, "H")])},
    "whole-answer-with-calls": {"calls": CALLS, **ended("COMPLETE", "tool_calls")},
}

FAILURES: Final = {
    "error": (errors.InternalServerError, 500, "gave no reason", TEXT),
    "error-with-reason": (errors.InternalServerError, 500, "Boom", TEXT),
    "json-error": (errors.InternalServerError, 500, "invalid api token", None),
    "text-not-text": ODD,
    "call-not-an-object": ODD,
    "cut-before-the-end": (*CUT, TEXT),
}

COHERE_V1: Final = Table("cohere-v1", files("cases_cohere_v1"), ANSWERS, FAILURES, end=b"stream-end")
