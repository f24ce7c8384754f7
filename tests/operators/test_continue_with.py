"""`continue_with`: who goes on where a stream breaks in mid-sentence, and from where."""

from __future__ import annotations

import io
import re
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reactivex import operators as ops
from rich.console import Console

import rillm
from rillm import continue_with, is_retraction
from rillm.operators.overlap import Overlap, is_break, is_said_again
from rillm.streams.stream import from_source
from rillm.testing import chunk, cut, fail, play
from tests.kit import wire
from tests.kit.calls import MESSAGES, MODEL, cold, to
from tests.kit.cuts import cut_everywhere, cuttings, of_texts
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import SILENCE, Script, both
from tests.wire.outcome import Outcome, assert_promises

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rillm import ModelResponse, ModelResponseStream, Stream
    from tests.kit.server import Server

    Collect = Callable[[Any], list[Any]]

BUSY = rillm.RateLimitError("Later.")
WRONG = rillm.BadRequestError("No.")
ROLE = chunk(delta={"role": "assistant"})
CALL = [{"index": 0, "id": "1", "function": {"name": "f", "arguments": '{"a'}}]


def said(response: ModelResponse) -> str:
    return response.choices[0].message.content or ""


def is_wrong(error: Exception) -> bool:
    return error is WRONG


def has_a_bug(_: object) -> Any:
    raise ValueError("A bug.")


def begins_anew(source: Any, other: Any) -> Any:
    return continue_with(other)(source)


def three(**how: Any) -> Any:
    """An operator of a stream, of one that goes on with it, and of one that begins anew."""

    def operator(source: Any, rest: Any, anew: Any) -> Any:
        return continue_with(lambda partial: rest if said(partial) else anew, **how)(source)

    return operator


def accumulated(chunks: Sequence[ModelResponseStream]) -> ModelResponse:
    (response,) = rillm.of(*chunks).pipe(rillm.accumulate())
    return response


# The source, the one that goes on, the one that begins anew; what comes; when each of them was let go.
# A retraction is drawn as (), as any chunk that brings no text.
PLAYED: dict[str, tuple[str, str, str, str, list[str]]] = {
    "nothing breaks": ("-Hi-=stop-|", "-X", "-X", "-Hi-=stop-|", ["^---------!", "", ""]),
    "the rest": ("-Hel-X", "-lo-=stop|", "-X", "-Hel--lo-=stop|", ["^----!", "-----^--------!", ""]),
    "all at once": ("(Hel,X)", "(p,|)", "-X", "(Hel,p,|)", ["(^!)", "(^!)", ""]),
    "nothing was said": ("-X", "-X", "-Ho-|", "--Ho-|", ["^!", "", "-^---!"]),
    "a role was": ("-r-X", "-X", "-Ho-|", "----Ho-|", ["^--!", "", "---^---!"]),
    "nothing at all, by nobody": ("-X", "-X", "-X", "--X", ["^!", "", "-^!"]),
    "no text yet": ("-~Hm-X", "-X", "-Ho|", "-~Hm--((),Ho)|", ["^----!", "", "-----^--!"]),
    "blanks alone": ("-_-X", "-X", "-Ho|", "-_--((),Ho)|", ["^--!", "", "---^--!"]),
    "a role comes once": ("-r-Hel-X", "-r-p|", "-X", "---(r,Hel)p|", ["^------!", "-------^---!", ""]),
    "what is said again": ("-Hel-lo-X", "-Hello-!|", "-X", "-Hel-lo--------!|", ["^-------!", "--------^-------!", ""]),
    "it could be: held": ("-Hi_you-X", "-y-es|", "-X", "-Hi_you----(y,es)|", ["^-------!", "--------^----!", ""]),
    "it cannot be: at once": ("-Hi_you-X", "-a-nd|", "-X", "-Hi_you--a-nd|", ["^-------!", "--------^----!", ""]),
    "held at the end": ("-Hi_you-X", "-i|", "-X", "-Hi_you---(i,|)", ["^-------!", "--------^-!", ""]),
    "held at the finish": ("-Hi_u-X", "-i-=stop|", "-X", "-Hi_u----(i,=stop)|", ["^-----!", "------^-------!", ""]),
    "thoughts before the rest": ("-Hel-X", "-~Hm-p|", "-X", "-Hel--~Hm-p|", ["^----!", "-----^-----!", ""]),
    "thoughts after it": ("-Hi_you-X", "-i-~Hm|", "-X", "-Hi_you----(i,~Hm)|", ["^-------!", "--------^-----!", ""]),
    "nothing to add": ("-Hi-X", "-=stop|", "-X", "-Hi-------(=stop,|)", ["^---!", "----^-----!", ""]),
    "the rest says nothing": ("-Hi-X", "-r-X", "-Ho|", "-Hi-----((),Ho)|", ["^---!", "----^--!", "-------^--!"]),
    "nothing new": ("-Hi_u-X", "-Hi-X", "-Ho|", "-Hi_u------((),Ho)|", ["^-----!", "------^---!", "----------^--!"]),
    "nobody": ("-Hi-X", "-X", "--X", "-Hi----X", ["^---!", "----^!", "-----^-!"]),
    "the rest breaks": ("-Hi-X", "-a-X", "-X", "-Hi--a-X", ["^---!", "----^--!", ""]),
    "the other breaks": ("-Hi-X", "-X", "-Ho-X", "-Hi---((),Ho)X", ["^---!", "----^!", "-----^---!"]),
    "it was finished": ("-Hi-=stop-X", "-X", "-X", "-Hi-=stop-|", ["^---------!", "", ""]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "rest", "anew", "comes", "sources"), PLAYED.values(), ids=PLAYED)
def test_played(source: str, rest: str, anew: str, comes: str, sources: list[str]) -> None:
    played = play(three(), source, rest, anew, error=BUSY, values={"r": ROLE})
    assert (played.marbles, played.sources) == (comes, sources)


@pytest.mark.parametrize(
    ("how", "source", "comes"),
    [
        ({"mode": "restart"}, "-Hel-X", "-Hel--((),Ho)|"),
        ({"mode": "restart"}, "-X", "--Ho|"),
        ({"mode": "restart"}, "-Hel-=stop-X", "-Hel-=stop-|"),
        ({"dedupe_overlap": False}, "-lo-X", "-lo--lo|"),
        ({"when": is_wrong}, "-Hel-X", "-Hel-X"),
    ],
)
def test_played_in_other_ways(how: dict[str, Any], source: str, comes: str) -> None:
    assert play(three(**how), source, "-lo|", "-Ho|", error=BUSY).marbles == comes


def test_a_stream_in_the_place_of_a_function_begins_anew() -> None:
    played = play(begins_anew, "-Hel-X", "-Ho|", error=BUSY)
    assert played.marbles == "-Hel--((),Ho)|"


@pytest.mark.parametrize("leave", [2, 6, 7, 9])
def test_who_leaves(leave: int) -> None:
    """In what broke, in what is held back of the rest, after it."""
    played = play(three(), "-Hello-X", "-l-lo-p|", "-X", error=BUSY, leave=leave)
    assert [visits.open for visits in played.visits] == [0, 0, 0]
    assert played.visits[1].times == (leave > 6)


def test_a_mode_that_is_none() -> None:
    with pytest.raises(rillm.BadRequestError, match="restart"):
        continue_with(rillm.of(), mode="retry")  # type: ignore[arg-type]


# After which errors, and what they become

PASSING = [
    rillm.StreamTruncatedError("Cut."),
    rillm.APIConnectionError("Gone."),
    rillm.Timeout("Slow."),
    rillm.InternalServerError("Broken."),
    rillm.BadGatewayError("Broken."),
    rillm.ServiceUnavailableError("Overloaded."),
    BUSY,
]
LASTING = [
    WRONG,
    rillm.ContentPolicyViolationError("No."),
    rillm.ContextWindowExceededError("Too long."),
    rillm.BudgetExceededError(1.0, 1.0),
    rillm.RepeatedChunkError("Again."),
    rillm.StreamCancelledError("Left."),
    rillm.StreamConsumedError("Read."),
    ValueError("A bug."),
]


@pytest.mark.parametrize("error", [*PASSING, *LASTING], ids=lambda error: type(error).__name__)
def test_which_errors(error: Exception) -> None:
    played = play(three(), "-Hel-X", "-p|", "-X", error=error)
    assert (played.marbles, played.error) == (("-Hel--p|", None) if error in PASSING else ("-Hel-X", error))


def test_an_error_of_the_condition_is_the_error() -> None:
    assert isinstance(play(three(when=has_a_bug), "-Hel-X", "-|", "-|", error=BUSY).error, ValueError)


def test_an_error_of_the_function_is_the_error() -> None:
    assert isinstance(play(continue_with(has_a_bug), "-Hel-X", error=BUSY).error, ValueError)


def test_a_call_that_fails_when_it_is_made_is_a_backup_that_fails() -> None:
    def other(partial: ModelResponse) -> Stream[ModelResponseStream]:
        if said(partial):
            raise WRONG
        return rillm.of(chunk("Ho"))

    assert play(continue_with(other), "-Hel-X", error=BUSY).marbles == "-Hel-((),Ho,|)"


def test_nothing_that_came_is_lost() -> None:
    down = rillm.ServiceUnavailableError("Down.")
    broken = of_texts(["High up", ", in"]).pipe(fail(BUSY, after=2))
    rest = of_texts([" the", " snow"]).pipe(fail(down, after=2))
    came: list[Any] = []
    with pytest.raises(rillm.ServiceUnavailableError) as raised:
        list(broken.pipe(continue_with(lambda _: rest), ops.do_action(came.append)))
    assert raised.value is down
    assert down.partial is not None
    assert said(down.partial) == "High up, in the snow" == said(accumulated(came))
    assert "RateLimitError: Later." in down.__notes__[0]


def test_an_error_that_is_passed_on_is_not_touched() -> None:
    error = rillm.BadRequestError("No.")
    assert play(three(), "-Hel-X", "-|", "-|", error=error).error is error
    assert error.partial is None
    assert not hasattr(error, "__notes__")


# One answer


def test_one_identity_and_one_role() -> None:
    first = [chunk("High up", delta={"role": "assistant"}, id="1", model="one")]
    rest = [chunk(", in", delta={"role": "assistant"}, id="2", model="two"), chunk(finish="stop", id="2", model="two")]
    before = [one.model_dump() for one in rest]
    came = list(rillm.of(*first).pipe(fail(BUSY, after=1), continue_with(lambda _: rillm.of(*rest))))
    assert_promises(Outcome(came))
    assert [(one.id, one.model) for one in came] == [("1", "one")] * 3
    assert [one.model_dump() for one in rest] == before
    assert came[0] is first[0]


def test_the_role_of_another_choice() -> None:
    rest = [chunk(text, index=index, delta={"role": "assistant"}) for index, text in enumerate(["p", "q"])]
    came = list(of_texts(["Hel"]).pipe(cut(after=1), continue_with(lambda _: rillm.of(*rest))))
    assert [one.choices[0].delta.role for one in came] == [None, None, "assistant"]


def test_what_the_backup_is_told() -> None:
    told: list[ModelResponse] = []

    def other(partial: ModelResponse) -> Stream[ModelResponseStream]:
        told.append(partial)
        return of_texts(["p"])

    broken = rillm.of(chunk(reasoning="Hm", id="1"), chunk("Hel", id="1")).pipe(fail(BUSY, after=2))
    list(broken.pipe(continue_with(other)))
    (partial,) = told
    assert (partial.id, said(partial), partial.choices[0].message.get("reasoning_content")) == ("1", "Hel", "Hm")
    assert partial.choices[0].finish_reason is None


def test_the_usage_is_the_one_that_was_reported_last() -> None:
    broken = rillm.stream("mock/one", mock_response="High up, in the snow").pipe(cut(after=3))
    stream = broken.pipe(continue_with(lambda _: rillm.stream("mock/two", mock_response="a river.")))
    chunks = list(stream)
    built = rillm.stream_chunk_builder(chunks)
    assert built is not None
    for response in (accumulated(chunks), built):
        assert (response.model, response.usage.is_estimated) == ("one", False)
        assert response.usage.completion_tokens == 20


def test_three_models() -> None:
    def next_words(partial: ModelResponse) -> Stream[ModelResponseStream]:
        words = ["High", "up,", "in", "the", "snow,", "a", "river", "begins."]
        at = len(said(partial).split())
        return of_texts([f" {word}" for word in words[at:]]).pipe(cut(after=2))

    stream = of_texts(["High", " up,"]).pipe(cut(after=2))
    for _ in range(4):
        stream = stream.pipe(continue_with(next_words))
    assert said(accumulated(list(stream))) == "High up, in the snow, a river begins."


def test_another_one_goes_on_with_what_was_begun_anew() -> None:
    first = of_texts(["Lo"]).pipe(cut(after=1))
    second = rillm.of(chunk("High", id="2"), chunk(" up", id="2")).pipe(cut(after=2))
    stream = first.pipe(continue_with(second), continue_with(lambda _: rillm.of(chunk(", in", id="3"))))
    chunks = list(stream)
    assert [is_retraction(one) for one in chunks] == [False, True, False, False, False]
    response = accumulated(chunks)
    assert (response.id, said(response)) == ("2", "High up, in")


@pytest.mark.parametrize(("begun", "is_shown"), [("p", True), ("e", False)], ids=["shown", "held back"])
def test_a_backup_that_itself_begins_anew(begun: str, *, is_shown: bool) -> None:
    rest = [chunk(begun, id="2"), rillm.retraction(chunk(id="2")), chunk("Ho", delta={"role": "assistant"}, id="3")]
    broken = of_texts(["Hel"]).pipe(cut(after=1))
    chunks = list(broken.pipe(continue_with(lambda _: rillm.of(*rest))))
    assert [one.id for one in chunks] == [*["chatcmpl-test"] * (2 + is_shown), "3"]
    response = accumulated(chunks)
    assert (response.id, said(response)) == ("3", "Ho")


# Where nobody could go on

CHOICES = [chunk("a"), chunk("b", index=1)]
ALONE: dict[str, list[ModelResponseStream]] = {
    "half a call": [chunk("Let me see."), chunk(tool_calls=CALL)],
    "an old call": [chunk("So"), chunk(delta={"function_call": {"name": "f", "arguments": "{"}})],
    "several choices": CHOICES,
    "several choices, of which one broke": [*CHOICES, chunk(finish="stop")],
    "not the first choice": [chunk("a", index=1)],
    "thoughts": [chunk(reasoning="Hm")],
    "an object": [chunk('{"name": "Ro')],
    "an array": [chunk(' [{"a": 1},')],
    "a whole document": [chunk('{"a": 1}\n')],
    "the beginning of one": [chunk("[")],
}


@pytest.mark.parametrize("chunks", ALONE.values(), ids=ALONE)
def test_nobody_could_go_on(chunks: list[ModelResponseStream]) -> None:
    told: list[str] = []

    def other(partial: ModelResponse) -> Stream[ModelResponseStream]:
        told.append(said(partial))
        return rillm.of(*CHOICES)

    came = list(rillm.of(*chunks).pipe(fail(BUSY, after=len(chunks)), continue_with(other)))
    assert [is_retraction(one) for one in came] == [*[False] * len(chunks), True, False, False]
    assert accumulated(came).choices == accumulated(CHOICES).choices
    assert told == [""]


@pytest.mark.parametrize("text", ["[1] says so", "[x] done", "{curly} words", 'So: {"a": 1', "```json\n{"])
def test_what_is_no_document(text: str) -> None:
    came = list(of_texts([text]).pipe(cut(after=1), continue_with(lambda _: of_texts([" and more."]))))
    assert said(accumulated(came)) == f"{text} and more."


# What is said again

JOINED: dict[str, tuple[str, str, str]] = {
    "to the letter": ("Hel", "lo", "Hello"),
    "the word that broke": ("the quick bro", "brown fox", "the quick brown fox"),
    "the last word": ("the quick brown", "brown fox", "the quick brown fox"),
    "with its blank": ("the quick ", "quick brown", "the quick brown"),
    "the last words": ("High up, in the snow", "in the snow, a river", "High up, in the snow, a river"),
    "the longest": ("ab cd ab cd", "ab cd ab cd ef", "ab cd ab cd ef"),
    "the last line": ("So:\n- one\n- two", "- two\n- three", "So:\n- one\n- two\n- three"),
    "all of it": ("# Rivers\n\nThey be", "# Rivers\n\nThey begin.", "# Rivers\n\nThey begin."),
    "all of it, with the blank before": (" Hi", " Hi you", " Hi you"),
    "all of it, without that": (" H", "Hi you", " Hi you"),
    "a number": ("1. 2. 3. ", "3. 4.", "1. 2. 3. 4."),
    "a single letter that is all": ("I", "I am", "I am"),
    "all, and nothing more": ("Well then", "Well then", "Well then"),
    "from inside of a word": ("extraordinarily cold up", "ordinarily cold up there", "extraordinarily cold up there"),
    "in Chinese": ("河从雪里来。流向", "流向大海", "河从雪里来。流向大海"),
    "a blank": ("Hello ", " Tom", "Hello Tom"),
    "an empty line": ("One.\n\n", "\n\nTwo.", "One.\n\nTwo."),
    # Nothing is
    "a letter twice": ("a bal", "loon", "a balloon"),
    "an end that is no word": ("it rea", "a", "it reaa"),
    "a word inside": ("the cat sat and the ", "cat ran", "the cat sat and the cat ran"),
    "a line's end": ("One.\n", "\nTwo.", "One.\n\nTwo."),
    "an indentation": ("if a:\n  ", "  b", "if a:\n    b"),
    "a single letter": ("= 1", "1", "= 11"),
    "signs": ("a\n--", "--\nb", "a\n----\nb"),
    "blanks": ("if a:\n ", " b", "if a:\n  b"),
    "what stands elsewhere": ("the cat saw the dog and ", "the", "the cat saw the dog and the"),
    "a table": ("| a | b |\n|---|", "---|\n", "| a | b |\n|---|---|\n"),
    "what repeats itself": ("0, 0, 0, ", "0, 0", "0, 0, 0, 0, 0"),
    "laughter": ("ha ha ", "ha ha!", "ha ha ha ha!"),
}


@pytest.mark.parametrize(("first", "rest", "whole"), JOINED.values(), ids=JOINED)
def test_what_is_said_again(first: str, rest: str, whole: str) -> None:
    for pieces in cut_everywhere(rest):
        backup = of_texts(pieces)
        came = list(of_texts([first]).pipe(cut(after=1), continue_with(lambda _: backup)))  # noqa: B023 - run at once
        assert said(accumulated(came)) == whole


RIVERS = (
    "Rivers begin high up, in the snow. Most of them end in the sea; some sink into the sand, or a lake takes them."
)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_break_and_any_beginning(data: st.DataObject) -> None:
    """The rest begins where it broke, or with any of the words before."""
    at = data.draw(st.integers(1, len(RIVERS) - 1))
    words = [match.start() for match in re.finditer(r"\b\w", RIVERS[:at]) if at - match.start() > 1]
    begins = data.draw(st.sampled_from([0, at, *words]))
    pieces = data.draw(cuttings(RIVERS[:at]))
    broken = of_texts(pieces).pipe(cut(after=len(pieces)))
    rest = of_texts(data.draw(cuttings(RIVERS[begins:])))
    assert said(accumulated(list(broken.pipe(continue_with(lambda _: rest))))) == RIVERS


def obviously(said: str, text: str) -> int:
    """As `Overlap` finds it, by trying all sizes."""
    sizes = [size for size in range(len(said), 0, -1) if text.startswith(said[-size:])]
    for size in sizes:
        period = next(n for n in range(1, size + 1) if is_period(said, size, n))
        if is_break(said, size):
            return size
        if said.endswith(said[-period:] * 2):
            return 0
        if is_said_again(said, size):
            return size
    return 0


def is_period(said: str, size: int, period: int) -> bool:
    text = said[-size:]
    return text[period:] == text[: size - period]


LETTERS = st.text("a b.", min_size=1, max_size=30)


@given(LETTERS, st.integers(0, 30), st.integers(0, 30), LETTERS)
@example("aa ", 0, 2, "b")
@example("aaaa ", 0, 3, " a ")
@settings(max_examples=600, deadline=None)
def test_an_overlap_is_what_it_obviously_is(said: str, start: int, end: int, more: str) -> None:
    text = said[start:end] + more
    overlap = Overlap(said)
    for letter in text:
        overlap.feed(letter)
        if overlap.is_known:
            break
    assert overlap.size() == obviously(said, text)


@pytest.mark.parametrize(("text", "rest"), [("a" * 200_000, "a" * 100_000 + "b"), ("ab" * 90_000, "ab" * 90_000)])
def test_long_texts_take_linear_time(text: str, rest: str) -> None:
    """Or the suite would not end."""
    overlap = Overlap(text)
    for piece in re.findall("...?", rest):
        overlap.feed(piece)
    assert overlap.size() == 0


def test_logprobs_of_what_is_left_out_go_with_it() -> None:
    logprobs: dict[str, Any] = {"content": [{"token": "x", "logprob": -1.0, "bytes": None, "top_logprobs": []}]}
    texts = ["brown", " fo", "x"]
    rest = [chunk(choices=[{"delta": {"content": text}, "logprobs": logprobs}]) for text in texts]
    came = list(of_texts(["the brown f"]).pipe(cut(after=1), continue_with(lambda _: rillm.of(*rest))))
    assert [one.choices[0].delta.content for one in came] == ["the brown f", "o", "x"]
    assert [one.choices[0].logprobs is None for one in came] == [True, True, False]


# Everybody who looks


def test_a_recording_ends_with_the_better_text_only(tmp_path: Path) -> None:
    path = tmp_path / "answer.jsonl"
    broken = of_texts(["Hel", "lo"]).pipe(cut(after=2))
    list(broken.pipe(continue_with(of_texts(["Good ", "day"])), rillm.record(path)))
    (response,) = rillm.replay(path, speed=None).pipe(rillm.accumulate())
    assert said(response) == "Good day"


def test_progress_shows_the_better_text_only() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=60)

    def shown(source: Any, anew: Any) -> Any:
        return begins_anew(source, anew).pipe(rillm.progress(console))

    play(shown, "-Hel-lo-X", "-Good-=stop|", error=BUSY)
    assert isinstance(console.file, io.StringIO)
    lines = re.findall(r"  [\d.]+ s  ([^\r\n\x1b]*)", console.file.getvalue())
    assert [line for line in lines if line] == ["Hel", "Hello", "Good", "Good"]


# Any number of subscriptions, any way to consume, and who lets go


@both
def test_subscriptions_share_nothing(collect: Collect) -> None:
    source = Script([chunk("High up"), chunk(", in")], BUSY)
    rest = Script([chunk("in the"), chunk(" snow"), chunk(finish="stop")])
    stream = from_source(source).pipe(continue_with(lambda _: from_source(rest)))
    expected = ["High up", ", in", " the", " snow", None]
    for _ in range(2):
        assert [one.choices[0].delta.content for one in collect(stream)] == expected
    assert all(one == other for one, other in zip(stream, stream, strict=True))
    assert (source.opened, rest.opened, source.live, rest.live) == (4, 4, 0, 0)


@both
@pytest.mark.parametrize("taken", [1, 2, 3, 4])
def test_leaving_closes_what_is_open(collect: Collect, taken: int) -> None:
    """In the source, at the retraction, after it."""
    source, other = Script([chunk("Hel")], [chunk("lo")], BUSY), Script([chunk("Ho")], SILENCE)
    stream = from_source(source).pipe(continue_with(from_source(other)), ops.take(taken))
    assert len(collect(stream)) == taken
    assert (source.live, other.live, other.opened) == (0, 0, taken > 2)


@both
def test_the_source_is_closed_before_the_backup_is_asked(collect: Collect) -> None:
    source = Script([chunk("Hel")], BUSY)
    live: list[int] = []

    def other(_: ModelResponse) -> Stream[ModelResponseStream]:
        live.append(source.live)
        return of_texts(["p"])

    assert len(collect(from_source(source).pipe(continue_with(other)))) == 3
    assert live == [0]


# Over sockets


def asked_with(server: Server, partial: ModelResponse, **params: Any) -> Stream[ModelResponseStream]:
    begun = [{"role": "assistant", "content": said(partial)}] if said(partial) else []
    return rillm.stream(MODEL, [*MESSAGES, *begun], **to(server, params))


OVERLOADED = wire.event({"error": {"message": "overloaded", "code": 529}})


@both
@pytest.mark.parametrize("breaks", [OVERLOADED, Do.CUT], ids=["overloaded", "cut"])
def test_over_sockets(collect: Collect, breaks: Any, server: Server) -> None:
    """Two requests, the first of which is let go before the second is sent; each tells what it has cost."""
    server.play(
        script(wire.frame("High up"), wire.frame(", in"), breaks, Do.STALL),
        script(wire.frame("in the"), wire.frame(" snow."), wire.finish(), wire.usage(9, 5), wire.DONE),
    )
    costs: list[rillm.Cost] = []
    asked: list[float] = []

    def other(partial: ModelResponse) -> Stream[ModelResponseStream]:
        asked.append(monotonic())
        return asked_with(server, partial, pipeline=[rillm.cost_tap(costs.append)])

    first = cold(server, pipeline=[rillm.cost_tap(costs.append)])
    chunks = collect(first.pipe(continue_with(other)))
    assert_promises(Outcome(chunks))
    assert said(accumulated(chunks)) == "High up, in the snow."
    assert len(server.exchanges) == 2
    if breaks is not Do.CUT:  # then it was the server who left
        assert server.exchange(0).seconds_to_leave(asked[0]) < AT_ONCE
    assert server.exchange(1).request.json["messages"][-1]["content"] == "High up, in"
    assert [(cost.usage.completion_tokens, cost.estimated) for cost in costs] == [(3, True), (5, False)]
    assert not server.busy()


@both
def test_leaving_in_the_rest_closes_its_socket(collect: Collect, server: Server) -> None:
    server.play(script(wire.frame("High up"), OVERLOADED), script(wire.frame(", in"), Do.STALL))
    stream = cold(server).pipe(continue_with(lambda _: cold(server)), ops.take(2))
    assert len(collect(stream)) == 2
    assert server.exchange(1).seconds_to_leave(monotonic()) < AT_ONCE
    assert len(server.exchanges) == 2


@both
def test_a_provider_that_does_not_go_on_with_others(collect: Collect, server: Server) -> None:
    """It refuses, at no cost, and is asked for a whole answer."""
    refusal = script(b'{"error": {"message": "No prefill."}}', status=400, headers={"Content-Type": "application/json"})
    server.play(script(wire.frame("High up"), OVERLOADED), refusal, script(wire.answer("In the snow.")))

    def other(partial: ModelResponse) -> Stream[ModelResponseStream]:
        return asked_with(server, partial)

    chunks = collect(cold(server).pipe(continue_with(other)))
    assert said(accumulated(chunks)) == "In the snow."
    assert [len(one.request.json["messages"]) for one in server.exchanges] == [1, 2, 1]
