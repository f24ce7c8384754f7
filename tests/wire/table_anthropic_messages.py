"""What comes of each file in `cases_anthropic_messages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.streams import errors
from tests.wire.table import Table, files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.wire.table import Failure


def used(prompt: int, answer: int, **others: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer, **others}


def ended(reason: str, native: str, usage: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "finish_reason": reason,
        "provider_specific_fields": {"native_finish_reason": native, **fields},
        "usage": used(10, 5) if usage is None else usage,
    }


def thought(text: str, signature: str = "sig") -> dict[str, Any]:
    return {"type": "thinking", "thinking": text, "signature": signature}


def called(name: str, arguments: str, id_: str = "srvtoolu_1") -> dict[str, Any]:
    return {"type": "server_tool_use", "id": id_, "name": name, "arguments": arguments}


def came(kind: str, content: Any, id_: str = "srvtoolu_1", **rest: Any) -> dict[str, Any]:
    return {"type": kind, "tool_use_id": id_, **rest, "content": content}


def outline(*places: str | int | dict[str, Any]) -> list[dict[str, Any]]:
    """A number is the length of a text."""
    found: list[dict[str, Any]] = []
    for place in places:
        if isinstance(place, int):
            found.append({"type": "text", "length": place})
        else:
            found.append({"type": place} if isinstance(place, str) else place)
    return found


def ran(kind: str, id_: str = "srvtoolu_1") -> dict[str, Any]:
    return {"type": kind, "id": id_}


END = ended("stop", "end_turn")
CALLED = ended("tool_calls", "tool_use")
HI = {"text": "Hi", **END}
ADD = ("toolu_a", "add", '{"x":1}')
SUB = ("toolu_b", "sub", '{"y":2}')
CITATION = {
    "type": "web_search_result_location",
    "cited_text": "c",
    "url": "https://a.example",
    "title": "T",
    "encrypted_index": "ei",
}
FOUND = {"type": "web_search_result", "title": "T", "url": "https://a.example", "encrypted_content": "e"}
SEARCH: dict[str, Any] = {
    "server_tool_calls": [called("web_search", '{"query": "rivers"}')],
    "web_search_results": [came("web_search_tool_result", [FOUND])],
}
SEARCHED = (ran("server_tool_use"), ran("web_search_tool_result"))
STDOUT: dict[str, Any] = {
    "type": "bash_code_execution_result",
    "stdout": "a\n",
    "stderr": "",
    "return_code": 0,
    "content": [],
}
FROM_CACHE = {"cache_creation_input_tokens": 20, "cache_read_input_tokens": 100, "service_tier": "standard"}

# The summary of the response (see `summary`). Where it has no usage, the usage is an estimate.
ANSWERS: Final[Mapping[str, dict[str, Any]]] = {
    # Text, and how events come
    "text": HI,
    "text-unnamed-events": HI,
    "text-by-event-names": HI,
    "text-empty-pieces": HI,
    "text-in-start": HI,
    "text-two-blocks": HI,
    "text-unicode": {**HI, "text": "\u00e9\u2028\U0001f600\x85"},
    "text-escaped-half": {**HI, "text": "\U0001f600"},
    "nothing": END,
    "pings": HI,
    "crlf": HI,
    "comments-and-padding": HI,
    "unknown-kinds": {
        "text": "Hi",
        **ended(
            "stop",
            "end_turn",
            content_blocks=[{"type": "container_upload", "file_id": "file_1"}],
            outline=outline(2, "container_upload"),
        ),
    },
    "stop-of-no-block": HI,
    # Thinking
    "thinking": {**HI, "reasoning": "Let me", "thinking_blocks": [thought("Let me")]},
    "thinking-not-shown": {**HI, "thinking_blocks": [thought("")]},
    "thinking-unsigned": {**HI, "reasoning": "Hm"},
    "thinking-redacted": {
        **HI,
        "reasoning": "Hm",
        "thinking_blocks": [{"type": "redacted_thinking", "data": "enc"}, thought("Hm")],
    },
    "thinking-twice": {**HI, "reasoning": "ab", "thinking_blocks": [thought("a", "s1"), thought("b", "s2")]},
    # Calls that the client has to run
    "call": {"calls": [ADD], **CALLED},
    "calls": {"text": "Hi", "calls": [ADD, SUB], **CALLED},
    "call-without-arguments": {"calls": [(*ADD[:2], "")], **CALLED},
    "call-prefilled": {"calls": [ADD], **CALLED},
    "call-prefilled-and-streamed": {"calls": [ADD], **CALLED},
    "call-cut-by-max-tokens": {"calls": [(*ADD[:2], '{"x":')], **ended("length", "max_tokens")},
    "call-and-refusal": {"calls": [(*ADD[:2], '{"x":')], **ended("content_filter", "refusal")},
    # Calls that Anthropic ran
    "web-search": {
        "text": "Let me see.They are long.",
        **ended(
            "stop",
            "end_turn",
            used(20, 9, server_tool_use={"web_search_requests": 1}),
            **SEARCH,
            citations=[CITATION],
            outline=outline(11, *SEARCHED, 9, {"type": "text", "length": 4, "citations": 1}, 1),
        ),
    },
    "web-search-between-thoughts": {
        "text": "Hi",
        "reasoning": "ab",
        "thinking_blocks": [thought("a", "s1"), thought("b", "s2")],
        "calls": [ADD],
        **ended("tool_calls", "tool_use", **SEARCH, outline=outline("thinking", *SEARCHED, "thinking", 2, "tool_use")),
    },
    "web-search-and-document": {
        "text": "Hi",
        **ended(
            "stop",
            "end_turn",
            **SEARCH,
            citations=[{"type": "char_location", "cited_text": "c", "document_index": 0}],
            outline=outline(*SEARCHED, {"type": "text", "length": 2, "citations": 1}),
        ),
    },
    "mcp": {
        "text": "Hi",
        **ended(
            "stop",
            "end_turn",
            server_tool_calls=[
                {**called("ask", '{"q":"x"}', "mcptoolu_1"), "type": "mcp_tool_use", "server_name": "wiki"}
            ],
            tool_results=[came("mcp_tool_result", [{"type": "text", "text": "r"}], "mcptoolu_1", is_error=False)],
            outline=outline(ran("mcp_tool_use", "mcptoolu_1"), ran("mcp_tool_result", "mcptoolu_1"), 2),
        ),
    },
    "code-execution": {
        "text": "Hi",
        **ended(
            "stop",
            "end_turn",
            server_tool_calls=[called("bash_code_execution", '{"command":"ls"}')],
            tool_results=[came("bash_code_execution_tool_result", STDOUT)],
            container={"id": "c_1", "expires_at": "2026-01-01T00:00:00Z"},
            outline=outline(ran("server_tool_use"), ran("bash_code_execution_tool_result"), 2),
        ),
    },
    "server-call-prefilled": {
        "text": "Hi",
        **ended(
            "stop",
            "end_turn",
            server_tool_calls=[called("tool_search", '{"query":"q"}')],
            tool_results=[
                came("tool_search_tool_result", {"type": "tool_search_tool_search_result", "tool_references": []})
            ],
            outline=outline(ran("server_tool_use"), ran("tool_search_tool_result"), 2),
        ),
    },
    "server-call-without-arguments": {
        "text": "Hi",
        **ended(
            "stop",
            "end_turn",
            server_tool_calls=[called("advisor", "")],
            tool_results=[came("advisor_tool_result", {"type": "advisor_result", "text": "t"})],
            outline=outline(ran("server_tool_use"), ran("advisor_tool_result"), 2),
        ),
    },
    "pause-turn": {
        "text": "Let me see.",
        **ended(
            "stop",
            "pause_turn",
            unfinished=True,
            server_tool_calls=[*SEARCH["server_tool_calls"], called("web_search", '{"query":"more"}', "srvtoolu_2")],
            web_search_results=SEARCH["web_search_results"],
            outline=outline(11, *SEARCHED, ran("server_tool_use", "srvtoolu_2")),
        ),
    },
    # Citations and compaction
    "citations": {
        "text": "Hi",
        **ended(
            "stop",
            "end_turn",
            citations=[
                {
                    "type": "char_location",
                    "cited_text": "c",
                    "document_index": 0,
                    "document_title": None,
                    "start_char_index": 0,
                    "end_char_index": 1,
                }
            ],
        ),
    },
    "citations-in-start": {"text": "Hi", **ended("stop", "end_turn", citations=[CITATION, CITATION])},
    "compaction": {
        "text": "Hi",
        **ended(
            "stop",
            "end_turn",
            compaction_blocks=[{"type": "compaction", "content": "So far."}],
            context_management={"applied_edits": [{"type": "compact_20260112"}]},
            outline=outline("compaction", 2),
        ),
    },
    "compaction-pauses": ended(
        "stop",
        "compaction",
        unfinished=True,
        compaction_blocks=[{"type": "compaction", "content": "So far."}],
        outline=outline("compaction"),
    ),
    # Usage
    "usage-with-cache": {
        **HI,
        "usage": used(
            123,
            5,
            **FROM_CACHE,
            prompt_tokens_details={"cached_tokens": 100, "cache_creation_tokens": 20},
            cache_creation={"ephemeral_5m_input_tokens": 15, "ephemeral_1h_input_tokens": 5},
        ),
    },
    "usage-replaced": {
        **HI,
        "usage": used(
            30,
            9,
            cache_creation_input_tokens=0,
            cache_read_input_tokens=0,
            prompt_tokens_details={"cached_tokens": 0, "cache_creation_tokens": 0},
            completion_tokens_details={"reasoning_tokens": 4},
        ),
    },
    "usage-replaced-in-part": {
        **HI,
        "usage": used(
            39,
            9,
            cache_creation_input_tokens=2,
            cache_read_input_tokens=7,
            prompt_tokens_details={"cached_tokens": 7, "cache_creation_tokens": 2},
        ),
    },
    "usage-zero": {**HI, "usage": used(10, 0)},
    "usage-twice": HI,
    "usage-unreadable": {key: value for key, value in HI.items() if key != "usage"},
    "usage-never": {key: value for key, value in HI.items() if key != "usage"},
    # Ends
    "stop-sequence": {"text": "Hi", **ended("stop", "stop_sequence", stop_sequence="END")},
    "max-tokens": {"text": "Hi", **ended("length", "max_tokens")},
    "context-window": {"text": "Hi", **ended("length", "model_context_window_exceeded")},
    "refusal": {
        "text": "Hi",
        **ended(
            "content_filter", "refusal", stop_details={"type": "refusal", "category": "cyber", "explanation": "No."}
        ),
    },
    "reason-unknown": {"text": "Hi", **ended("tired", "tired")},
    "reason-never": {"text": "Hi", "finish_reason": "stop", "usage": used(10, 5)},
    "end-without-blank-line": HI,
    "end-and-more": HI,
    "end-of-another-format": HI,
    # Answers that came whole
    "whole": HI,
    "whole-framed": HI,
    "whole-empty": END,
    "whole-with-blocks": {
        "text": "Hi",
        "reasoning": "Hm",
        "thinking_blocks": [thought("Hm"), {"type": "redacted_thinking", "data": "enc"}],
        "calls": [ADD],
        **ended(
            "tool_calls",
            "tool_use",
            server_tool_calls=[called("web_search", '{"query":"q"}')],
            web_search_results=[came("web_search_tool_result", [])],
            citations=[CITATION],
            outline=outline(
                "thinking",
                "redacted_thinking",
                *SEARCHED,
                {"type": "text", "length": 2, "citations": 1},
                "tool_use",
            ),
        ),
    },
}

CUT = (errors.StreamTruncatedError, 500, "cut off")
DECODE = (errors.StreamDecodeError, 500)
NOT_ALLOWED = (*DECODE, "not what the format allows")
TEXT = {"text": "Hi"}
TEXT_AND_USAGE = {**TEXT, "usage": used(10, 5)}

# The error's class and status, words of its message, and the summary of its `.partial`: None where nothing had come.
FAILURES: Final[Mapping[str, Failure]] = {
    # Errors as events
    "error-first": (errors.ServiceUnavailableError, 529, "Overloaded", None),
    "error-overloaded": (errors.ServiceUnavailableError, 529, "Overloaded", TEXT),
    "error-rate-limit": (errors.RateLimitError, 429, "Slow down", TEXT),
    "error-api": (errors.InternalServerError, 500, "Internal server error", TEXT),
    "error-authentication": (errors.AuthenticationError, 401, "invalid x-api-key", TEXT),
    "error-permission": (errors.PermissionDeniedError, 403, "No", TEXT),
    "error-not-found": (errors.NotFoundError, 404, "model: x", TEXT),
    "error-too-large": (errors.BadRequestError, 413, "Too large", TEXT),
    "error-context-window": (errors.ContextWindowExceededError, 400, "prompt is too long", TEXT),
    "error-invalid-request": (errors.BadRequestError, 400, "Bad", TEXT),
    "error-timeout": (errors.Timeout, 504, "Late", TEXT),
    "error-billing": (errors.PaymentRequiredError, 402, "Pay", TEXT),
    "error-unnamed": (errors.ServiceUnavailableError, 529, "Overloaded", TEXT),
    "error-of-a-gateway": (errors.BadGatewayError, 502, "Upstream", TEXT),
    "error-as-text": (errors.InternalServerError, 500, "upstream went away", TEXT),
    "error-as-json-text": (errors.InternalServerError, 500, "Overloaded", TEXT),
    "error-bare": (errors.InternalServerError, 500, "Boom", TEXT),
    "error-after-reason": (errors.InternalServerError, 500, "Boom", TEXT_AND_USAGE),
    # Bodies that are no stream
    "json-error": (errors.NotFoundError, 404, "model: x", None),
    "json-detail": (errors.InternalServerError, 500, "Not Found", None),
    "json-problem": (errors.InternalServerError, 500, "No route", None),
    "json-list": (errors.RateLimitError, 429, "Quota", None),
    "json-cut": (*CUT, None),
    "html": (*DECODE, "'502 Bad Gateway'", None),
    "plain-text": (*DECODE, "Internal Server Error", None),
    "empty": (*CUT, None),
    "only-pings": (*CUT, None),
    # Events that are not what the format allows
    "malformed": (*DECODE, "not JSON", TEXT),
    "invalid-utf-8": (*DECODE, "not JSON", TEXT),
    "nul": (*DECODE, "not JSON", TEXT),
    "not-an-object": (*DECODE, "Not a JSON object: '[1]'", TEXT),
    "number": (*DECODE, "Not a JSON object: '42'", TEXT),
    "index-missing": (*NOT_ALLOWED, TEXT),
    "index-a-list": (*NOT_ALLOWED, TEXT),
    "delta-missing": (*NOT_ALLOWED, TEXT),
    "text-not-text": (*NOT_ALLOWED, TEXT),
    "thinking-not-text": (*NOT_ALLOWED, TEXT),
    "block-not-an-object": (*NOT_ALLOWED, TEXT),
    "reason-not-text": (*NOT_ALLOWED, TEXT),
    "id-not-text": (*NOT_ALLOWED, TEXT),
    "message-not-an-object": (*NOT_ALLOWED, None),
    # Data that ends too early
    "cut-after-start": (*CUT, None),
    "cut-in-text": (*CUT, TEXT),
    "cut-in-frame": (*CUT, TEXT),
    "cut-after-block": (*CUT, TEXT),
    "cut-after-reason": (*CUT, TEXT_AND_USAGE),
    "cut-with-done": (*CUT, TEXT),
    "cut-in-call": (*CUT, {"calls": [("toolu_a", "add", '{"x"')]}),
    "cut-in-thinking": (*CUT, {"reasoning": "Let me"}),
    "cut-in-server-call": (*CUT, TEXT),
    "cut-after-cache-report": (*CUT, TEXT),
}

ANTHROPIC_MESSAGES: Final = Table(
    "anthropic-messages", files("cases_anthropic_messages"), ANSWERS, FAILURES, end=b"message_stop"
)
