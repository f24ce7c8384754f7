"""How the facts of Google's recordings read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wire.expectation import Expectation

if TYPE_CHECKING:
    from collections.abc import Mapping


def openai_counts(usage: Mapping[str, Any]) -> dict[str, Any]:
    prompt = usage["promptTokenCount"] + usage.get("toolUsePromptTokenCount", 0)
    thoughts = usage.get("thoughtsTokenCount")
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage["totalTokenCount"] - prompt,
        "total_tokens": usage["totalTokenCount"],
        **({} if thoughts is None else {"completion_tokens_details": {"reasoning_tokens": thoughts}}),
    }


def raw_reason(expected: Mapping[str, Any]) -> Any:
    return expected["finish_reason"] or expected.get("prompt_feedback", {}).get("blockReason")


GEMINI = Expectation(
    usage=openai_counts,
    reasons={"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter"},
    raw_reason=raw_reason,
    arguments_are_objects=True,
    needs_reason=True,
)


def interaction_counts(usage: Mapping[str, Any]) -> dict[str, Any]:
    prompt = usage["total_input_tokens"] + usage["total_tool_use_tokens"]
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage["total_tokens"] - prompt,
        "total_tokens": usage["total_tokens"],
        "prompt_tokens_details": {"cached_tokens": usage["total_cached_tokens"]},
        "completion_tokens_details": {"reasoning_tokens": usage["total_thought_tokens"]},
    }


GEMINI_INTERACTIONS = Expectation(usage=interaction_counts, reasons={"completed": "stop", "incomplete": "length"})
