"""How the facts of Amazon Bedrock's formats are to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wire.expectation import Expectation

if TYPE_CHECKING:
    from collections.abc import Mapping


def usage(reported: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of Converse, and of InvokeModel's metrics."""
    read = reported.get("cacheReadInputTokens", reported.get("cacheReadInputTokenCount"))
    written = reported.get("cacheWriteInputTokens", reported.get("cacheWriteInputTokenCount"))
    prompt = reported.get("inputTokens", reported.get("inputTokenCount"))
    completion = reported.get("outputTokens", reported.get("outputTokenCount"))
    total = reported.get("totalTokens", prompt + completion)
    counts = {"prompt_tokens": prompt + (read or 0) + (written or 0), "completion_tokens": completion}
    return {**counts, "total_tokens": total, **({} if read is None else {"cache_read_input_tokens": read})}


CONVERSE = Expectation(
    usage,
    reasons={
        **dict.fromkeys(("end_turn", "stop_sequence", "stop", "COMPLETE", "FINISH", "malformed_tool_use"), "stop"),
        **dict.fromkeys(("max_tokens", "length", "LENGTH", "MAX_TOKENS", "model_context_window_exceeded"), "length"),
        **dict.fromkeys(("guardrail_intervened", "content_filtered", "CONTENT_FILTERED"), "content_filter"),
        "tool_use": "tool_calls",
    },
    says_model=False,
    says_id=False,
)
FORMATS = ("converse", "invoke-claude-text", "invoke-cohere", "invoke-llama", "invoke-nova", "invoke-titan")
BEDROCK = {f"bedrock-{name}": CONVERSE for name in FORMATS}
