"""`Lookup`: what `cache` does in one subscription; not public."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from reactivex import abc
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.operators.cost_tap import CACHE_HIT
from rillm.operators.kept_answer import KeptAnswer, age, chunks_of
from rillm.operators.number_choices import CALL_ID
from rillm.operators.store import Asked, complain
from rillm.streams.iterables import IterableSource
from rillm.streams.stream import from_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reactivex import Observable

    from rillm.operators.store import Store
    from rillm.streams.chunk import ModelResponseStream


class Lookup(abc.ObserverBase["ModelResponseStream"]):
    """Asks the store, then the source if need be, and then the store to keep what came; `current` is who is asked."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a subscription knows
        self,
        store: Store,
        name: str,
        ttl: float | None,
        source: Observable[ModelResponseStream],
        observer: abc.ObserverBase[ModelResponseStream],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self.current = SerialDisposable()
        self._store = store
        self._name = name
        self._ttl = ttl
        self._source = source
        self._observer = observer
        self._scheduler = scheduler
        self._now = (scheduler or TimeoutScheduler.singleton()).now
        self._kept: KeptAnswer | None = KeptAnswer(self._now)
        self._found: Sequence[ModelResponseStream] = ()

    def begin(self) -> None:
        self._ask(partial(self._store.get, self._name), self._look_at, self._answer)

    def _ask(
        self, ask: Callable[[], Any], on_next: Callable[[Any], None] | None, on_completed: Callable[[], None]
    ) -> None:
        asking = SingleAssignmentDisposable()
        self.current.disposable = asking  # first, for all may be over before `subscribe` returns
        asking.disposable = from_source(Asked(ask)).subscribe(
            on_next, self._observer.on_error, on_completed, scheduler=self._scheduler
        )

    def _look_at(self, value: bytes | None) -> None:
        if value is None:
            return
        try:
            if self._ttl is None or age(value, self._name, self._now).total_seconds() < self._ttl:
                self._found = chunks_of(value, self._name)
        except Exception:  # noqa: BLE001 - whatever is there, it is no answer
            complain()

    def _answer(self) -> None:
        subscription = SingleAssignmentDisposable()
        self.current.disposable = subscription
        if self._found:
            again = from_source(IterableSource(replayed(self._found), may_block=False))
            subscription.disposable = again.subscribe(self._observer, scheduler=self._scheduler)
        else:
            subscription.disposable = self._source.subscribe(self, scheduler=self._scheduler)

    def on_next(self, value: ModelResponseStream) -> None:
        if self._kept is not None:
            try:
                self._kept.add(value)
            except Exception:  # noqa: BLE001 - what cannot be written down can be read all the same
                self._kept = None
                complain()
        self._observer.on_next(value)

    def on_error(self, error: Exception) -> None:
        self._observer.on_error(error)

    def on_completed(self) -> None:
        if self._kept is not None and self._kept.is_whole():
            self._ask(partial(self._keep, self._kept), None, self._observer.on_completed)
        else:
            self._observer.on_completed()

    def _keep(self, answer: KeptAnswer) -> object:
        return self._store.set(self._name, answer.written())


def replayed(chunks: Sequence[ModelResponseStream]) -> Iterator[Sequence[ModelResponseStream]]:
    """The chunks in blocks. As of a call, the usage is known by the last one, and not before."""
    hidden = chunks[0].hidden_params
    usage = hidden.pop("usage", None)
    hidden.update({CACHE_HIT: True, "response_cost": 0.0, CALL_ID: str(uuid.uuid4())})
    yield chunks[:-1]
    if usage is not None:
        hidden["usage"] = usage
    yield chunks[-1:]
