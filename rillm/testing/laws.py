"""`assert_operator_laws`: what every operator has to do, whatever it is for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import TYPE_CHECKING, Any, Final

import reactivex
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rillm.streams.combine import of
from rillm.streams.driver import Driver
from rillm.streams.stream import as_stream, from_source
from rillm.testing.chunks import shown
from rillm.testing.probes import SILENCE, Emitter, Probe
from rillm.testing.ways import LONGEST, WAYS, applied, by_for, by_subscribe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import Observable

MOMENT: Final = 0.01  # seconds in which a source is opened
LOST: Final = "The source was not subscribed to on the subscriber's scheduler: pass scheduler=scheduler."


@dataclass
class Case:
    """An operator, what it is given, and how what comes out is compared. The items are copied: it may change them."""

    operator: Callable[[Observable[Any]], Observable[Any]]
    items: Sequence[Any]
    show: Callable[[Any], str] = shown

    def __post_init__(self) -> None:
        self.items = deepcopy(self.items)

    def on(self, source: Observable[Any]) -> Observable[Any]:
        return applied(self.operator, source)

    def end(self, source: Observable[Any]) -> list[Exception | None]:
        """How a stream of the source ends: None is the good end, nothing is none."""
        ends: list[Exception | None] = []
        clock = VirtualTimeScheduler()
        self.on(source).subscribe(on_error=ends.append, on_completed=lambda: ends.append(None), scheduler=clock)
        with suppress(LawError):  # raised where nobody takes it
            clock.advance_by(LONGEST)
        return ends


def assert_operator_laws(
    operator: Callable[[Observable[Any]], Observable[Any]],
    items: Sequence[Any],
    *,
    show: Callable[[Any], str] = shown,
) -> None:
    """Check that an operator keeps the contract of streams; for tests of your own operators.

    An error passes, and so does a good end. Who leaves, leaves the source at once. The source is subscribed to on the
    scheduler of the subscriber, which for a loop is the loop itself. Subscriptions share nothing, one after the other
    and side by side. By `for`, by `async for` and by `subscribe` comes the same. What came in is not changed, for
    others may hold it.

    Args:
        operator: with its arguments: `my_operator(3)`.
        items: what it is given; it has to make something of them.
        show: how two of the things that come out are compared.

    Raises:
        AssertionError: it does not; the message says what it did.

    >>> import rillm
    >>> from rillm.testing import assert_operator_laws, chunk
    >>> assert_operator_laws(rillm.text(), [chunk("Hel"), chunk("lo"), chunk(finish="stop")])

    One that is wrong, for it remembers what an earlier subscription saw:

    >>> def numbered():
    ...     seen = []
    ...     return lambda source: source.pipe(ops.map(lambda item: (seen.append(item), len(seen))[1]))
    >>> from reactivex import operators as ops
    >>> assert_operator_laws(numbered(), ["a", "b"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AssertionError: Two subscriptions share something: first came ..., then ....
    """
    with ThreadPoolExecutor(1) as elsewhere:  # in this thread an event loop may run
        for law in LAWS:
            elsewhere.submit(law, Case(operator, items, show)).result()


def disposing_reaches_the_source(case: Case) -> None:
    emitter, clock = Emitter(case.items[:1]), VirtualTimeScheduler()
    subscription = case.on(emitter).subscribe(scheduler=clock)
    clock.advance_by(MOMENT)
    subscription.dispose()
    check(emitter.disposed == 1, "The subscription was disposed of, and that of the source was not: return its own.")


def the_scheduler_reaches_the_source(case: Case) -> None:
    emitter, clock = Emitter(case.items[:1]), VirtualTimeScheduler()
    subscription = case.on(emitter).subscribe(scheduler=clock)
    clock.advance_by(MOMENT)
    subscription.dispose()
    check(emitter.schedulers == [clock], f"{LOST} It was {emitter.schedulers}.")


def the_loop_reaches_the_source(case: Case) -> None:
    emitter = Emitter(case.items)
    by_for(case.on(emitter).pipe(ops.take_until(reactivex.timer(MOMENT))))
    check([isinstance(one, Driver) for one in emitter.schedulers] == [True], f"{LOST} It was {emitter.schedulers}.")


def an_error_passes(case: Case) -> None:
    error = LawError("the error of the source")
    ends = case.end(reactivex.throw(error))
    check(ends == [error], f"The source failed, and what came of that was {ends}: pass on_error.")
    for number, collect in product((0, 1), WAYS):
        probe = Probe(case.items[:number], error)
        _, raised = collect(case.on(from_source(probe)))
        if probe.raised:  # an operator may have had enough before
            check(raised is error, f"The source failed, and what came of that was {raised!r}.")
        check(not probe.live, "The source has failed and is still open.")


def a_good_end_passes(case: Case) -> None:
    ends = case.end(of(*case.items))
    check(ends == [None], f"The source ended well, and what came of that was {ends}: pass on_completed.")
    for collect in WAYS:
        probe = Probe(case.items)
        came, raised = collect(case.on(from_source(probe)))
        check(raised is None, f"The source ended well, and what came of that was {raised!r}.")
        check(bool(came), "Nothing comes of these items; the laws need some of which something comes.")
        check(not probe.live, "The stream is over and its source still open.")


def leaving_closes_the_source(case: Case) -> None:
    for collect in WAYS:
        probe = Probe(case.items[:1], SILENCE)
        collect(case.on(from_source(probe)).pipe(ops.take_until(reactivex.timer(MOMENT))))
        left = probe.let_go()
        check(probe.opened == 1, f"One subscription opens the source {probe.opened} times.")
        check(not left, "The consumer has left and the source is still open.")


def closing_closes_the_source(case: Case) -> None:
    probe = Probe(case.items[:1], SILENCE)
    made = as_stream(case.on(from_source(probe)).pipe(ops.merge(reactivex.timer(MOMENT))))
    next(made)
    made.close()
    check(not probe.let_go(), "The stream was closed and its source is still open.")


def subscriptions_share_nothing(case: Case) -> None:
    made = as_stream(case.on(from_source(Probe(case.items))))
    for _ in made:
        break  # one that is not read to its end
    first, second = ([*map(case.show, made)] for _ in range(2))
    check(first == second, f"Two subscriptions share something: first came {said(first)}, then {said(second)}.")


def subscriptions_at_a_time_share_nothing(case: Case) -> None:
    made = as_stream(case.on(from_source(Probe(case.items))))
    alone = [*map(case.show, made)]
    pairs = list(zip_longest(*(map(case.show, one) for one in (made, made))))
    check(
        pairs == [(one, one) for one in alone],
        f"Two subscriptions at a time share something: alone came {said(alone)}, together {said(pairs)}.",
    )


def each_way_gives_the_same(case: Case) -> None:
    came = {
        collect.__name__: [*map(case.show, collect(case.on(of(*case.items)))[0])] for collect in (*WAYS, by_subscribe)
    }
    check(len({*map(tuple, came.values())}) == 1, f"What comes depends on how it is read: {came}.")


def what_came_is_not_changed(case: Case) -> None:
    before = [*map(repr, case.items)]
    by_for(case.on(of(*case.items)))
    after = [*map(repr, case.items)]
    for one, other in zip(before, after, strict=True):
        check(one == other, f"What came in was changed: copy it. It was {one}, and is {other}.")


LAWS: Final = (
    disposing_reaches_the_source,
    the_scheduler_reaches_the_source,
    the_loop_reaches_the_source,
    an_error_passes,
    a_good_end_passes,
    leaving_closes_the_source,
    closing_closes_the_source,
    subscriptions_share_nothing,
    subscriptions_at_a_time_share_nothing,
    each_way_gives_the_same,
    what_came_is_not_changed,
)


class LawError(Exception): ...


def said(texts: Sequence[Any]) -> str:
    return ", ".join(map(str, texts)) or "nothing"


def check(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - as `assert` has it
    if not holds:
        raise AssertionError(otherwise)
