"""What comes of each file in `cases_gemini`; those of interactions have names that begin with "interaction"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.streams import errors
from tests.wire.table import files, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.wire.table import Failure


def native(reason: str, **fields: Any) -> dict[str, Any]:
    return {"provider_specific_fields": {"native_finish_reason": reason, **fields}}


def stopped(**fields: Any) -> dict[str, Any]:
    return {"finish_reason": "stop", **native("STOP", **fields)}


STOP = stopped()
HI = {"text": "Hi", **STOP}
HI_THERE = {"text": "Hi there", **STOP}
USED = {"usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}
ADD = ("call_af9103ecccb98b52831de011", "add", '{"x":1}')  # made of the response's id, so always the same
SECOND = "call_502f9ead7daee8e9ba61fc37"
CALLED = {"finish_reason": "tool_calls", **native("STOP")}
CITATION = {"uri": "https://e.org/1"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}, "index": 0}
COMPLETED = {"finish_reason": "stop", **native("completed")}
THOUGHT = {
    "text": "Hi there",
    "reasoning": "Let me see.",
    "finish_reason": "stop",
    **native("completed", thought_signatures=["s1"]),
    "usage": {
        "prompt_tokens": 19,
        "completion_tokens": 12,
        "total_tokens": 31,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 7},
    },
}


def token(text: str, logprob: float, *others: dict[str, Any]) -> dict[str, Any]:
    top = {"top_logprobs": list(others)} if others else {}
    return {"token": text, "logprob": logprob, "bytes": list(text.encode()), **top}


# The summary of the response (see `summary`). Where it has no usage, the usage is an estimate.
ANSWERS: Final[Mapping[str, dict[str, Any]]] = {
    # Text
    "text": {**HI_THERE, **USED},
    "text-lf": {**HI_THERE, **USED},
    "text-last-blank-line-missing": {**HI_THERE, **USED},
    "text-in-parts": HI_THERE,
    "text-without-names": HI_THERE,
    "text-with-ratings": HI_THERE,
    "named-events": {**HI_THERE, **USED},
    "unknown-event": HI_THERE,
    "odd-candidates": HI_THERE,
    "odd-text": {"text": "Hi5", **STOP},
    # The end
    "finish-always": {**HI_THERE, **USED},
    "finish-alone": {"text": "Hi", "finish_reason": "length", **native("MAX_TOKENS")},
    "finish-first": {
        "finish_reason": "content_filter",
        **native("SAFETY", safety_ratings=[{"category": "C", "probability": "HIGH", "blocked": True}]),
        **USED,
    },
    "finish-unspecified": HI_THERE,
    "finish-unknown": {"text": "Hi", "finish_reason": "stop", **native("SOMETHING_NEW")},
    "finish-malformed-call": {
        "finish_reason": "stop",
        **native("MALFORMED_FUNCTION_CALL", finish_message="Malformed function call: add("),
    },
    "finish-recitation": {
        "text": "Hi",
        "finish_reason": "content_filter",
        **native("RECITATION", citations=[{"startIndex": 0, "endIndex": 2, **CITATION}]),
    },
    "blocked": {
        "finish_reason": "content_filter",
        **native("PROHIBITED_CONTENT"),
        "usage": {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3},
    },
    "blocked-with-words": {
        "finish_reason": "content_filter",
        **native("SAFETY", finish_message="No.", safety_ratings=[{"category": "C", "probability": "HIGH"}]),
    },
    "feedback-without-block": HI,
    # Usage
    "usage-grows": {
        "text": "Hi there!",
        **STOP,
        "usage": {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6},
    },
    "usage-after-finish": {**HI, **USED},
    "usage-first-with-text": {**HI_THERE, **USED},
    "usage-partly-later": {
        **HI,
        "usage": {
            "prompt_tokens": 4,
            "completion_tokens": 5,
            "total_tokens": 9,
            "prompt_tokens_details": {"cached_tokens": 2},
        },
    },
    "usage-details": {
        **HI,
        "usage": {
            "prompt_tokens": 30,
            "completion_tokens": 12,
            "total_tokens": 42,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 4, "text_tokens": 6},
            "completion_tokens_details": {"reasoning_tokens": 7, "image_tokens": 5},
        },
    },
    "usage-unreadable": HI,
    # Thoughts
    "thoughts": {**HI, "reasoning": "Let me see."},
    "signature-of-text": {"text": "Hi", **stopped(thought_signatures=["s1"])},
    # Calls
    "call": {"text": "Well.", "calls": [ADD], **CALLED, **USED},
    "call-with-id": {"calls": [("8xju7mua", *ADD[1:])], **CALLED},
    "call-without-arguments": {"calls": [(ADD[0], "now", "{}")], **CALLED},
    "calls-in-one-chunk": {"calls": [ADD, (SECOND, "sub", '{"y":"ü\\n"}')], **CALLED},
    "calls-in-two-chunks": {"calls": [ADD, (SECOND, "sub", "{}")], **CALLED},
    "call-and-length": {"calls": [ADD], "finish_reason": "tool_calls", **native("MAX_TOKENS")},
    "call-and-safety": {"calls": [ADD], "finish_reason": "content_filter", **native("SAFETY")},
    "call-streamed": {
        "calls": [("c1", "add", '{"x":1,"who":{"name":"Ada \\"L\\"","tags":["a",false]},"last one":null}')],
        **CALLED,
        **USED,
    },
    "call-streamed-in-one": {"calls": [(ADD[0], "add", '{"x":1,"y":[[{"z":"a"}]]}')], **CALLED},
    "call-streamed-empty": {"calls": [(ADD[0], "now", "{}")], **CALLED},
    "call-streamed-without-end": {"calls": [ADD, (SECOND, "sub", '{"y":"b"}')], **CALLED},
    "call-streamed-cut-by-length": {
        "calls": [(ADD[0], "add", '{"x":"12')],
        "finish_reason": "length",
        **native("MAX_TOKENS"),
    },
    "call-end-alone": HI,
    "call-odd": {"calls": [(ADD[0], "add", "{}")], **CALLED},
    # What Google runs itself
    "code-execution": {
        "text": "1",
        **stopped(
            server_tool_calls=[
                {
                    "id": "e1",
                    "name": "code_execution",
                    "arguments": '{"language":"PYTHON","code":"print(1)"}',
                    "thought_signature": "s1",
                }
            ],
            server_tool_results=[{"outcome": "OUTCOME_OK", "output": "1\n", "id": "e1"}],
        ),
    },
    "server-tool": {
        "text": "1",
        **stopped(
            server_tool_calls=[{"id": "t1", "name": "GOOGLE_SEARCH_WEB", "arguments": '{"queries":["a"]}'}],
            server_tool_results=[
                {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "response": {"a": 1}, "thought_signature": "s2"}
            ],
        ),
    },
    "grounding": {
        "text": "Hi!",
        **stopped(
            grounding_metadata={"webSearchQueries": ["hi"], "groundingChunks": [{"web": {"uri": "https://e.org"}}]},
            url_context_metadata={"urlMetadata": []},
        ),
    },
    "citations": {"text": "Hi!", **stopped(citations=[CITATION, {"uri": "https://e.org/2"}])},
    "citations-odd": HI,
    # Other kinds of answers
    "image": {"text": "Here:", **stopped(thought_signatures=["s1"]), "images": [IMAGE]},
    "audio": {**STOP, "audio": {"data": "AAAABBBB"}},
    "logprobs": {
        "text": "Hi!",
        **STOP,
        "logprobs": {
            "content": [
                token("Hi", -0.5, token("Hi", -0.5), token("Ho", -2)),
                {**token("!", -1), "top_logprobs": []},
            ]
        },
    },
    "two-candidates": {
        "choices": [
            {"text": "ab", **STOP},
            {"index": 1, "text": "xy", "finish_reason": "length", **native("MAX_TOKENS")},
        ]
    },
    "two-candidates-calls": {
        "choices": [
            {"calls": [ADD], **CALLED},
            {"index": 1, "calls": [("call_51807d925611a5378ca6e768", *ADD[1:])], **CALLED},
        ]
    },
    # One JSON array, or one object
    "array": {**HI_THERE, **USED},
    "array-compact": {**HI_THERE, **USED},
    "array-not-closed": {**HI_THERE, **USED},
    "array-calls": {"text": '}]{ "\\', "calls": [ADD], **CALLED},
    "object-whole": {**HI_THERE, **USED},
    # Interactions
    "interaction-text": THOUGHT,
    "interaction-length": {"text": "Hi", "finish_reason": "length", **native("incomplete")},
    "interaction-call": {
        "calls": [("c1", "add", '{"x":1}'), ("c2", "sub", '{"y":2}')],
        "finish_reason": "tool_calls",
        **native("requires_action"),
    },
    "interaction-call-cut-by-length": {
        "calls": [("c1", "add", '{"x"')],
        "finish_reason": "length",
        **native("incomplete"),
    },
    "interaction-search": {
        "text": "Hi",
        "finish_reason": "stop",
        **native(
            "completed",
            server_tool_calls=[{"id": "g1", "name": "google_search_call", "arguments": '{"queries":["a"]}'}],
            server_tool_results=[
                {"type": "google_search_result", "call_id": "g1", "result": [{"url": "https://e.org"}]}
            ],
            citations=[{"type": "url_citation", "url": "https://e.org"}],
        ),
    },
    "interaction-media": {**COMPLETED, "images": [IMAGE], "audio": {"data": "BBBB"}},
    "interaction-unknown": {"text": "Hi", **COMPLETED},
    "interaction-whole": THOUGHT,
    "interaction-whole-call": {
        "calls": [("c1", "add", '{"x":1}')],
        "finish_reason": "tool_calls",
        **native("requires_action"),
    },
}

OVERLOADED = (errors.ServiceUnavailableError, 503, "overloaded")
CUT = (errors.StreamTruncatedError, 500, "cut off")
SAID = {"text": "Hi"}

# The class of the error, its status, words of its message, and the summary of `partial`.
FAILURES: Final[Mapping[str, Failure]] = {
    "error-first": (*OVERLOADED, None),
    "error-midstream": (*OVERLOADED, SAID),
    "error-in-an-array": (errors.RateLimitError, 429, "Quota exceeded", SAID),
    "error-by-status": (errors.BadRequestError, 400, "Bad", None),
    "error-unframed": (*OVERLOADED, SAID),
    "error-unframed-crlf": (*OVERLOADED, SAID),
    "error-with-text": (*OVERLOADED, None),
    "cut": (*CUT, SAID),
    "cut-in-a-chunk": (*CUT, SAID),
    "cut-with-one-candidate-open": (*CUT, {"choices": [{"text": "a"}, {"index": 1, "text": "x"}]}),
    "cut-empty-candidate": (*CUT, {}),
    "cut-in-a-call": (*CUT, {"calls": [(ADD[0], "add", '{"x":"12')]}),
    "empty": (*CUT, None),
    "call-streamed-out-of-order": (
        errors.StreamDecodeError,
        500,
        "order of their JSON text, at ['x', 'w']",
        {"calls": [(ADD[0], "add", '{"x":{"y":"1"},"z":"2')]},
    ),
    "call-streamed-index-missing": (errors.StreamDecodeError, 500, "order of their JSON text, at ['x', 1]", None),
    "call-streamed-without-path": (errors.StreamDecodeError, 500, "no path that could be read: 'x'", None),
    "not-json": (errors.StreamDecodeError, 500, "not JSON", SAID),
    "not-an-object": (errors.StreamDecodeError, 500, "not a JSON object: '5'", SAID),
    "plain-text": (errors.StreamDecodeError, 500, "Not found, sorry", None),
    "html": (errors.StreamDecodeError, 500, "Sorry", None),
    "array-empty": (*CUT, None),
    "array-cut": (*CUT, SAID),
    "array-cut-in-a-string": (*CUT, SAID),
    "array-without-finish": (*CUT, SAID),
    "array-error": (*OVERLOADED, None),
    "array-error-later": (*OVERLOADED, SAID),
    "array-of-numbers": (errors.StreamDecodeError, 500, "not a JSON object: '5'", SAID),
    "array-of-what": (errors.StreamDecodeError, 500, "not JSON", None),
    "object-error": (*OVERLOADED, None),
    "object-unknown": (errors.InternalServerError, 500, "What?", None),
    "object-cut": (*CUT, None),
    "interaction-error": (errors.ServiceUnavailableError, 529, "Too much", SAID),
    "interaction-error-flat": (errors.RateLimitError, 429, "Slow down", SAID),
    "interaction-error-as-text": (errors.InternalServerError, 500, "upstream went away", SAID),
    "interaction-error-as-json-text": (errors.InternalServerError, 500, "Overloaded", SAID),
    "interaction-cancelled": (errors.APIStatusError, 499, "cancelled", SAID),
    "interaction-failed": (errors.InternalServerError, 500, "It broke", None),
    "interaction-cut": (*CUT, SAID),
    "interaction-done-alone": (*CUT, SAID),
    "interaction-odd": (errors.StreamDecodeError, 500, "not a JSON object: '5'", None),
    "interaction-json-error": (*OVERLOADED, None),
    "interaction-whole-in-progress": (errors.StreamTruncatedError, 500, "its status is 'in_progress'", None),
    "interaction-json-unknown": (errors.InternalServerError, 500, "What?", None),
    "interaction-html": (errors.StreamDecodeError, 500, "Sorry", None),
}


def format_of(name: str) -> str:
    if name.startswith("interaction"):
        return "gemini-interactions"
    return "gemini-json-array" if name.startswith("array") else "gemini"


BODIES: Final = files("cases_gemini")
GOOGLE: Final = tables(BODIES, ANSWERS, FAILURES, format_of)
