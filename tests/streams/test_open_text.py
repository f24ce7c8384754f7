"""What a text that goes on comes to, and when its pieces are counted."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillm.streams.open_text import LONGEST
from rillm.streams.token_counter import ByteCounter, TokenCounter
from rillm.testing import chunk
from tests.kit.cuts import cuttings
from tests.streams.test_token_counter import CHINESE, CODE, JSON, counted, exact, words

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[], TokenCounter]

BREAKING = st.text(st.sampled_from("ab1é' \n\t.,\"_-」文、💡")) | st.text()
HEX = "".join(f"{number * number:x}" for number in range(1000, 1100))
SAME = ["x" * 500, "文" * 300, "it's " * 40, " " * 200 + "a", "\n \t" * 90]
LONG_TEXTS = [*SAME, HEX, f" {HEX}-{HEX} ", CODE, CHINESE * 9, JSON * 9]
LONG = st.sampled_from(LONG_TEXTS)
TEXTS = BREAKING | LONG | st.tuples(LONG, BREAKING, LONG).map("".join)


both_counters = pytest.mark.parametrize("make", [words, ByteCounter])


@both_counters
@given(pieces=TEXTS.flatmap(cuttings))
def test_it_makes_no_difference_how_a_text_is_cut(make: Make, pieces: list[str]) -> None:
    assert counted(make(), pieces) == counted(make(), ["".join(pieces)])


@pytest.mark.parametrize("text", LONG_TEXTS)
def test_not_even_into_letters(text: str) -> None:
    assert counted(words(), [*text]) == counted(words(), [text])
    letters = words()
    for letter in text:
        letters.count(chunk(letter))
        assert letters.tokens >= 0
    assert counted(words(), [text]) <= letters.tokens <= counted(words(), [text]) + 2


@both_counters
@given(pieces=TEXTS.flatmap(cuttings), looks=st.sets(st.integers(0, 12)))
def test_nor_who_looks_meanwhile(make: Make, pieces: list[str], looks: set[int]) -> None:
    """A word that goes on may have fewer tokens than before; who has seen that sees it no more."""
    counter, most_seen = make(), 0
    for number, piece in enumerate(pieces):
        counter.count(chunk(piece))
        if number in looks:
            assert counter.at_most >= counter.tokens
            most_seen = counter.tokens
    assert counter.tokens == max(most_seen, counted(make(), pieces))


@both_counters
@given(pieces=TEXTS.flatmap(cuttings))
def test_there_are_never_more_than_is_said_without_counting(make: Make, pieces: list[str]) -> None:
    counter = make()
    for piece in pieces:
        counter.count(chunk(piece))
        at_most = counter.at_most
        assert at_most >= counter.tokens
        assert counter.at_most == counter.tokens


@pytest.mark.parametrize("text", [CHINESE * 9, JSON * 9, CODE * 2, "it's, don't; " * 20])
def test_a_text_with_blanks_or_signs_has_as_many_as_the_whole(text: str) -> None:
    assert counted(words(), [*text]) == exact(text)


@both_counters
@pytest.mark.parametrize("most", [1, 7, 50])
@given(pieces=TEXTS.flatmap(cuttings))
def test_a_limit_is_reached_where_it_is_when_each_piece_is_counted(make: Make, most: int, pieces: list[str]) -> None:
    lazy, eager = make(), make()
    for piece in pieces:
        ends, ends_here = lazy.count(chunk(piece), most), eager.count(chunk(piece), most)
        assert (ends and ends.beginning) == (ends_here and ends_here.beginning)
        if ends:
            break
        assert lazy.reaches(most) == (eager.tokens >= most)


@both_counters
def test_what_comes_before_an_overflow_counts(make: Make) -> None:
    counter = make()
    overflow = counter.count(chunk(" the", reasoning=" mountains" * 9), 3)
    assert overflow is not None
    assert overflow.name == "reasoning_content"
    assert counted(counter, [" cat"]) == 2


def test_a_word_may_have_more_than_its_pieces() -> None:
    """There are tokenizers in which it has, if seldom."""
    counter = TokenCounter(lambda text: 1 if set(text) == {"a"} else len(text))
    assert counted(counter, ["aaaa"]) == 1
    overflow = counter.count(chunk("b"), 4)
    assert overflow is not None
    assert overflow.beginning == ""


def test_a_limit_that_is_far_away_costs_no_counting() -> None:
    counts: list[int] = []

    def count(text: str) -> int:
        counts.append(len(text))
        return 1

    counter = TokenCounter(count)
    for _ in range(2000):
        counter.count(chunk(" word"), 10**6)
        assert not counter.reaches(10**6)
    assert len(counts) < 20
    assert sum(counts) <= 2000 * 5 + len(counts) * LONGEST


@pytest.mark.parametrize("looks", [True, False])
def test_the_work_is_linear(*, looks: bool) -> None:
    """Whatever the text, no character is counted more often than a few words are long."""
    seen = 0

    def count(text: str) -> int:
        nonlocal seen
        seen += len(text)
        return 1

    text = ("word " * 20 + "x" * 200 + "\n" * 200) * 20
    counter = TokenCounter(count)
    for piece in text:
        counter.count(chunk(piece))
        assert not looks or counter.tokens >= 0
    assert counter.tokens > 0
    assert seen <= len(text) * 2 * LONGEST


@both_counters
def test_what_is_kept_does_not_grow_with_the_text(make: Make) -> None:
    counter = make()
    counted(counter, [f" word{number}" for number in range(5000)])
    tracemalloc.start()
    try:
        for number in range(5000, 20_000):
            counter.count(chunk(f" word{number}"))
        pieces = tracemalloc.take_snapshot().filter_traces(
            [tracemalloc.Filter(inclusive=True, filename_pattern=__file__)]
        )
    finally:
        tracemalloc.stop()
    assert sum(trace.size for trace in pieces.traces) < 100_000  # all of them would be 900,000
