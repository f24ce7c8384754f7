"""A budget of several live calls, by the record of their server: all connections are closed when it is used up."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from reactivex.scheduler import NewThreadScheduler

import rillm
from rillm import Budget, BudgetExceededError
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.leaks import run, wait_until
from tests.kit.server import AT_ONCE, Do, script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm import ModelResponseStream, Stream
    from tests.kit.server import Gate, Server

    Chunks = Stream[ModelResponseStream]
    Way = Callable[[Sequence[Chunks], "Said"], None]

pytestmark = pytest.mark.usefixtures("no_garbage_collection")

MANY = 4


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """What the first call of a process loads at its end, prices and more, takes as long as closing all may."""
    next(rillm.stream("openai/gpt-test", mock_response="Hi"))


class Said:
    """What all of them have said; opens the gate, behind which one says more, when each has said a word."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._words = 0
        self._lock = threading.Lock()
        self.errors: list[Exception] = []
        self.moment = 0.0

    def on_next(self, _: ModelResponseStream) -> None:
        with self._lock:
            self._words += 1
            if self._words == MANY:
                self.moment = monotonic()
                self._gate.open()

    def read(self, chunks: Chunks) -> None:
        try:
            for chunk in chunks:
                self.on_next(chunk)
        except BudgetExceededError as error:
            self.errors.append(error)

    async def aread(self, chunks: Chunks) -> None:
        try:
            async for chunk in chunks:
                self.on_next(chunk)
        except BudgetExceededError as error:
            self.errors.append(error)


def merged(streams: Sequence[Chunks], said: Said) -> None:
    said.read(rillm.merge(*streams))


def amerged(streams: Sequence[Chunks], said: Said) -> None:
    run(said.aread(rillm.merge(*streams)))


def in_threads(streams: Sequence[Chunks], said: Said) -> None:
    threads = [threading.Thread(target=said.read, args=[stream]) for stream in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said.errors) == MANY


def in_tasks(streams: Sequence[Chunks], said: Said) -> None:
    async def main() -> None:
        await asyncio.gather(*map(said.aread, streams))

    run(main())
    assert len(said.errors) == MANY


def in_threads_and_loops(streams: Sequence[Chunks], said: Said) -> None:
    """Half of them by `for`, half by `async for`, each in a thread."""

    def read(number: int, stream: Chunks) -> None:
        if number % 2:
            said.read(stream)
        else:
            run(said.aread(stream))

    threads = [threading.Thread(target=read, args=[number, stream]) for number, stream in enumerate(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said.errors) == MANY


def pushed(streams: Sequence[Chunks], said: Said) -> None:
    for stream in streams:
        stream.subscribe(said.on_next, said.errors.append, scheduler=NewThreadScheduler())
    assert wait_until(lambda: len(said.errors) == MANY)


def apushed(streams: Sequence[Chunks], said: Said) -> None:
    async def main() -> None:
        for stream in streams:
            stream.subscribe(said.on_next, said.errors.append)
        assert await asyncio.to_thread(wait_until, lambda: len(said.errors) == MANY)

    run(main())


WAYS = [merged, amerged, in_threads, in_tasks, in_threads_and_loops, pushed, apushed]


@pytest.mark.parametrize("read", WAYS)
def test_all_are_closed_at_once_and_none_is_opened_after(server: Server, read: Way) -> None:
    gate = server.gate()
    silent = script(wire.frame(" the"), Do.STALL)
    server.play(*[silent] * (MANY - 1), script(wire.frame(" the"), gate, wire.frame(" cat"), Do.STALL))
    shared, said = Budget(output_tokens=MANY + 1), Said(gate)
    read([cold(server).pipe(rillm.budget(shared)) for _ in range(MANY)], said)
    assert [number for number in range(MANY) if server.exchange(number).seconds_to_leave(said.moment) > AT_ONCE] == []
    assert all(isinstance(error, BudgetExceededError) for error in said.errors)
    with pytest.raises(BudgetExceededError):
        next(cold(server).pipe(rillm.budget(shared)))
    assert len(server.exchanges) == MANY


def test_what_finishes_in_time_leaves_its_connection_to_others(server: Server) -> None:
    server.play(script(wire.answer(" the")))
    shared = Budget(output_tokens=100)
    for _ in range(3):
        assert len(list(cold(server).pipe(rillm.budget(shared)))) == 2
    assert (server.connections, shared.spent_output_tokens) == (1, 3)


def test_a_reported_usage_corrects(server: Server) -> None:
    server.play(script(wire.frame(" the"), wire.finish(), wire.usage(prompt=7, completion=50), wire.DONE))
    shared = Budget(output_tokens=100)
    list(rillm.merge(*[cold(server).pipe(rillm.budget(shared)) for _ in range(2)]))
    assert shared.spent_output_tokens == 100
    with pytest.raises(BudgetExceededError, match="100 of 100"):
        next(cold(server).pipe(rillm.budget(shared)))


def test_a_dropped_loop_is_forgotten(server: Server) -> None:
    """A budget that lives on keeps nothing open."""
    server.play(script(wire.frame(" the"), Do.STALL))
    shared = Budget(output_tokens=100)
    for _ in cold(server).pipe(rillm.budget(shared)):
        break
    assert server.exchange().seconds_to_leave(monotonic()) < AT_ONCE
