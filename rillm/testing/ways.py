"""What an operator makes of a stream, and the ways to read that: what comes, and the error after it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler

from rillm.streams.stream import as_stream

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST: Final = 3600.0  # seconds, of virtual time, after which a stream is taken to go on for ever
Outcome: TypeAlias = "tuple[list[Any], Exception | None]"


def applied(operator: Callable[..., Any], *sources: Observable[Any]) -> Observable[Any]:
    """What an operator makes of streams.

    Raises:
        TypeError: it is no observable.
    """
    made = operator(*sources)
    if isinstance(made, Observable):
        return made  # pyright: ignore[reportUnknownVariableType]
    raise TypeError(f"This makes a {type(made).__name__} of a stream, no Observable. Is it `text()`, and not `text`?")


def by_for(observable: Observable[Any]) -> Outcome:
    came: list[Any] = []
    try:
        came.extend(as_stream(observable))
    except Exception as error:  # noqa: BLE001 - that is the question
        return came, error
    return came, None


def by_async_for(observable: Observable[Any]) -> Outcome:
    async def main() -> Outcome:
        came: list[Any] = []
        try:
            async for item in as_stream(observable):
                came.append(item)  # noqa: PERF401 - what came before an error counts
        except Exception as error:  # noqa: BLE001 - as above
            return came, error
        return came, None

    return asyncio.run(main())


def by_subscribe(observable: Observable[Any]) -> Outcome:
    came: list[Any] = []
    errors: list[Exception] = []
    clock = VirtualTimeScheduler()
    as_stream(observable).subscribe(came.append, errors.append, scheduler=clock)
    clock.advance_by(LONGEST)
    return came, errors[0] if errors else None


WAYS: Final = (by_for, by_async_for)
