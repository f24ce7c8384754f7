"""How the recorded facts of Cohere's formats are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wire.expectation import Expectation

if TYPE_CHECKING:
    from collections.abc import Mapping


def all_tokens(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of all tokens; of the billed ones where only they are reported."""
    tokens = usage.get("tokens") or usage["billed_units"]
    counts = {"prompt_tokens": tokens["input_tokens"], "completion_tokens": tokens["output_tokens"]}
    cached = {"prompt_tokens_details": {"cached_tokens": usage["cached_tokens"]}} if "cached_tokens" in usage else {}
    return {**counts, "total_tokens": sum(counts.values()), **cached}


COHERE_V1 = Expectation(
    usage=all_tokens, reasons={"COMPLETE": "stop", "MAX_TOKENS": "length"}, says_model=False, arguments_are_objects=True
)
COHERE_V2 = Expectation(
    usage=all_tokens,
    reasons={"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"},
    says_model=False,
)
