"""`Bill`: what one call takes from a budget; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.operators.cost_tap import CACHE_HIT
from rillm.operators.running_cost import RunningCost
from rillm.streams.token_meter import TokenMeter

if TYPE_CHECKING:
    from rillm.streams.budget import Budget
    from rillm.streams.chunk import ModelResponseStream


class Bill:
    """What one call takes. It pays for as many tokens as it may have taken, and for some in advance.

    All of it is to be called with the budget's lock only.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._meter = TokenMeter()
        self._cost = RunningCost(self._meter)
        self._prompt_tokens = -1
        self._usd, self._tokens = 0.0, 0  # what it has paid for

    def add(self, chunk: ModelResponseStream) -> bool:
        """Pay for what `chunk` brings; whether that may use the budget up."""
        meter = self._meter
        meter.add(chunk)
        if meter.may_exceed(self._tokens) or meter.prompt_tokens != self._prompt_tokens:
            return self._pay_in_advance()
        return False

    def settle(self) -> None:
        """Pay for what the call has taken, and get back the rest."""
        self._pay(self._meter.completion_tokens)

    def rest(self) -> tuple[float, int]:
        """US dollars and tokens that are to be paid beside that when the stream has ended well, by the last report."""
        usage = self._meter.final()
        self.settle()
        usd = 0.0 if self._budget.usd is None else self._cost.final(usage)
        return usd - self._usd, self._written(usage.completion_tokens) - self._tokens

    def _pay_in_advance(self) -> bool:
        """Pay, unless the budget may be used up then; whether it may be."""
        self._prompt_tokens = self._meter.prompt_tokens
        if self._budget.usd is not None:
            self._cost.look_up()
        if self._pay(self._meter.at_most):
            return True
        return self._pay(self._tokens + self._budget.share(self._cost.of_token))

    def _pay(self, tokens: int) -> bool:
        usd, tokens = self._cost.of(tokens), self._written(tokens)
        paid = usd - self._usd, tokens - self._tokens
        self._usd, self._tokens = usd, tokens
        return self._budget.pay(*paid)

    def _written(self, tokens: int) -> int:
        """How many of them somebody has written now, and not before, as those from a cache."""
        return 0 if self._meter.hidden_params.get(CACHE_HIT) else tokens
