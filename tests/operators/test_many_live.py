"""Operators over many streams, by the record of their server: none starves another, and all are left together."""

from __future__ import annotations

import asyncio
from itertools import chain, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from reactivex import operators as ops

import rillm
from rillm.streams.turns import TURN
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.leaks import run, wait_until
from tests.kit.server import LONGEST, Do, script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm import ModelResponseStream, Stream
    from tests.kit.server import Server

    Chunks = Stream[ModelResponseStream]
    Make = Callable[[Sequence[Chunks]], Stream[Any]]

MANY = 200
FLOOD = 4000


def merge(streams: Sequence[Chunks]) -> Stream[Any]:
    return rillm.merge(*streams)


def side_by_side(streams: Sequence[Chunks]) -> Stream[Any]:
    items: Stream[Any] = rillm.side_by_side(dict(enumerate(streams))).pipe(ops.map(attrgetter("item")))
    return items


def adaptive_merge(streams: Sequence[Chunks]) -> Stream[Any]:
    """Before the streams as many quick jobs as it takes until there is room for all of them."""
    jobs = chain(repeat(None, len(streams) * (len(streams) - 1) // 2), streams)

    def start(stream: Chunks | None) -> Stream[Any]:
        return rillm.of(None) if stream is None else stream

    return rillm.adaptive_merge(jobs, start, max_concurrent=len(streams)).pipe(ops.filter(bool))


every_way = pytest.mark.parametrize("make", [merge, side_by_side, adaptive_merge])


def files() -> int:
    return psutil.Process().num_fds()


@every_way
def test_who_leaves_many_leaves_nothing_open(server: Server, make: Make) -> None:
    server.play(script(wire.frame("Hello"), Do.STALL))
    before = files()
    for number, _ in enumerate(make([cold(server) for _ in range(MANY)]), 1):
        if number == MANY:
            break
    assert all(exchange.left.wait(LONGEST) for exchange in server.exchanges)
    assert len(server.exchanges) == MANY
    assert wait_until(lambda: files() <= before)


@every_way
def test_who_leaves_many_leaves_nothing_open_on_an_event_loop(server: Server, make: Make) -> None:
    async def main() -> None:
        before, number = files(), 0
        async for _ in make([cold(server) for _ in range(MANY)]):
            number += 1
            if number == MANY:
                break
        assert all(exchange.left.wait(LONGEST) for exchange in server.exchanges)  # the loop does nothing meanwhile
        assert len(server.exchanges) == MANY
        await asyncio.sleep(0)
        assert await asyncio.to_thread(wait_until, lambda: files() <= before)

    server.play(script(wire.frame("Hello"), Do.STALL))
    run(main())


class Flooded:
    """A flood, and a drop that is on its way as soon as something of the flood has come."""

    def __init__(self, server: Server) -> None:
        self._gate = server.gate()
        self._server = server
        self.texts: list[str] = []
        server.play(script(self._gate, wire.answer("drop")), script(wire.answer(*["flood"] * FLOOD)))

    def streams(self) -> list[Chunks]:
        return [cold(self._server, pipeline=[]), cold(self._server, pipeline=[])]

    def see(self, chunk: ModelResponseStream) -> None:
        if not self.texts:
            self._gate.open()
            assert self._server.exchange(0).over.wait(LONGEST)
        self.texts.append(chunk.choices[0].delta.content or "")


@every_way
def test_a_drop_beside_a_flood(server: Server, make: Make) -> None:
    flooded = Flooded(server)
    for chunk in make(flooded.streams()):
        flooded.see(chunk)
    assert flooded.texts.index("drop") < FLOOD / 2
    assert flooded.texts.count("flood") == FLOOD


@every_way
def test_a_drop_beside_a_flood_on_an_event_loop(server: Server, make: Make) -> None:
    flooded = Flooded(server)

    async def main() -> None:
        async for chunk in make(flooded.streams()):
            flooded.see(chunk)

    run(main())
    assert flooded.texts.index("drop") < 10 * TURN
    assert flooded.texts.count("flood") == FLOOD
