"""Operators over many streams, over sockets: what is asked, what is paid for, and when each connection closes."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from tests.kit import wire
from tests.kit.calls import cold, texts
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import both

if TYPE_CHECKING:
    from rillm import Cost, ModelResponseStream, Side, Stream
    from tests.kit.server import Answer, Server

pytestmark = pytest.mark.usefixtures("no_garbage_collection")


def answer(text: str) -> Answer:
    return script(wire.answer(text))


def begun(text: str) -> Answer:
    """An answer that never goes on."""
    return script(wire.frame(text), Do.STALL)


def said(side: Side[str, ModelResponseStream]) -> str:
    return "" if side.item is None else texts([side.item])


def whole(stream: Stream[Any]) -> Stream[str]:
    joined: Stream[str] = stream.pipe(rillm.text(), ops.reduce(add))
    return joined


@both
def test_side_by_side_closes_all_when_the_reader_leaves(collect: Any, server: Server) -> None:
    server.play(begun("a"), begun("b"), begun("c"))
    sides = rillm.side_by_side({name: cold(server) for name in "abc"})
    texts_of_sides = sides.pipe(ops.map(said), ops.filter(bool), ops.take(3))
    assert {*collect(texts_of_sides)} == {"a", "b", "c"}
    assert [server.exchange(number).left.wait(AT_ONCE) for number in range(3)] == [True] * 3
    assert len(server.exchanges) == 3


@both
def test_a_side_that_breaks_closes_alone(collect: Any, server: Server) -> None:
    server.play(script(wire.frame("Hi"), Do.CUT), script(0.05, wire.answer("Hello")))
    costs: list[Cost] = []
    sides = rillm.side_by_side({name: cold(server).pipe(rillm.cost_tap(costs.append)) for name in "ab"})
    errors = [side.error for side in collect(sides) if side.error]
    assert [isinstance(error, rillm.StreamTruncatedError) for error in errors] == [True]
    assert len(costs) == len(server.exchanges) == 2


@both
def test_majority_lets_go_of_who_has_not_answered(collect: Any, server: Server) -> None:
    gate = server.gate()
    server.play(begun("5"), script(gate, wire.answer("4")))
    costs: list[Cost] = []

    def when_one_speaks(text: str) -> str:
        gate.open()
        return text

    def asked() -> Stream[str]:
        spoken: Stream[str] = cold(server).pipe(rillm.cost_tap(costs.append), rillm.text(), ops.map(when_one_speaks))
        joined: Stream[str] = spoken.pipe(ops.reduce(add))
        return joined

    assert collect(rillm.merge(*(asked() for _ in range(3))).pipe(rillm.majority(2))) == ["4"]
    assert server.exchange(0).left.wait(AT_ONCE)
    assert (len(server.exchanges), len(costs)) == (3, 3)


@both
def test_majority_does_not_ask_who_is_not_needed(collect: Any, server: Server) -> None:
    server.play(answer("4"))
    assert collect(rillm.concat(*[whole(cold(server)) for _ in range(5)]).pipe(rillm.majority(2))) == ["4"]
    assert len(server.exchanges) == 2


@both
def test_map_ordered_keeps_the_order_and_asks_once_each(collect: Any, server: Server) -> None:
    server.play(*(script(seconds, wire.answer("Hi")) for seconds in (0.1, 0.05, 0)))

    def job(number: int) -> Stream[int]:
        return whole(cold(server)).pipe(ops.map(lambda _: number))

    assert collect(rillm.of(1, 2, 3).pipe(rillm.map_ordered(job, max_concurrent=3))) == [1, 2, 3]
    assert len(server.exchanges) == 3


@both
def test_map_ordered_closes_what_is_at_work(collect: Any, server: Server) -> None:
    server.play(begun("one"), begun("two"))

    def when_both_are_asked(text: str) -> str:
        server.exchange(1)
        return text

    mapped = rillm.of(*range(9)).pipe(rillm.map_ordered(lambda _: cold(server).pipe(rillm.text()), max_concurrent=2))
    assert len(collect(mapped.pipe(ops.map(when_both_are_asked), ops.take(1)))) == 1
    assert [server.exchange(number).left.wait(AT_ONCE) for number in range(2)] == [True] * 2
    assert len(server.exchanges) == 2


@both
def test_adaptive_merge_closes_what_is_at_work(collect: Any, server: Server) -> None:
    server.play(answer("one"), begun("two"))
    merged = rillm.adaptive_merge(range(9), lambda _: cold(server).pipe(rillm.text()), max_concurrent=1)
    assert collect(merged.pipe(ops.take(2))) == ["one", "two"]
    assert server.exchange(1).left.wait(AT_ONCE)
    assert len(server.exchanges) == 2


@both
def test_adaptive_merge_asks_again_whom_it_was_told_to(collect: Any, server: Server) -> None:
    busy = script(b'{"error":{"message":"Later."}}', status=429, headers={"Retry-After": "0.05"})
    server.play(busy, answer("one"))
    merged = rillm.adaptive_merge([1], lambda _: whole(cold(server)))
    assert collect(merged) == ["one"]
    assert len(server.exchanges) == 2
