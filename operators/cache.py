"""`cache`: answers that have come before, without asking again."""

from __future__ import annotations

import os
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from reactivex import abc
from reactivex.disposable import Disposable, SerialDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.operators.cost_tap import CACHE_HIT
from rillm.operators.kept_answer import KeptAnswer, age, chunks_of
from rillm.operators.number_choices import CALL_ID
from rillm.operators.sqlite_store import SQLiteStore
from rillm.operators.store import Asked, complain
from rillm.streams.errors import BadRequestError
from rillm.streams.iterables import IterableSource
from rillm.streams.stream import Stream, from_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.operators.store import Store
    from rillm.streams.chunk import ModelResponseStream


def cache(
    store: str | os.PathLike[str] | Store,
    key: str | Callable[[], str] | None = None,
    ttl: float | None = None,
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Replay an answer that came before to the same question; else ask, and keep what comes.

        -Hel--lo-=stop-|
        [ cache(store, key="greeting") ]
        -Hel--lo-=stop-|      the first time
        (Hel,lo,=stop,|)      from then on, and nothing is asked

    What comes from the store are the same chunks, at once, with their ids and the usage that was reported. They have
    `_hidden_params["cache_hit"]` and cost nothing: `cost_tap` tells 0, and `budget` takes nothing. No call is made, so
    the callbacks of one are not called.

    Kept is an answer that has ended well, before its end is announced, and only what stands of it after a retraction;
    never one that failed, that its consumer left, or that `loop_guard` has cut. What is on the way twice at a time is
    asked twice; `share()` is for that. Nothing is ever thrown away but for a newer answer.

    The key is a hash of what the answer depends on: who is asked and at which address, messages, parameters,
    fallbacks. Keys, headers, limits of time and number, and callbacks are no part of it. `rillm.stream` alone knows
    that, so this operator comes first in its pipe; those after it see no difference. What operators before it make is
    another answer, which needs a name: `key=`.

    The file is SQLite's; it holds what models said, no prompt, no key and no header. To look an answer up takes about
    a tenth of a millisecond, to keep one as long or, when SQLite moves what is new into the file, some milliseconds;
    an event loop stands still meanwhile. A store that cannot be used is reported to loguru, and the model is asked.

    Args:
        store: the path of a file, or a `rillm.Store`: `redis.asyncio.Redis()` is one.
        key: the name of the answer in the store, or a function that makes it at each subscription.
        ttl: seconds after which an answer is old, and asked for anew.

    Errors: `BadRequestError` where no key can be known, and where a store is asynchronous and the loop is not.

    Raises:
        BadRequestError: the file is there and not SQLite's, or has no folder; `ttl` is not positive.

    >>> import rillm, tempfile
    >>> cached = cache(tempfile.mkdtemp() + "/answers.sqlite")
    >>> for _ in range(2):
    ...     for chunk in rillm.stream("mock/gpt-4o-mini", mock_response="Hello").pipe(cached):
    ...         print(chunk.choices[0].delta.content, chunk._hidden_params.get("cache_hit", False))
    Hello False
    None False
    Hello True
    None True
    """
    if ttl is not None and ttl <= 0:
        raise BadRequestError(f"ttl has to be a number of seconds above 0, not {ttl!r}.")
    answers: Any = SQLiteStore(store) if isinstance(store, str | os.PathLike) else store

    def cached(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            try:
                name = name_of(source, key)
            except Exception as error:  # noqa: BLE001 - somebody else's code
                observer.on_error(error)
                return Disposable()
            lookup = Lookup(answers, name, ttl, source, observer, scheduler)
            lookup.begin()
            return lookup.current

        return Stream(subscribe)

    return cached


def name_of(source: Observable[ModelResponseStream], key: str | Callable[[], str] | None) -> str:
    """Under which name the answer is kept.

    Raises:
        BadRequestError: nobody knows.
    """
    if key is not None:
        return key() if callable(key) else key
    if isinstance(source, Stream) and source.call_key is not None:
        return source.call_key()
    raise BadRequestError(
        "cache() does not know what the answer of this stream depends on. Let it come first, as in "
        "rillm.stream(model, messages).pipe(rillm.cache(store), ...), or name the answer: cache(store, key=...)."
    )


class Lookup(abc.ObserverBase["ModelResponseStream"]):
    """One subscription: `current` is what is asked just now, the store, the source, or the store again."""

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
            value = self._kept.written()
            self._ask(partial(self._store.set, self._name, value), None, self._observer.on_completed)
        else:
            self._observer.on_completed()


def replayed(chunks: Sequence[ModelResponseStream]) -> Iterator[Sequence[ModelResponseStream]]:
    """The chunks in blocks. As of a call, the usage is known by the last one, and not before."""
    hidden = chunks[0].hidden_params
    usage = hidden.pop("usage", None)
    hidden.update({CACHE_HIT: True, "response_cost": 0.0, CALL_ID: str(uuid.uuid4())})
    yield chunks[:-1]
    if usage is not None:
        hidden["usage"] = usage
    yield chunks[-1:]
