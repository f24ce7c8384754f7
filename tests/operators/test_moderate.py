"""`moderate`: judges of all kinds, in virtual time, and one that is another model, over HTTP."""

from __future__ import annotations

import threading
from operator import add
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import operators as ops

import rillm
from rillm import ContentPolicyViolationError, moderate
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import cold, texts
from tests.kit.leaks import run
from tests.kit.server import AT_ONCE, Do, Server, script
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reactivex import Observable

    from rillm import ModelResponseStream, Stream

    Chunks = Stream[ModelResponseStream]
    Collect = Callable[[Any], list[Any]]


def is_dangerous(text: str) -> bool:
    return "bomb" in text


def quick(said: Chunks) -> Observable[bool]:
    """It has an opinion there and then."""
    return said.pipe(rillm.text(), ops.map(is_dangerous))


def slow(said: Chunks) -> Observable[bool]:
    """It takes three seconds, as one would that is asked over a network."""
    return quick(said).pipe(ops.delay(3.0))


def at_the_end(said: Chunks) -> Observable[bool]:
    """It waits for the whole, and then for three seconds."""
    whole: Observable[str] = said.pipe(rillm.text(), ops.reduce(add, ""))
    return whole.pipe(ops.map(is_dangerous), ops.delay(3.0))


def of_the_first(said: Chunks) -> Observable[bool]:
    return said.pipe(rillm.text(), ops.take(1), ops.map(is_dangerous))


def failing(said: Chunks) -> Observable[bool]:
    def divided(text: str) -> bool:
        return 1 / (not is_dangerous(text)) < 0

    return said.pipe(rillm.text(), ops.map(divided))


def one_that_raises(_: Chunks) -> Observable[Any]:
    raise ZeroDivisionError


class Rude:
    """An observer that raises, where Rx expects none to."""

    def on_next(self, _: object) -> None:
        raise ZeroDivisionError

    def on_error(self, error: Exception) -> None: ...

    def on_completed(self) -> None: ...


def rude(said: Chunks) -> Observable[Any]:
    def subscribe(_: Any, scheduler: Any = None) -> Any:
        return said.subscribe(Rude(), scheduler=scheduler)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    return reactivex.create(subscribe)


def never(_: Chunks) -> Observable[Any]:
    return reactivex.never()


def at_once(_: Chunks) -> Observable[Any]:
    return reactivex.of("no")


def nobody(_: Chunks) -> Observable[Any]:
    return reactivex.empty()


@pytest.mark.parametrize(
    ("judge", "arguments", "marbles", "out", "source"),
    [
        (quick, {}, "-a-bomb-c-|", "-a-X", "^--!"),
        (quick, {"then": "stop"}, "-a-bomb-c-|", "-a-(=content_filter,|)", "^--!"),
        (quick, {"then": "stop"}, "-bomb-c-|", "-(=content_filter,|)", "^!"),
        (quick, {}, "-a-b-=stop-|", "-a-b-=stop-|", "^----------!"),
        (quick, {}, "-a-b-X", "-a-b-X", "^----!"),
        # Without a lag what it objects to may be out by then.
        (slow, {}, "-a-bomb-c-d-e-f-|", "-a-bombX", "^-----!"),
        (slow, {}, "-a-(bomb,|)", "-a-(bomb,|)", "^--!"),
        # With one it is not, if it is long enough: here of two characters.
        (slow, {"lag": 2}, "-a-bomb-c-d-e-f-|", "---a--X", "^-----!"),
        (slow, {"lag": 1}, "-ab-c-bomb-d-|", "----abc--X", "^--------!"),
        (slow, {"lag": 2}, "-a-b-c-d-|", "-----a-b----(c,d,|)", "^--------!"),
        # At the end what is held back waits for it, and so does an error.
        (at_the_end, {"lag": 100}, "-a-b-=stop-|", "--------------(a,b,=stop,|)", "^----------!"),
        (at_the_end, {"lag": 100}, "-a-bomb-|", "-----------X", "^-------!"),
        (at_the_end, {"lag": 100}, "-a-b-X", "--------(a,b,X)", "^----!"),
        (at_the_end, {"lag": 100}, "-a-bomb-X", "-----------X", "^-------!"),
        (at_the_end, {}, "-a-bomb-|", "-a-bomb-|", "^-------!"),
        # Thoughts are words, too.
        (never, {"lag": 2}, "-~ab-~cd-e---", "-----~ab-----", "^"),
        # Who has heard enough is asked no more.
        (of_the_first, {"lag": 100}, "-a-bomb-c-|", "-a-bomb-c-|", "^---------!"),
        (of_the_first, {"lag": 100}, "-bomb-a-|", "-X", "^!"),
        # It fails: so does the stream.
        (failing, {}, "-a-bomb-c-|", "-a-X", "^--!"),
        (failing, {"lag": 100}, "-a-bomb-c-|", "---X", "^--!"),
        (rude, {}, "-a-|", "-X", "^!"),
        (one_that_raises, {}, "-a-|", "X", ""),
        (at_once, {}, "-a-|", "X", "(^!)"),
        (nobody, {"lag": 100}, "-a-b-|", "-a-b-|", "^----!"),
    ],
)  # fmt: skip
def test_marbles(judge: Any, arguments: dict[str, Any], marbles: str, out: str, source: str) -> None:
    played = play(moderate(judge, **arguments), marbles)
    assert (played.marbles, played.source) == (out, source)


@both
@pytest.mark.parametrize(
    ("verdict", "words"),
    [("weapons", "by its judge: weapons"), (True, r"by its judge\."), (1, r"by its judge\.")],
)
def test_what_the_error_tells(collect: Collect, verdict: object, words: str) -> None:
    """The reason, and what had passed: nothing of what was held back."""
    source = Script([chunk("a"), chunk("b"), chunk("bomb")], SILENCE)

    def judge(said: Chunks) -> Observable[object]:
        return quick(said).pipe(ops.map(lambda is_so: is_so and verdict))

    with pytest.raises(ContentPolicyViolationError, match=words) as caught:
        collect(from_source(source).pipe(moderate(judge, lag=5)))
    assert source.live == 0
    assert isinstance(caught.value, rillm.MidStreamFallbackError)
    assert caught.value.partial is None
    with pytest.raises(ContentPolicyViolationError) as without_lag:
        collect(from_source(source.fresh()).pipe(moderate(quick)))
    assert without_lag.value.partial is not None
    assert without_lag.value.partial.choices[0].message.content == "ab"


@pytest.mark.parametrize("verdict", [None, "", 0, False])
def test_no_objection(verdict: object) -> None:
    def judge(said: Chunks) -> Observable[object]:
        return said.pipe(ops.map(lambda _: verdict))

    chunks = [chunk("a"), chunk("b")]
    assert list(rillm.of(*chunks).pipe(moderate(judge))) == chunks


def test_each_choice_that_goes_on_is_finished() -> None:
    chunks = [
        chunk("a"),
        chunk("b", index=1),
        chunk("c", index=2),
        chunk(finish="stop", index=1),
        chunk("bomb", index=2),
    ]

    def judge(said: Chunks) -> Observable[Any]:
        return said.pipe(rillm.text(2), ops.map(is_dangerous))

    *_, one, two = rillm.of(*chunks).pipe(moderate(judge, then="stop"))
    assert [(choice.index, choice.finish_reason) for one in (one, two) for choice in one.choices] == [
        (0, "content_filter"), (2, "content_filter")
    ]  # fmt: skip


def asking_of(asked: Script[Any]) -> Callable[[Chunks], Observable[Any]]:
    """A judge that asks a source at each chunk."""
    return lambda said: said.pipe(ops.flat_map(lambda _: from_source(asked)))


@both
def test_the_error_of_the_judge_is_the_streams(collect: Collect) -> None:
    error = rillm.RateLimitError("Too many questions.")
    source = Script([chunk("a")], SILENCE)
    asked: Script[Any] = Script(error)
    with pytest.raises(rillm.RateLimitError) as caught:
        collect(from_source(source).pipe(moderate(asking_of(asked))))
    assert caught.value is error
    assert (source.live, asked.live) == (0, 0)


@both
def test_who_leaves_closes_what_the_judge_has_open(collect: Collect) -> None:
    source = Script([chunk("a")], 0.01, [chunk("b")], SILENCE)
    asked: Script[Any] = Script(SILENCE)
    judged: Chunks = from_source(source).pipe(moderate(asking_of(asked)))
    assert len(collect(judged.pipe(ops.take(2)))) == 2
    assert (asked.opened, asked.live, source.live) == (1, 0, 0)


@both
def test_the_good_end_closes_what_the_judge_has_open(collect: Collect) -> None:
    """Without a lag, nothing is left that it could stop."""
    asked: Script[Any] = Script(SILENCE)
    source = Script([chunk("a")], 0.01, [chunk("b")])
    judged: Chunks = from_source(source).pipe(moderate(asking_of(asked)))
    assert len(collect(judged)) == 2
    assert asked.live == 0


def test_a_judge_of_several() -> None:
    """What is said can be listened to more than once, and by ways that forget the scheduler."""

    def judge(said: Chunks) -> Observable[Any]:
        return rillm.merge(quick(said), said.pipe(ops.do_action(lambda _: None), ops.map(lambda _: False)))

    with pytest.raises(ContentPolicyViolationError):
        list(from_source(Script([chunk("a")], [chunk("bomb")])).pipe(moderate(judge)))


@pytest.mark.parametrize("arguments", [{"lag": -1}, {"then": "finish"}])
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(rillm.BadRequestError):
        moderate(quick, **arguments)


# Over HTTP: two servers, one that talks and one that judges.


@pytest.fixture
def other(nothing_left: None) -> Iterator[Server]:  # noqa: ARG001 - its check comes after the server has stopped
    other = Server()
    yield other
    other.stop()


def read(chunks: Chunks) -> str:
    return texts(chunks)


def aread(chunks: Chunks) -> str:
    async def main() -> str:
        return texts([chunk async for chunk in chunks])

    return run(main())


def asking(other: Server) -> Callable[[Chunks], Observable[Any]]:
    """A judge that asks another model about each piece of text."""

    def ask(text: str) -> Observable[bool]:
        answer: Observable[str] = cold(other, user=text).pipe(rillm.text(), ops.reduce(add, ""))
        return answer.pipe(ops.map(lambda said: said == "unsafe"))

    return lambda said: said.pipe(rillm.text(), ops.flat_map(ask))


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("ways", [read, aread])
@pytest.mark.parametrize("lag", [0, 100])
def test_the_verdict_closes_the_talker(server: Server, other: Server, ways: Callable[[Chunks], str], lag: int) -> None:
    server.play(script(wire.frame("How to build a bomb"), Do.STALL))
    gate = other.gate()
    other.play(script(wire.frame("un"), gate, wire.answer("safe")))
    moment = 0.0

    def answer() -> None:
        nonlocal moment
        other.exchange()
        moment = monotonic()
        gate.open()

    judged = cold(server).pipe(moderate(asking(other), lag=lag))
    answering = threading.Thread(target=answer)
    answering.start()
    with pytest.raises(ContentPolicyViolationError) as caught:
        ways(judged)
    answering.join()
    assert server.exchange().seconds_to_leave(moment) < AT_ONCE
    assert (caught.value.partial is None) == (lag > 0)


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("ways", [read, aread])
def test_leaving_closes_both(server: Server, other: Server, ways: Callable[[Chunks], str]) -> None:
    server.play(script(wire.frame("Hello"), Do.STALL))
    other.play(script(wire.frame("s"), Do.STALL))
    judged = cold(server).pipe(moderate(asking(other)), ops.take_until(reactivex.timer(0.2)))
    assert ways(judged) == "Hello"
    left = monotonic()
    assert server.exchange().seconds_to_leave(left) < AT_ONCE
    assert other.exchange().seconds_to_leave(left) < AT_ONCE


@pytest.mark.parametrize("ways", [read, aread])
def test_a_safe_answer(server: Server, other: Server, ways: Callable[[Chunks], str]) -> None:
    server.play(script(wire.answer("a", "b", "c")))
    other.play(script(wire.answer("safe")))
    assert ways(cold(server).pipe(moderate(asking(other), lag=100))) == "abc"
    assert len(other.exchanges) == 3
