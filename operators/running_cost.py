"""`RunningCost`: what a stream has cost so far; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rillm.operators.cost_tap import usd_of
from rillm.streams.errors import BadRequestError
from rillm.streams.pieces import changed

if TYPE_CHECKING:
    from rillm.streams.token_meter import TokenMeter
    from rillm.streams.usage import Usage

MANY: Final = 1000  # tokens, so that the price of one is exact


class RunningCost:
    """US dollars for what a meter shows.

    To ask the table takes as long as a hundred chunks, so it is asked when the tokens of the prompt are known, whose
    number may decide the price of all others; from then on it is a multiplication.

    Attributes:
        of_token: for one more of the answer.
    """

    def __init__(self, meter: TokenMeter) -> None:
        self._meter = meter
        self._of_prompt = self.of_token = 0.0

    def look_up(self) -> None:
        """Ask for the price.

        Raises:
            BadRequestError: nobody knows it.
        """
        self._of_prompt = self._usd(0)
        self.of_token = (self._usd(MANY) - self._of_prompt) / MANY

    def of(self, completion_tokens: int) -> float:
        """While the stream goes on, by the price that was looked up."""
        return self._of_prompt + self.of_token * completion_tokens

    def final(self, usage: Usage) -> float:
        """When it has ended with this usage."""
        usd = usd_of(self._meter.hidden_params, self._meter.model, usage)
        return self.of(self._meter.completion_tokens) if usd is None else usd

    def _usd(self, completion_tokens: int) -> float:
        meter = self._meter
        now = meter.usage()
        extra = {name: value for name, value in now.extra.items() if name != "cost"}  # the provider's, of another count
        usage = changed(now, {"completion_tokens": completion_tokens, "completion_tokens_details": None}, extra)
        usd = usd_of(meter.hidden_params, meter.model, usage)
        if usd is None:
            raise BadRequestError(
                f"A budget in US dollars cannot be kept: the price of {meter.model!r} is not known. Tell it by "
                "input_cost_per_token= and output_cost_per_token= of the call, or use Budget(output_tokens=...).",
                meter.model or "",
                meter.hidden_params.get("custom_llm_provider") or "",
            )
        return usd
