"""Amazon Bedrock's counts of tokens, which leave out of the prompt what the cache has to do with.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping


def usage_of(counts: Any) -> dict[str, Any] | None:
    """Tokens in OpenAI's counting: those of the prompt include what was read from and written to the cache.

    Args:
        counts: `usage` of Converse, or the metrics of InvokeModel, whose names are longer; None where there are none.
    """
    if not is_object(counts):
        return None
    fresh = count(counts, "inputTokens", "inputTokenCount")
    read = count(counts, "cacheReadInputTokens", "cacheReadInputTokenCount")
    written = count(counts, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    usage = {
        "prompt_tokens": None if fresh is None else fresh + (read or 0) + (written or 0),
        "completion_tokens": count(counts, "outputTokens", "outputTokenCount"),
        "prompt_tokens_details": None if read is None else {"cached_tokens": read},
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
    }
    return {name: value for name, value in usage.items() if value is not None}


def count(counts: Mapping[str, Any], *names: str) -> int | None:
    """The first of these that is a number."""
    return next((counts[name] for name in names if isinstance(counts.get(name), int)), None)
