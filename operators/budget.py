"""`budget`: stop all streams of a budget when it is used up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reactivex.disposable import Disposable

from rillm.operators.bill import Bill
from rillm.operators.guarding import Guard, Then, checked
from rillm.operators.number_choices import CALL_ID
from rillm.streams.driver import Driver
from rillm.streams.errors import BadRequestError
from rillm.streams.stream import Stream

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
    what its call has spent; merged calls, and those that follow each other in one stream, are told apart by their ids.
    The chunk that uses the budget up is paid, and is handed on; an answer that has finished ends as it is. Every other
    stream of the budget then lets go of its connection at once, whichever thread or event loop it is read in; one that
    begins later ends before its request is sent. LiteLLM's `max_budget` is looked at before a call, and the call may
    then cost anything.

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
    """What one stream takes from a budget, which may be of several calls: merged ones, or one after the other."""

    def __init__(self, budget: Budget, guard: Guard, scheduler: abc.SchedulerBase | None) -> None:
        self._budget = budget
        self._lock = budget.lock
        self._guard = guard
        self._scheduler = scheduler
        self._bills: dict[str | None, Bill] = {}  # by the id of the call
        self._bill: Bill | None = None  # of the latest chunk
        self._hidden: dict[str, Any] | None = None

    def on_next(self, chunk: ModelResponseStream) -> None:
        if self._guard.is_over:
            return
        try:
            with self._lock:
                if not self._budget.lets(self):
                    return  # it came when another stream had just used the budget up
                bill = self._bill
                if bill is None or chunk.__pydantic_private__ is not self._hidden:
                    self._hidden = chunk.__pydantic_private__
                    bill = self._bill = self._bill_of(self._hidden)
                is_near = bill.add(chunk)
        except BadRequestError as error:
            self._guard.fail(error)
            return
        is_used_up = is_near and self._budget.spend(self, 0.0, 0)
        self._guard.emit(chunk)
        if is_used_up and not self._guard.is_whole:
            self._end()

    def on_completed(self) -> None:
        with self._lock:
            rests = [bill.rest() for bill in self._bills.values()]
        self._budget.leave(self)
        self._budget.spend(self, sum(usd for usd, _ in rests), sum(tokens for _, tokens in rests))
        self._guard.on_completed()

    def settle(self) -> None:
        """Pay for what it has taken."""
        for bill in self._bills.values():
            bill.settle()

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

    def _bill_of(self, hidden: dict[str, Any] | None) -> Bill:
        call = hidden.get(CALL_ID) if hidden else None
        if call not in self._bills:
            self._bills[call] = Bill(self._budget)
        return self._bills[call]

    def _end(self, *_: object) -> None:
        if len(self._bills) == 1 and self._guard.is_whole:  # of several calls some may be silent
            self._guard.on_completed()
        else:
            self._guard.stop(self._budget.exceeded())
