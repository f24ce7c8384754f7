"""`share`: who gets what, and when the source is let go."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.streams.stream import from_source
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.leaks import run, wait_until
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import Script, both

if TYPE_CHECKING:
    from tests.kit.server import Server


def letters(*more: Any) -> Script[str]:
    return Script(["a"], ["b"], ["c"], *more)


@pytest.mark.parametrize(
    ("replay", "late", "after"),
    [(0, ["c"], ["a", "b", "c"]), (1, ["b", "c"], ["c"]), (2, ["a", "b", "c"], ["b", "c"]), (None, [*"abc"], [*"abc"])],
)
def test_who_comes_later(replay: int | None, late: list[str], after: list[str]) -> None:
    source = letters()
    shared = from_source(source).share(replay)
    first = iter(shared)
    assert [next(first), next(first)] == ["a", "b"]
    second = iter(shared)
    assert next(second) == late[0]
    assert [late[0], *second] == late
    assert list(first) == ["c"]
    assert list(shared) == after
    assert (source.opened, source.live) == (2 if replay == 0 else 1, 0)


@both
def test_a_replay_is_no_second_call(collect: Any) -> None:
    source = letters()
    shared = from_source(source).share(None)
    assert [collect(shared), collect(shared), collect(shared)] == [[*"abc"]] * 3
    assert source.opened == 1


@both
@pytest.mark.parametrize("replay", [0, None])
def test_what_failed_is_asked_anew(collect: Any, replay: int | None) -> None:
    source = letters(ValueError("X"))
    shared = from_source(source).share(replay)
    for number in (1, 2):
        with pytest.raises(ValueError, match="X"):
            collect(shared)
        assert source.opened == number


def test_what_was_left_early_is_asked_anew() -> None:
    source = letters()
    shared = from_source(source).share(None)
    for _ in shared:
        break
    assert source.live == 0
    assert list(shared) == [*"abc"]
    assert source.opened == 2


def test_who_comes_back_within_the_grace_goes_on() -> None:
    source = letters()
    shared = from_source(source).share(grace=60)
    for _ in shared:
        break
    assert source.live == 1
    assert list(shared) == ["b", "c"]
    assert (source.opened, source.live) == (1, 0)


def test_who_comes_back_within_the_grace_on_an_event_loop() -> None:
    source = letters()

    async def main() -> list[str]:
        shared = from_source(source).share(1, grace=60)
        async for _ in shared:
            break
        await asyncio.sleep(0)
        assert source.live == 1
        return [item async for item in shared]

    assert run(main()) == [*"abc"]
    assert (source.opened, source.live) == (1, 0)


def test_the_grace_ends() -> None:
    source = letters()
    shared = from_source(source).share(grace=0.01)
    for _ in shared:
        break
    assert wait_until(lambda: source.live == 0)
    assert list(shared) == [*"abc"]


def test_the_grace_ends_on_an_event_loop() -> None:
    source = letters()

    async def main() -> None:
        shared = from_source(source).share(grace=0.01)
        async for _ in shared:
            break
        assert await asyncio.to_thread(wait_until, lambda: source.live == 0)

    run(main())


def test_a_grace_that_outlives_its_event_loop() -> None:
    source = letters()
    shared = from_source(source).share(grace=60)
    items = run(first_of(shared))
    del items
    assert wait_until(lambda: source.live == 0)


async def first_of(stream: rillm.Stream[Any]) -> Any:
    items = aiter(stream)
    await anext(items)
    return items


@pytest.mark.usefixtures("no_garbage_collection")
def test_the_last_one_out_closes_the_socket(server: Server) -> None:
    server.play(script(wire.frame("Hello"), Do.STALL))
    shared = cold(server).share(replay=1)
    first, second = iter(shared), iter(shared)
    assert next(first) == next(second)
    first.close()
    assert not server.exchange().left.is_set()
    left = monotonic()
    second.close()
    assert server.exchange().seconds_to_leave(left) < AT_ONCE
    assert len(server.exchanges) == 1


@pytest.mark.usefixtures("no_garbage_collection")
def test_the_last_one_out_closes_the_socket_on_an_event_loop(server: Server) -> None:
    server.play(script(wire.frame("Hello"), Do.STALL))

    async def main() -> float:
        shared = cold(server).share(replay=1)
        first, second = aiter(shared), aiter(shared)
        assert await anext(first) == await anext(second)
        await first.aclose()
        assert not server.exchange().left.is_set()
        left = monotonic()
        await second.aclose()
        return left

    left = run(main())
    assert server.exchange().seconds_to_leave(left) < AT_ONCE
    assert len(server.exchanges) == 1


def test_the_socket_outlives_the_last_consumer_for_the_grace(server: Server) -> None:
    gate = server.gate()
    server.play(script(wire.frame("Hel"), gate, wire.answer("lo")))
    shared = cold(server).share(replay=None, grace=60)
    for _ in shared:
        break
    gate.open()
    assert "".join(shared.pipe(rillm.text())) == "Hello"
    assert (len(server.exchanges), server.exchange().left.is_set()) == (1, False)
