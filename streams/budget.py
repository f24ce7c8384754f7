"""`Budget`: a limit that many streams share."""

from __future__ import annotations

import threading
from math import inf
from typing import Final, Protocol

from rillm.streams.errors import BadRequestError
from rillm.streams.litellm_errors import BudgetExceededError

MOST_IN_ADVANCE: Final = 10_000  # tokens


class Payer(Protocol):
    """A stream that takes from a budget. It pays for as much as it may have taken, and some in advance."""

    def stop(self) -> None:
        """The budget is used up. Called from any thread."""
        ...

    def settle(self) -> None:
        """Pay what it has taken, and get back the rest. Called from any thread that has the budget's lock."""
        ...


class Budget:
    """How much many streams may use together, in all threads and event loops; for the operator `budget`.

    Args:
        usd: US dollars, for prompts and answers.
        output_tokens: of answers.

    At least one of them; None is no limit.

    >>> import rillm
    >>> rillm.Budget(usd=0.5, output_tokens=1000)
    Budget(usd=0.5, spent_usd=0.0, output_tokens=1000, spent_output_tokens=0)
    """

    def __init__(self, usd: float | None = None, output_tokens: int | None = None) -> None:
        limits = [limit for limit in (usd, output_tokens) if limit is not None]
        if not limits or min(limits) < 0:
            raise BadRequestError("A budget needs usd= or output_tokens=, and neither below 0.")
        self.usd = usd
        self.output_tokens = output_tokens
        self._spent_usd = 0.0
        self._spent_output_tokens = 0
        self._limits = inf if usd is None else usd, inf if output_tokens is None else output_tokens
        self._payers: set[Payer] = set()
        self.lock = threading.RLock()

    @property
    def spent_usd(self) -> float:
        """US dollars so far, estimated of streams that go on. They are counted only where there is a limit of them."""
        self._settle()
        return self._spent_usd

    @property
    def spent_output_tokens(self) -> int:
        """Tokens so far, estimated of streams that go on."""
        self._settle()
        return self._spent_output_tokens

    @property
    def left_usd(self) -> float | None:
        """Never below 0; None without a limit."""
        return None if self.usd is None else max(0.0, self.usd - self.spent_usd)

    @property
    def left_output_tokens(self) -> int | None:
        """Never below 0; None without a limit."""
        return None if self.output_tokens is None else max(0, self.output_tokens - self.spent_output_tokens)

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left of one of its limits. A report of a provider may show that something is."""
        with self.lock:
            if self._may_be_used_up():
                self._settle()
            return self._may_be_used_up()

    def __repr__(self) -> str:
        usd = f"usd={self.usd}, spent_usd={self.spent_usd}"
        tokens = f"output_tokens={self.output_tokens}, spent_output_tokens={self.spent_output_tokens}"
        return f"Budget({usd}, {tokens})"

    # What streams call. They pay for as many tokens as they may have taken, which need not be counted for that. What
    # was too much they get back as soon as it matters: before the budget is used up, and when somebody looks.

    def enter(self, payer: Payer) -> bool:
        """Let a stream begin; False if the budget is used up."""
        with self.lock:
            if self.is_used_up:
                return False
            self._payers.add(payer)
            return True

    def leave(self, payer: Payer) -> None:
        """A stream has ended."""
        with self.lock:
            payer.settle()
            self._payers.discard(payer)

    def lets(self, payer: Payer) -> bool:
        """Whether a stream may go on. With the lock only."""
        return payer in self._payers

    def pay(self, usd: float, output_tokens: int) -> bool:
        """Take so much, or give it back if it is negative; whether that may use the budget up. With the lock only."""
        self._spent_usd += usd
        self._spent_output_tokens += output_tokens
        return self._may_be_used_up()

    def share(self, usd_of_token: float) -> int:
        """Tokens that a stream may pay in advance, so that enough is left for all of them. With the lock only."""
        usd, output_tokens = self._limits
        left = output_tokens - self._spent_output_tokens
        if usd_of_token:
            left = min(left, (usd - self._spent_usd) / usd_of_token)
        return int(min(left / len(self._payers) / 4, MOST_IN_ADVANCE))

    def spend(self, payer: Payer, usd: float, output_tokens: int) -> bool:
        """Pay just that; whether it uses the budget up, which stops all others."""
        with self.lock:
            self.pay(usd, output_tokens)
            if not self.is_used_up:
                return False
            others = self._payers - {payer}
            self._payers -= others
        for other in others:
            other.stop()
        return True

    def _may_be_used_up(self) -> bool:
        usd, output_tokens = self._limits
        return self._spent_usd >= usd or self._spent_output_tokens >= output_tokens

    def _settle(self) -> None:
        with self.lock:
            for payer in self._payers:
                payer.settle()

    def exceeded(self) -> BudgetExceededError:
        """The error of a stream that is stopped, in the unit of the limit that was reached."""
        if self.left_output_tokens == 0:
            spent, limit = self.spent_output_tokens, self.output_tokens or 0
            return BudgetExceededError(spent, limit, f"The budget is used up: {spent} of {limit} output tokens.")
        spent_usd, usd = self.spent_usd, self.usd or 0.0
        return BudgetExceededError(spent_usd, usd, f"The budget is used up: {spent_usd:.6f} of {usd:.6f} US dollars.")
