"""What a call costs, by genai-prices: an offline table, loaded when the first price is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rillm.streams.usage import Usage


def price(model: str, provider: str | None, usage: Usage) -> float | None:
    """USD for `usage` of `model`; None where the table does not know the model.

    Args:
        model: as the provider or the caller names it.
        provider: the provider's id in genai-prices, such as "openai"; None to search by the model alone.
        usage: tokens in OpenAI's counting: prompt tokens include those read from a cache or written to one.
    """
    import genai_prices  # noqa: PLC0415 - 70 ms that only calls with a price should pay

    tokens = genai_prices.Usage(**counts(usage))
    try:
        return float(genai_prices.calc_price(tokens, model, provider_id=provider).total_price)
    except (LookupError, ValueError):  # an unknown model, or more cached tokens than tokens
        return None


def counts(usage: Usage) -> dict[str, int]:
    """What is billed, by genai-prices' names. Of Anthropic, tokens kept for an hour and web searches cost extra."""
    details: Any = usage.prompt_tokens_details
    writes: Any = usage.get("cache_creation")
    searches: Any = usage.get("server_tool_use")
    found = {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "cache_read_tokens": details.cached_tokens if details else 0,
        "cache_write_tokens": usage.get("cache_creation_input_tokens"),
        "cache_write_1h_tokens": writes.get("ephemeral_1h_input_tokens") if hasattr(writes, "get") else 0,
        "web_searches": searches.get("web_search_requests") if hasattr(searches, "get") else 0,
    }
    return {name: count for name, count in found.items() if isinstance(count, int) and count > 0}
