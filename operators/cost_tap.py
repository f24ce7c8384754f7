"""`cost_tap`: see what a stream has cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rillm.operators.tap_end import Ending, tap_end
from rillm.streams.prices import price

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.response import ModelResponse
    from rillm.streams.usage import Usage

ANY_PROVIDER = "any"  # of a stream whose provider is unknown, the model alone tells the price
CACHE_HIT: Final = "cache_hit"  # LiteLLM's name, in the hidden params of an answer that was paid for before


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call has cost.

    Attributes:
        usd: US dollars; None where the model has no known price.
        usage: tokens.
        response: all that came.
    """

    usd: float | None
    usage: Usage
    response: ModelResponse

    @property
    def estimated(self) -> bool:
        """Whether the tokens were counted here because the provider reported none."""
        return self.usage.is_estimated


def cost_tap(callback: Callable[[Cost], None]) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Call `callback` once with the cost, when the stream has ended: well, by an error, or because the consumer left.

        -a-b-c-|
        [ cost_tap(print) ]
        -a-b-c-|
               Cost(usd=0.000042, usage=…)

    Nothing is called where nothing came. An exception in `callback` is reported to loguru and changes nothing.

    >>> import rillm
    >>> stream = rillm.stream("mock/gpt-4o-mini", mock_response="Hello")
    >>> for chunk in stream.pipe(rillm.cost_tap(lambda cost: print(cost.usage.completion_tokens))):
    ...     pass
    20
    """

    def report(ending: Ending) -> None:
        if ending.response is not None:
            callback(cost_of(ending.response))

    return tap_end(report)


def cost_of(response: ModelResponse) -> Cost:
    """The cost of a response, also left in its `_hidden_params["response_cost"]`."""
    hidden = response.hidden_params
    if hidden.get("response_cost") is None:
        hidden["response_cost"] = usd_of(hidden, response.model, response.usage)
    return Cost(hidden.get("response_cost"), response.usage, response)


def usd_of(hidden: Mapping[str, Any], model: str | None, usage: Usage) -> float | None:
    """USD for `usage`: at the caller's own rates, as the provider reckoned, or by the table; None if all are unknown.

    Args:
        hidden: what is known of the call, the `_hidden_params` of its chunks.
        model: the one that answers.
        usage: tokens.
    """
    if hidden.get(CACHE_HIT):
        return 0.0
    if hidden.get("rates"):
        return by_rates(hidden["rates"], usage)
    cost: float | None = usage.get("cost")
    provider = hidden.get("price_provider", ANY_PROVIDER)
    if cost is None and model and provider:
        return price(model, None if provider == ANY_PROVIDER else provider, usage)
    return cost


def by_rates(rates: Sequence[float | None], usage: Usage) -> float:
    """USD for `usage` at the caller's own rates, USD per token of the prompt and of the answer."""
    prompt, answer = rates
    return (prompt or 0.0) * usage.prompt_tokens + (answer or 0.0) * usage.completion_tokens
