"""What comes of each file in `cases_openai_responses`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.streams import errors
from tests.wire.table import Table, files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.wire.table import Failure

USED: dict[str, Any] = {"usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}
TEXT: dict[str, Any] = {"text": "Hi"}
ADD = ("call_a", "add", '{"x":1}')
SUB = ("call_b", "sub", '{"y":2}')
THOUGHT: dict[str, Any] = {"reasoning": "Let me see."}
URL = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}
FILE = {"type": "file_citation", "file_id": "file_1", "filename": "b.txt", "index": 2}
SEARCH = {
    "name": "web_search",
    "id": "ws_0",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "hi"},
}


def ended(native: str = "completed", reason: str = "stop", **values: Any) -> dict[str, Any]:
    """A response that ended well; `fields` are its provider_specific_fields beside the reason, `usage` None is none."""
    fields = {"native_finish_reason": native, **values.pop("fields", {})}
    whole = {"finish_reason": reason, **USED, **values, "provider_specific_fields": fields}
    return {key: value for key, value in whole.items() if value is not None}


def called(*calls: tuple[str, str, str], **values: Any) -> dict[str, Any]:
    return ended(reason="tool_calls", calls=[*calls], **values)


def ordered(*order: str, **fields: Any) -> dict[str, Any]:
    return {**fields, "output_order": [*order]}


def thought(number: int = 0, *summary: str, **fields: Any) -> dict[str, Any]:
    parts = [{"type": "summary_text", "text": text} for text in summary]
    return {"id": f"rs_{number}", "type": "reasoning", "summary": parts, **fields}


def cited(*citations: dict[str, Any]) -> dict[str, Any]:
    return {**TEXT, "annotations": [*citations], "fields": {"citations": [*citations]}}


HI = ended(**TEXT)
TWO_CALLS = called(ADD, SUB)
READ = thought(content=[{"type": "reasoning_text", "text": "Let me see."}])
AFTER_THOUGHT = ordered("rs_0", "message")
KEPT: dict[str, Any] = {**TEXT, "reasoning_items": [thought(encrypted_content="secret")]}
TOKENS = [
    {"token": "H", "logprob": -0.1, "bytes": [72], "top_logprobs": []},
    {"token": "i", "logprob": -0.2, "bytes": [105], "top_logprobs": []},
]

# The summary of the response (see `summary`).
ANSWERS: Final[Mapping[str, dict[str, Any]]] = {
    # Text
    "text": HI,
    "without-event-names": HI,
    "without-places": HI,
    "queued-first": HI,
    "never-created": HI,
    "head-of-wrong-types": HI,
    "unknown-events": HI,
    "empty-delta": HI,
    "unicode": ended(text="\u00e9\u2028\U0001f600\x85"),
    "two-messages": ended(text="Let me see.", fields={"phase": "final_answer"}),
    "logprobs": ended(**TEXT, logprobs={"content": TOKENS}),
    "logprobs-whole": ended(**TEXT, logprobs={"content": TOKENS}),
    "refusal": ended(refusal="I can't."),
    "refusal-whole": ended(refusal="I can't."),
    # Text that is only told whole, or never
    "deltas-only": HI,
    "whole-with-the-item": HI,
    "whole-at-the-end": HI,
    "no-output-at-the-end": HI,
    # Reasoning
    "reasoning-summary": ended(
        **TEXT,
        reasoning="Let me see.Yes.",
        reasoning_items=[thought(0, "Let me see.", "Yes.")],
        fields=AFTER_THOUGHT,
    ),
    "reasoning-whole-with-the-item": ended(
        **TEXT, **THOUGHT, reasoning_items=[thought(0, "Let me see.")], fields=AFTER_THOUGHT
    ),
    "reasoning-text": ended(**TEXT, **THOUGHT, reasoning_items=[READ], fields=AFTER_THOUGHT),
    "reasoning-text-whole": ended(**TEXT, **THOUGHT, reasoning_items=[READ], fields=AFTER_THOUGHT),
    "reasoning-encrypted": ended(**KEPT, fields=AFTER_THOUGHT),
    "reasoning-encrypted-at-the-end": ended(**KEPT, fields=AFTER_THOUGHT),
    "reasoning-encrypted-no-output-at-the-end": ended(**KEPT),
    "reasoning-twice": ended(
        **TEXT,
        reasoning="Let me see.Yes.",
        reasoning_items=[
            thought(0, "Let me see.", encrypted_content="a"),
            thought(1, "Yes.", encrypted_content="b"),
        ],
        fields=ordered("rs_0", "rs_1", "message"),
    ),
    # Calls
    "calls": TWO_CALLS,
    "calls-interleaved": TWO_CALLS,
    "calls-ids-always-new": TWO_CALLS,
    "calls-all-at-0": TWO_CALLS,
    "calls-without-places": TWO_CALLS,
    "calls-whole-at-the-end": TWO_CALLS,
    "calls-custom": called(("call_a", "code", "haha"), ("call_b", "code", "x")),
    "calls-with-reasoning-between": called(
        ADD,
        SUB,
        reasoning_items=[thought(0, encrypted_content="a"), thought(2, encrypted_content="b")],
        fields=ordered("rs_0", "call_a", "rs_2", "call_b"),
    ),
    "call-arguments-with-the-item": called(ADD),
    "call-whole-when-added": called(ADD),
    "call-never-added": called(ADD),
    "call-with-namespace": called(ADD),
    "call-without-arguments": called(("call_a", "add", "")),
    "text-and-call": called(ADD, **TEXT),
    # Citations
    "citations": ended(**cited(URL, FILE)),
    "citations-with-the-item": ended(**cited(URL, FILE)),
    "citations-both-ways": ended(**cited(URL, FILE)),
    # What the provider does by itself
    "web-search": ended(**TEXT, fields=ordered("ws_0", "message", server_tool_calls=[SEARCH])),
    "web-search-whole-at-the-end": ended(
        **TEXT, annotations=[URL], fields=ordered("ws_0", "message", server_tool_calls=[SEARCH], citations=[URL])
    ),
    "web-searches-all-at-0": ended(
        fields=ordered("ws_0", "ws_1", server_tool_calls=[SEARCH, {**SEARCH, "id": "ws_1"}])
    ),
    "code-interpreter": ended(
        **TEXT,
        fields=ordered(
            "ci_0",
            "message",
            server_tool_calls=[
                {
                    "name": "code_interpreter",
                    "id": "ci_0",
                    "type": "code_interpreter_call",
                    "status": "completed",
                    "code": "1+1",
                    "container_id": "cntr_1",
                }
            ],
        ),
    ),
    "mcp": ended(
        **TEXT,
        fields=ordered(
            "mcpl_0",
            "mcp_1",
            "message",
            server_tool_calls=[
                {
                    "name": "mcp_list_tools",
                    "id": "mcpl_0",
                    "type": "mcp_list_tools",
                    "server_label": "wiki",
                    "tools": [],
                },
                {
                    "name": "ask",
                    "id": "mcp_1",
                    "type": "mcp_call",
                    "status": "completed",
                    "arguments": '{"q":1}',
                    "output": "42",
                    "server_label": "wiki",
                },
            ],
        ),
    ),
    "mcp-approval": ended(
        fields=ordered(
            "mcpr_0",
            server_tool_calls=[
                {
                    "name": "ask",
                    "id": "mcpr_0",
                    "type": "mcp_approval_request",
                    "arguments": "{}",
                    "server_label": "wiki",
                }
            ],
        )
    ),
    "image-generation": ended(
        fields=ordered(
            "ig_0",
            server_tool_calls=[
                {
                    "name": "image_generation",
                    "id": "ig_0",
                    "type": "image_generation_call",
                    "status": "completed",
                    "result": "iVBORw0=",
                }
            ],
        )
    ),
    "shell": ended(
        **TEXT,
        fields=ordered(
            "sh_0",
            "sho_1",
            "message",
            server_tool_calls=[
                {
                    "name": "shell",
                    "id": "sh_0",
                    "type": "shell_call",
                    "status": "completed",
                    "action": {"commands": ["ls"]},
                    "call_id": "call_s",
                }
            ],
            output_items=[
                {
                    "id": "sho_1",
                    "type": "shell_call_output",
                    "status": "completed",
                    "call_id": "call_s",
                    "output": [{"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
                }
            ],
        ),
    ),
    "computer": ended(
        fields=ordered(
            "cu_0",
            server_tool_calls=[
                {
                    "name": "computer",
                    "id": "cu_0",
                    "type": "computer_call",
                    "status": "completed",
                    "call_id": "call_c",
                    "action": {"type": "screenshot"},
                    "pending_safety_checks": [],
                }
            ],
        )
    ),
    "compaction": ended(
        **TEXT,
        fields=ordered(
            "cmp_0", "message", output_items=[{"id": "cmp_0", "type": "compaction", "encrypted_content": "much"}]
        ),
    ),
    # Ends
    "incomplete-length": ended("max_output_tokens", "length", **TEXT),
    "incomplete-content-filter": ended("content_filter", "content_filter", **TEXT),
    "incomplete-without-reason": ended("incomplete", "length", **TEXT),
    "incomplete-call": ended("max_output_tokens", "length", calls=[("call_a", "add", '{"x":')]),
    "incomplete-alone": ended("max_output_tokens", "length"),
    "completed-alone": ended(),
    "completed-then-more": HI,
    "completed-without-blank-line": HI,
    # Usage
    "usage-details": ended(
        **TEXT,
        usage={
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 2},
            "cost": 0.5,
        },
    ),
    "usage-zero": ended(**TEXT, usage={"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}),
    "usage-never": ended(**TEXT, usage=None),
    "usage-unreadable": ended(**TEXT, usage=None),
    # Bodies that are no stream
    "body": HI,
    "body-framed": HI,
    "body-without-status": HI,
    "body-incomplete": ended("max_output_tokens", "length", **TEXT),
    "body-with-calls": called(
        ADD,
        SUB,
        **TEXT,
        **THOUGHT,
        annotations=[URL],
        reasoning_items=[READ],
        fields=ordered("rs_0", "message", "call_a", "call_b", citations=[URL]),
    ),
}

CUT = (errors.StreamTruncatedError, 500, "cut off")
DECODE = (errors.StreamDecodeError, 500)
ODD = (*DECODE, "not what the format allows", TEXT)
BOOM = (errors.InternalServerError, 500, "Boom")
CALL = {"calls": [("call_a", "add", '{"x":1}')]}

# The error's class and status, words of its message, and the summary of its `.partial`: None where nothing had come.
FAILURES: Final[Mapping[str, Failure]] = {
    # Errors as events
    "error-flat": (errors.RateLimitError, 429, "Slow down", TEXT),
    "error-nested": (errors.RateLimitError, 429, "Too little", TEXT),
    "error-first": (*BOOM, None),
    "error-context-window": (errors.ContextWindowExceededError, 400, "context window", TEXT),
    "error-without-type": (errors.NotFoundError, 404, "Gone", TEXT),
    "error-as-text": (errors.InternalServerError, 500, "upstream went away", TEXT),
    "error-as-json-text": (errors.InternalServerError, 500, "Overloaded", TEXT),
    "error-of-a-type": (errors.RateLimitError, 429, "Slow down", TEXT),
    "error-of-chat": (errors.BadGatewayError, 502, "Upstream", TEXT),
    "error-after-calls": (*BOOM, CALL),
    # Responses that came to no good end; what they used is known
    "failed": (*BOOM, {**TEXT, **USED}),
    "failed-first": (errors.RateLimitError, 429, "Slow down", None),
    "failed-invalid-prompt": (errors.BadRequestError, 400, "No such prompt", None),
    "failed-image": (errors.BadRequestError, 400, "Too large", None),
    "failed-image-policy": (errors.ContentPolicyViolationError, 400, "Not that", None),
    "failed-without-reason": (errors.InternalServerError, 500, "no reason for the status 'failed'", {**TEXT, **USED}),
    "failed-with-text": (*BOOM, {**TEXT, **USED}),
    "cancelled": (errors.APIStatusError, 499, "cancelled", {**TEXT, **USED}),
    # Bodies that are no stream
    "body-failed": (*BOOM, None),
    "body-queued": (errors.StreamTruncatedError, 500, "its status is 'queued'", None),
    "body-error": (errors.NotFoundError, 404, "No such model", None),
    "body-error-event": (errors.ServiceUnavailableError, 529, "Overloaded", None),
    "body-of-another-type": (errors.BadRequestError, 400, "Bad path", None),
    "body-odd": (*DECODE, "not what the format allows", None),
    "body-list": (errors.InternalServerError, 500, "gave no reason", None),
    "body-html": (*DECODE, "'502 Bad Gateway'", None),
    "body-cut": (*CUT, None),
    # Events that are not what the format allows
    "malformed": (*DECODE, "not JSON", TEXT),
    "nul": (*DECODE, "not JSON", TEXT),
    "number": ODD,
    "null": ODD,
    "type-not-text": ODD,
    "delta-not-text": ODD,
    "refusal-not-text": ODD,
    "reasoning-not-text": ODD,
    "place-not-a-number": ODD,
    "item-not-an-object": ODD,
    "item-missing": ODD,
    "annotation-missing": ODD,
    "response-missing": ODD,
    "output-not-a-list": ODD,
    "call-name-not-text": (*DECODE, "at choices.0.delta.tool_calls.0.function.name", TEXT),
    # Data that ends too early
    "empty": (*CUT, None),
    "blank": (*CUT, None),
    "cut-after-created": (*CUT, None),
    "cut-before-the-end": (*CUT, TEXT),
    "cut-before-the-end-marked": (*CUT, TEXT),
    "cut-in-the-end": (*CUT, TEXT),
    "cut-in-call": (*CUT, {"calls": [("call_a", "add", '{"x":')]}),
    "cut-in-reasoning": (*CUT, {"reasoning": "Let me"}),
}

OPENAI_RESPONSES: Final = Table("openai-responses", files("cases_openai_responses"), ANSWERS, FAILURES)
