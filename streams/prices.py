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
        usage: tokens in OpenAI's counting: prompt tokens include the cached ones.
    """
    import genai_prices  # noqa: PLC0415 - 70 ms that only calls with a price should pay

    details: Any = usage.prompt_tokens_details
    tokens = genai_prices.Usage(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cache_read_tokens=(details.cached_tokens if details else 0) or 0,
    )
    try:
        return float(genai_prices.calc_price(tokens, model, provider_id=provider).total_price)
    except (LookupError, ValueError):  # an unknown model, or more cached tokens than tokens
        return None
