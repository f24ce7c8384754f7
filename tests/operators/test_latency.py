from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import operators as ops

import rillm
from rillm import Latency, Stream, latency
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.leaks import run
from tests.kit.server import Answer, script
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable, abc

    from rillm import ModelResponseStream
    from tests.kit.server import Exchange, Server

    Collect = Callable[[Any], list[Any]]

CALL = [{"index": 0, "function": {"arguments": "{}"}}]
VALUES = {
    "Role": chunk(delta={"role": "assistant", "content": ""}),
    "Call": chunk(tool_calls=CALL),
    "No": chunk(delta={"refusal": "No"}),
    "Blank": chunk(choices=[], usage={"prompt_tokens": 1, "completion_tokens": 6}),
    "both": chunk("b", choices=[{"index": 0, "delta": {"content": "b"}}, {"index": 1, "delta": {"content": "b"}}]),
    "end": chunk("d", finish="stop"),
    "Native": chunk(choices=[{"finish_reason": "stop", "provider_specific_fields": {"native_finish_reason": "end"}}]),
    "Whole": chunk(delta={"role": "assistant", "content": "aaaa"}, finish="stop"),
    "first": chunk(choices=[{"index": 0, "delta": {"content": "a"}}, {"index": 1, "delta": {}}]),
    "Two": chunk("aaaa", reasoning="bbbb"),
    "Last": chunk("b", usage={"prompt_tokens": 1, "completion_tokens": 6}),
}


def told(marbles: str, **fields: Any) -> Latency:
    """What is told of a stream, once."""
    results: list[Latency] = []
    play(latency(results.append), marbles, values=VALUES, **fields)
    (result,) = results
    return result


def waits(result: Latency) -> tuple[int, float, float] | None:
    """How many there were between tokens, their mean and the longest."""
    spread = result.inter_token
    return None if spread is None else (spread.count, round(spread.mean, 6), spread.max)


@pytest.mark.parametrize(
    ("marbles", "first_chunk", "first_token", "between", "total"),
    [
        ("--a-b---c-|", 2, 2, (2, 3, 4), 10),
        ("--(a,b,c)---|", 2, 2, (2, 0, 0), 12),
        ("-Role---a-----b--|", 1, 8, (1, 6, 6), 17),
        ("-Role--~Hm---a---|", 1, 7, (1, 6, 6), 17),
        ("-Role--Call---Call--|", 1, 7, (1, 7, 7), 20),
        ("-Role--No--|", 1, 7, None, 11),
        ("-a--=stop--Blank--|", 1, 1, None, 18),
        ("-a--Blank--b--end-|", 1, 1, (2, 6.5, 10), 18),
        ("-a--both--c-|", 1, 1, (2, 4.5, 6), 12),
        ("-first--b--|", 1, 1, (1, 7, 7), 11),
        ("-a---Native-|", 1, 1, None, 12),
        ("-Whole--|", 1, 1, None, 8),
        ("-a--b--X", 1, 1, (1, 3, 3), 7),
        ("-Role---X", 1, None, None, 8),
        ("---X", None, None, None, 3),
        ("---|", None, None, None, 3),
    ],
)
def test_times(
    marbles: str,
    first_chunk: float | None,
    first_token: float | None,
    between: tuple[int, float, float] | None,
    total: float,
) -> None:
    result = told(marbles)
    assert (result.first_chunk, result.first_token) == (first_chunk, first_token)
    assert (waits(result), result.total, result.consumer) == (between, total, 0)


def test_time_begins_with_the_subscription() -> None:
    results: list[Latency] = []
    play(reactivex.compose(latency(results.append), ops.delay_subscription(5.0)), "--a-b|")
    (result,) = results
    assert (result.first_chunk, result.first_token, waits(result), result.total) == (2, 2, (1, 2, 2), 5)


def test_the_consumer_leaves() -> None:
    result = told("-a--b------c|", leave=7)
    assert (result.first_token, waits(result), result.total) == (1, (1, 3, 3), 7)


def test_percentiles_are_of_waits_that_there_were() -> None:
    spread = told("a" + "-b" * 18 + "---c" + "-" * 9 + "d|").inter_token
    assert spread is not None
    assert (spread.count, spread.p50, spread.p95, spread.max) == (20, 2, 4, 10)


@pytest.mark.parametrize(
    ("marbles", "tokens", "speed", "estimated"),
    [
        ("--aaaa-aaaa-aaaa-aaaa|", 4, 0.2, True),
        ("--(aaaa,aaaa)-aaaa|", 3, 1 / 12, True),
        ("--(aaaa,aaaa)|", 2, None, True),
        ("--aaaaaaaa|", 2, None, True),
        ("--~Hmmm-aaaa|", 2, 1 / 6, True),
        ("--ééé|", 2, None, True),
        ("--Two|", 2, None, True),
        ("--a-b-Blank|", 6, 1.5, False),
        ("--a-b-Blank--=stop|", 6, 1.5, False),
        ("--a-Last|", 6, 1.5, False),
        ("|", 0, None, True),
    ],
)
def test_tokens_a_second(marbles: str, tokens: int, speed: float | None, *, estimated: bool) -> None:
    result = told(marbles)
    assert (result.tokens, result.estimated) == (tokens, estimated)
    assert result.tokens_per_second == (None if speed is None else pytest.approx(speed))


@pytest.mark.parametrize(("shown", "tokens"), [("a", 30), ("~Hm", 90)])
def test_thoughts_that_were_not_shown_do_not_count(shown: str, tokens: int) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 90, "completion_tokens_details": {"reasoning_tokens": 60}}
    results: list[Latency] = []
    play(latency(results.append), f"-{shown}-b-Usage|", values={"Usage": chunk(usage=usage)})
    assert results[0].tokens == tokens


def busy(seconds: float) -> Callable[[Observable[Any]], Stream[Any]]:
    """A consumer that takes so long for each chunk."""

    def operator(source: Observable[Any]) -> Stream[Any]:
        def subscribe(observer: abc.ObserverBase[Any], scheduler: Any = None) -> abc.DisposableBase:
            def on_next(item: Any) -> None:
                scheduler.sleep(seconds)
                observer.on_next(item)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return operator


@pytest.mark.parametrize(
    ("seconds", "marbles", "between", "consumer", "speed"),
    [
        (0, "-aaaa-aaaa-aaaa|", (2, 5, 5), 0, 0.2),
        (2, "-aaaa-aaaa-aaaa|", (2, 3, 3), 6, 1 / 3),
        (1, "-aaaa-aaaa-aaaa|", (2, 4, 4), 3, 0.25),
        (3, "-aaaa-aaaa-aaaa|", (2, 2, 2), 9, None),
        (9, "-aaaa-aaaa-aaaa|", (2, 0, 0), 27, None),
    ],
)
def test_a_slow_consumer_is_no_slow_model(
    seconds: float, marbles: str, between: tuple[int, float, float], consumer: float, speed: float | None
) -> None:
    results: list[Latency] = []
    play(reactivex.compose(latency(results.append), busy(seconds)), marbles)
    (result,) = results
    assert (result.first_token, waits(result), result.consumer) == (1, between, consumer)
    assert result.tokens_per_second == speed


def reader(server: Server, results: list[Latency], exchange: Callable[[], Exchange]) -> None:
    for number, _ in enumerate(cold(server).pipe(latency(results.append))):
        if number == 0:
            assert exchange().over.wait(5)


def areader(server: Server, results: list[Latency], exchange: Callable[[], Exchange]) -> None:
    async def main() -> None:
        number = 0
        async for _ in cold(server).pipe(latency(results.append)):
            if number == 0:
                assert exchange().over.wait(5)  # and the loop stands still
            number += 1

    run(main())


@pytest.mark.parametrize("read", [reader, areader])
def test_nor_is_one_on_a_network(
    server: Server, read: Callable[[Server, list[Latency], Callable[[], Exchange]], None]
) -> None:
    server.play(script(wire.frame("a"), 0.2, wire.frame("b"), 0.2, wire.frame("c"), wire.finish(), wire.DONE))
    results: list[Latency] = []
    read(server, results, server.exchange)
    assert results[0].inter_token is not None
    assert results[0].inter_token.max < 0.2
    assert results[0].consumer >= 0.4
    assert results[0].tokens_per_second is None


@both
def test_waiting_on_a_network_is_the_models(collect: Collect, server: Server) -> None:
    server.play(Answer((wire.frame("a"), 0.1, wire.frame("b"), wire.answer("c")), before=0.1))
    results: list[Latency] = []
    collect(cold(server).pipe(latency(results.append)))
    (result,) = results
    assert result.first_token is not None
    assert result.inter_token is not None
    assert result.first_token > 0.05
    assert result.inter_token.max > 0.05
    assert result.total >= 0.2
    assert result.tokens_per_second is not None


@both
@pytest.mark.parametrize(
    ("steps", "take"),
    [
        ([[chunk("a")], [chunk("b"), chunk(finish="stop")]], 99),
        ([[chunk("a")], rillm.Timeout("late")], 99),
        ([[chunk("a")], SILENCE], 1),
    ],
)
def test_it_is_told_once_and_is_on_the_chunks(collect: Collect, steps: list[Any], take: int) -> None:
    results: list[Latency] = []
    seen: list[ModelResponseStream] = []
    keep: Any = ops.do_action(seen.append)
    with suppress(rillm.Timeout):
        collect(from_source(Script(*steps)).pipe(latency(results.append), keep, ops.take(take)))
    assert len(results) == 1
    assert seen[0].hidden_params["latency"] is results[0]


def test_the_response_has_it_too() -> None:
    call = partial(rillm.stream, "mock/echo", mock_response="Hello you")
    chunks = list(call().pipe(latency()))
    (response,) = call().pipe(latency(), rillm.accumulate())
    assert isinstance(response.hidden_params["latency"], Latency)
    assert {id(one.hidden_params["latency"]) for one in chunks} == {id(chunks[0].hidden_params["latency"])}


def test_a_callback_that_raises_changes_nothing() -> None:
    def raises(_: Latency) -> None:
        raise ZeroDivisionError

    assert play(latency(raises), "-a-b-|").marbles == "-a-b-|"


@both
def test_leaving_closes_the_source(collect: Collect) -> None:
    source = Script([chunk("a")], SILENCE)
    collect(from_source(source).pipe(latency(), ops.take(1)))
    assert source.live == 0
