"""`cache`: answers that have come before, without asking again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reactivex.disposable import Disposable

from rillm.operators.lookup import Lookup
from rillm.operators.sqlite_store import SQLiteStore
from rillm.streams.errors import BadRequestError
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable, abc

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
    asked twice; `share()` is for that. Nothing is thrown away but for a newer answer.

    The key is a hash of what the answer depends on: who is asked and at which address, messages, parameters,
    fallbacks, whose answer is that of the call. API keys, headers, limits of time and number, and callbacks are no
    part of it. `rillm.stream` alone knows that, so this operator comes first in its pipe; those after it see no
    difference. What operators before it make is another answer, which needs a name: `key=`.

    The file is SQLite's; it holds what models said, no prompt, no key and no header. To look an answer up takes about
    a tenth of a millisecond, to keep one as long or, when SQLite tidies up, some milliseconds, and a quarter of a
    second where somebody keeps it locked; an event loop stands still meanwhile. A store that cannot be used is
    reported to loguru, and the model is asked.

    Args:
        store: the path of a file, or a `rillm.Store`: `redis.asyncio.Redis()` is one.
        key: the name of the answer in the store, or a function that makes it at each subscription.
        ttl: seconds after which an answer is old, and asked for anew.

    Errors: `BadRequestError` where no key can be known, and where a store is asynchronous and the loop is not.

    Raises:
        BadRequestError: the file is there and not SQLite's, or has no folder; `ttl` is not positive.

    >>> import rillm, tempfile
    >>> cached = rillm.cache(tempfile.mkdtemp() + "/answers.sqlite")
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
    answers = SQLiteStore(store) if isinstance(store, str | os.PathLike) else store

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
