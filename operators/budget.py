"""`budget`: stop all streams of a budget when it is used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reactivex.disposable import Disposable

from rillm.operators.cost_tap import CACHE_HIT
from rillm.operators.guarding import Guard, Then, checked, finishes
from rillm.operators.running_cost import RunningCost
from rillm.streams.driver import Driver
from rillm.streams.errors import BadRequestError
from rillm.streams.stream import Stream
from rillm.streams.token_meter import TokenMeter

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.budget import Budget
    from rillm.streams.chunk import ModelResponseStream


def budget(budget: Budget, then: Then = "error") -> Operator[ModelResponseStream, ModelResponseStream]:
    """Take what a stream uses from a budget that others share, and stop all of them at once when it is used up.

        -_the-_cat-----_sat-|
        [ budget(Budget(output_tokens=2)) ]
        -_the-(_cat,X)              X: BudgetExceededError

    Each chunk is paid for as it passes, by an estimate: tokens as `usage` counts them, in US dollars by the price of
    the model or the caller's own rates, tokens of the prompt with the first chunk. A report of the provider corrects
    what its stream has spent. The chunk that uses the budget up is paid, and is handed on; if it finishes its answer,
    that ends as it is. Every other stream of the budget then lets go of its connection at once, whichever thread or
    event loop it is read in; one that begins later ends before its request is sent. LiteLLM's `max_budget` is looked at
    before a call, and the call may then cost anything.

    Args:
        budget: what they share; see `Budget`.
        then: "error" ends by an error; "stop" ends well, with the finish_reason "length" for each choice that goes on.

    Errors: `BudgetExceededError`, with `current_cost` and `max_budget` in the unit of the limit that was reached, and
    what had passed in `.partial`. `BadRequestError` where the budget is in US dollars and the price of the model is not
    known: a limit that cannot be kept is none.

    >>> import rillm
    >>> shared = rillm.Budget(output_tokens=5)
    >>> answer = rillm.stream("mock/echo", mock_response="High up, in the snow of the mountains.")
    >>> for _ in range(2):
    ...     try:
    ...         print(*answer.pipe(rillm.budget(shared), rillm.text()), sep="")
    ...     except rillm.BudgetExceededError as error:
    ...         print(error.message, error.partial is None)
    The budget is used up: 5 of 5 output tokens. False
    The budget is used up: 5 of 5 output tokens. True
    """
    checked(then)

    def limited(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            guard = Guard(observer, then, "length")
            account = Account(budget, guard, scheduler)
            if not budget.enter(account):
                guard.stop(budget.exceeded())
                return guard
            guard.held.add(Disposable(lambda: budget.leave(account)))
            guard.held.add(source.subscribe(account.on_next, guard.on_error, account.on_completed, scheduler=scheduler))
            return guard

        return Stream(subscribe)

    return limited


class Account:
    """What one stream takes from a budget. It pays for as many tokens as it may have taken, and for some in advance."""

    def __init__(self, budget: Budget, guard: Guard, scheduler: abc.SchedulerBase | None) -> None:
        self._budget = budget
        self._lock = budget.lock
        self._guard = guard
        self._scheduler = scheduler
        self._meter = TokenMeter()
        self._cost = RunningCost(self._meter)
        self._prompt_tokens = -1
        self._usd, self._tokens = 0.0, 0  # what it has paid for

    def on_next(self, chunk: ModelResponseStream) -> None:
        if self._guard.is_over:
            return
        meter, is_near = self._meter, False
        try:
            with self._lock:
                meter.add(chunk)
                if meter.may_exceed(self._tokens) or meter.prompt_tokens != self._prompt_tokens:
                    is_near = self._pay_in_advance()
        except BadRequestError as error:
            self._guard.fail(error)
            return
        is_used_up = is_near and self._budget.spend(self, 0.0, 0)
        self._guard.emit(chunk)
        if is_used_up and not finishes(chunk):
            self._end()

    def on_completed(self) -> None:
        with self._lock:
            usage = self._meter.final()
        self._budget.leave(self)
        usd = 0.0 if self._budget.usd is None else self._cost.final(usage)
        self._budget.spend(self, usd - self._usd, self._written(usage.completion_tokens) - self._tokens)
        self._guard.on_completed()

    def settle(self) -> None:
        """Pay for what it has taken."""
        self._pay(self._meter.completion_tokens)

    def stop(self) -> None:
        """Another stream has used the budget up, perhaps in another thread. This one ends where it is read."""
        scheduler = self._scheduler
        if isinstance(scheduler, Driver):
            scheduler.let_go(self._guard.held)
        else:
            self._guard.held.dispose()
        if scheduler is None:
            self._end()
        else:
            scheduler.schedule(self._end)

    def _pay_in_advance(self) -> bool:
        """Pay, unless the budget may be used up then; whether it may be."""
        self._prompt_tokens = self._meter.prompt_tokens
        if self._budget.usd is not None:
            self._cost.look_up()
        if self._pay(self._meter.at_most):
            return True
        return self._pay(self._tokens + self._budget.share(self, self._cost.of_token))

    def _pay(self, tokens: int) -> bool:
        usd, tokens = self._cost.of(tokens), self._written(tokens)
        paid = usd - self._usd, tokens - self._tokens
        self._usd, self._tokens = usd, tokens
        return self._budget.pay(*paid)

    def _written(self, tokens: int) -> int:
        """How many of them somebody has written now, and not before, as those from a cache."""
        return 0 if self._meter.hidden_params.get(CACHE_HIT) else tokens

    def _end(self, *_: object) -> None:
        self._guard.stop(self._budget.exceeded())
