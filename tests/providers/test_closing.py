"""Whoever leaves a stream stops the model: the server sees at once that its client has gone."""

from __future__ import annotations

import threading
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

import httpx
import pytest
from reactivex import operators as ops
from reactivex.scheduler import NewThreadScheduler

import rillm
from rillm.providers.exchange import Exchange
from rillm.providers.formats import FORMATS
from rillm.providers.transport import HTTPSource
from tests.kit import wire
from tests.kit.calls import cold, opened
from tests.kit.leaks import wait_until
from tests.kit.server import AT_ONCE, LONGEST, Do, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rillm import ModelResponseStream, Stream
    from tests.kit.server import Server

    Chunks = Stream[ModelResponseStream]

pytestmark = pytest.mark.usefixtures("no_garbage_collection")

HELLO_AND_SILENCE = script(wire.frame("Hello"), Do.STALL)


def break_under_with(stream: Chunks) -> float:
    with stream:
        for _ in stream:
            break
    return monotonic()


def bare_break(stream: Chunks) -> float:
    for _ in stream:
        break
    return monotonic()


def close(stream: Chunks) -> float:
    next(stream)
    stream.close()
    return monotonic()


def close_in_the_loop(stream: Chunks) -> float:
    for _ in stream:
        stream.close()
    return monotonic()


def close_what_was_made_of_it(stream: Chunks) -> float:
    made = stream.filter(lambda _: True).pipe(rillm.text())
    next(made)
    made.close()
    return monotonic()


def close_the_iterator(stream: Chunks) -> float:
    iterator = iter(stream)
    next(iterator)
    iterator.close()
    return monotonic()


def error_under_with(stream: Chunks) -> float:
    with pytest.raises(ZeroDivisionError), stream:  # noqa: PT012 - the loop is what is tested
        for _ in stream:
            raise ZeroDivisionError
    return monotonic()


def interrupt(stream: Chunks) -> float:
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the loop is what is tested
        for _ in stream:
            raise KeyboardInterrupt
    return monotonic()


def error_in_an_operator(stream: Chunks) -> float:
    with pytest.raises(ZeroDivisionError):
        list(stream.pipe(ops.map(lambda _: 1 / 0)))
    return monotonic()


def close_from_another_thread(stream: Chunks) -> float:
    left = 0.0

    def close() -> None:
        nonlocal left
        left = monotonic()
        stream.close()

    for _ in stream:
        threading.Timer(0.02, close).start()  # the loop waits for the second chunk by then
    return left


LEAVES = [
    break_under_with,
    bare_break,
    close,
    close_in_the_loop,
    close_what_was_made_of_it,
    close_the_iterator,
    error_under_with,
    interrupt,
    error_in_an_operator,
    close_from_another_thread,
]


@pytest.mark.parametrize("start", [cold, opened])
@pytest.mark.parametrize("leave", LEAVES)
def test_leaving(server: Server, start: Callable[[Server], Chunks], leave: Callable[[Chunks], float]) -> None:
    server.play(HELLO_AND_SILENCE)
    stream = start(server)  # lives on
    left = leave(stream)
    assert server.exchange().seconds_to_leave(left) < AT_ONCE


@pytest.mark.parametrize("start", [cold, opened])
def test_take(server: Server, start: Callable[[Server], Chunks]) -> None:
    server.play(HELLO_AND_SILENCE)
    for _ in start(server).pipe(ops.take(1)):
        assert server.exchange().seconds_to_leave(monotonic()) < AT_ONCE


def test_next_and_drop(server: Server) -> None:
    server.play(HELLO_AND_SILENCE)
    stream = opened(server)
    next(stream)
    del stream
    assert server.exchange().seconds_to_leave(monotonic()) < AT_ONCE


def test_drop_what_was_never_read(server: Server) -> None:
    server.play(HELLO_AND_SILENCE)
    stream = opened(server)
    exchange = server.exchange()
    del stream
    assert exchange.seconds_to_leave(monotonic()) < AT_ONCE


def test_close_what_was_never_read(server: Server) -> None:
    server.play(HELLO_AND_SILENCE)
    stream = opened(server)
    stream.close()
    assert server.exchange().seconds_to_leave(monotonic()) < AT_ONCE
    with pytest.raises(rillm.StreamConsumedError):
        next(stream)


def test_the_loser_of_a_race(server: Server) -> None:
    server.play(script(Do.STALL), script(wire.frame("quick"), Do.STALL))
    race = iter(rillm.race(cold(server), cold(server)))
    assert next(race).choices[0].delta.content == "quick"
    assert server.exchange(0).seconds_to_leave(monotonic()) < AT_ONCE
    race.close()
    assert server.exchange(1).seconds_to_leave(monotonic()) < AT_ONCE


def test_break_out_of_a_merge(server: Server) -> None:
    server.play(HELLO_AND_SILENCE)
    merged = rillm.merge(cold(server), cold(server))
    for number, _ in enumerate(merged):
        if number == 1:
            break
    left = monotonic()
    assert server.exchange(0).seconds_to_leave(left) < AT_ONCE
    assert server.exchange(1).seconds_to_leave(left) < AT_ONCE


@pytest.mark.parametrize("begin", [wire.frame("Hello"), b": the model thinks\n\n", b""])
def test_dispose_while_the_server_is_silent(server: Server, begin: bytes) -> None:
    server.play(script(begin, Do.STALL))
    told: list[object] = []
    subscription = cold(server).subscribe(
        on_error=told.append, on_completed=lambda: told.append("end"), scheduler=NewThreadScheduler()
    )
    exchange = server.exchange()
    subscription.dispose()
    assert exchange.seconds_to_leave(monotonic()) < AT_ONCE
    assert not told


class Held(httpx.SyncByteStream):
    """A body that says no more than one thing before its connection is cut."""

    def __init__(self) -> None:
        self.read_on = threading.Event()
        self.cut = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield wire.frame("Hello")
        self.read_on.set()
        self.cut.wait(LONGEST)
        raise httpx.ReadError("cut")


@pytest.mark.usefixtures("nothing_left")
def test_a_read_that_begins_while_all_is_being_closed() -> None:
    held = Held()

    def read_on() -> None:
        with pytest.raises(rillm.StreamTruncatedError):
            next(exchange.blocks)

    def is_last(_frame: bytes) -> bool:  # asked on the way to closing
        threading.Thread(target=read_on).start()
        return not held.read_on.wait(LONGEST)

    response = httpx.Response(200, stream=held, extensions={"abort": held.cut.set})
    exchange = Exchange(HTTPSource(replace(FORMATS["openai-chat"], is_last=is_last), "", {}, {}), response)
    next(exchange.blocks)
    exchange.close()
    assert held.cut.is_set()
    assert wait_until(lambda: response.is_closed)
