"""The time of a subscription: how much has passed, and how much of it the consumer has waited."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from reactivex.scheduler import VirtualTimeScheduler

from rillm.streams.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import abc


class Clock:
    """The clock of one subscription, in seconds.

    It is virtual where the scheduler's time is, else `time.perf_counter`: what schedulers call `now` is the time of
    day, which jumps when the system corrects it.

    Attributes:
        now: the time.
        waited: how much of it the consumer has waited. What it does with the items does not count: a driver measures
            how long it waits for its sources, and elsewhere the consumer is at work while an item is handed to it.
    """

    def __init__(self, scheduler: abc.SchedulerBase | None) -> None:
        self._driver: Driver[Any] | None = scheduler if isinstance(scheduler, Driver) else None
        self._working = 0.0
        self.now: Callable[[], float] = time.perf_counter
        self.waited: Callable[[], float] = self._not_working
        if isinstance(scheduler, Driver):
            self.waited = scheduler.seconds_waited
        elif isinstance(scheduler, VirtualTimeScheduler):
            virtual = scheduler
            self.now = lambda: virtual.to_seconds(virtual.now)

    def handing(self, emit: Callable[[Any], None]) -> Callable[[Any], None]:
        """`emit`, with the time it takes counted as the consumer's where it is the consumer that it calls."""
        if self._driver is not None:
            return emit  # the driver keeps the item until the consumer asks

        def timed(item: Any) -> None:
            began = self.now()
            try:
                emit(item)
            finally:
                self._working += self.now() - began

        return timed

    def _not_working(self) -> float:
        return self.now() - self._working
