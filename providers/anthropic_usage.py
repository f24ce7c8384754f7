"""Anthropic's token counts in OpenAI's: https://platform.claude.com/docs/en/build-with-claude/prompt-caching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

INPUT, OUTPUT = "input_tokens", "output_tokens"
READ, WRITTEN = "cache_read_input_tokens", "cache_creation_input_tokens"
COUNTS: Final = frozenset({INPUT, OUTPUT, READ, WRITTEN})
DETAILS: Final = "output_tokens_details"


def reported(usage: Any) -> dict[str, Any]:
    """What a usage of Anthropic's tells: nulls and counts that are no numbers tell nothing."""
    items = usage.items() if is_object(usage) else ()
    return {name: value for name, value in items if isinstance(value, int) or (value and name not in COUNTS)}


def openai_usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    """`counts`, as `reported` gives them, as OpenAI has them.

    Prompt tokens include those read from the cache and those written to it. Anthropic's own names of these two are
    kept, as LiteLLM does, and so is all else that it counts.
    """
    usage: dict[str, Any] = {name: value for name, value in counts.items() if name not in {INPUT, OUTPUT, DETAILS}}
    if INPUT in counts:
        usage["prompt_tokens"] = counts[INPUT] + counts.get(READ, 0) + counts.get(WRITTEN, 0)
    if OUTPUT in counts:
        usage["completion_tokens"] = counts[OUTPUT]
    details = {"cached_tokens": counts.get(READ), "cache_creation_tokens": counts.get(WRITTEN)}
    if any(count is not None for count in details.values()):
        usage["prompt_tokens_details"] = details
    thoughts = counts.get(DETAILS)
    if is_object(thoughts) and isinstance(thoughts.get("thinking_tokens"), int):
        usage["completion_tokens_details"] = {"reasoning_tokens": thoughts["thinking_tokens"]}
    return usage
