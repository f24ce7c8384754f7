"""How the facts of Anthropic's recordings read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wire.expectation import Expectation

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def usage(counts: Mapping[str, Any]) -> Mapping[str, Any]:
    """OpenAI's counting: the prompt includes what came from the cache and what went there."""
    read, written = counts.get("cache_read_input_tokens"), counts.get("cache_creation_input_tokens")
    prompt, answer = counts["input_tokens"] + (read or 0) + (written or 0), counts["output_tokens"]
    expected: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": prompt + answer,
        **{name: counts[name] for name in counts if name not in {"input_tokens", "output_tokens"}},
    }
    details = expected.pop("output_tokens_details", None)
    if read is not None:
        expected["prompt_tokens_details"] = {"cached_tokens": read, "cache_creation_tokens": written}
    if details:
        expected["completion_tokens_details"] = {"reasoning_tokens": details["thinking_tokens"]}
    return expected


ANTHROPIC_MESSAGES = Expectation(usage=usage, reasons=REASONS)
