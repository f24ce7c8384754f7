"""Limits that are far away are kept without counting; they hold where counting each chunk has them."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.scheduler import ImmediateScheduler
from reactivex.subject import Subject

import rillm
from rillm import Budget, budget
from rillm.streams import tokenizer
from rillm.streams.model import set_hidden_params
from rillm.streams.stream import as_stream
from rillm.streams.usage import estimate_tokens
from rillm.testing import chunk
from tests.kit.cuts import cuttings, of_texts, said
from tests.streams.test_token_counter import CHINESE, CODE, JSON

if TYPE_CHECKING:
    from rillm import ModelResponseStream

pytestmark = pytest.mark.usefixtures("counting")

PROSE = "High up, in the snow of the mountains, it's cold. " * 8
CUT_TEXTS = st.sampled_from([PROSE, CODE[:400], CHINESE * 4, JSON * 4, " a  b\n\n c"]).flatmap(cuttings)
WORDS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([" the", " mountains of", " 12345", " don't;"])), max_size=60
)


def tokens(text: str) -> int:
    """Of a text at once."""
    count = tokenizer.o200k() or estimate_tokens
    return count(text)


def passing(pieces: list[str], n: int) -> str:
    """What passes, if the whole text is counted with each piece."""
    passed = ""
    for piece in pieces:
        if tokens(passed + piece) > n:
            ends = range(1, len(piece) + 1)
            return passed + piece[: bisect_right(ends, n, key=lambda end: tokens(passed + piece[:end]))]
        passed += piece
        if tokens(passed) == n:
            break
    return passed


@given(pieces=CUT_TEXTS, n=st.integers(1, 120))
def test_limit_tokens(pieces: list[str], n: int) -> None:
    assert said(rillm.limit_tokens(n), pieces) == passing(pieces, n)


@pytest.mark.parametrize("unit", ["output_tokens", "usd"])
@given(pieces=CUT_TEXTS, n=st.integers(1, 120))
def test_a_budget_of_one(unit: str, pieces: list[str], n: int) -> None:
    shared = Budget(**{unit: n})
    finish = of_texts(pieces).pipe(priced, budget(shared, "stop"))
    chunks = sum(1 for one in finish if one.choices[0].finish_reason is None)
    totals = [tokens(text) for text in accumulate(pieces)]
    expected = next((number for number, total in enumerate(totals, 1) if total >= n), len(pieces))
    assert chunks == expected
    if totals[expected - 1] >= n:
        assert shared.spent_output_tokens == totals[expected - 1]


def priced(chunks: Any) -> Any:
    """A dollar a token of the answer, and a hundredth of that for one of the prompt."""
    hidden = {"rates": [0.01, 1.0]}

    def on(one: ModelResponseStream) -> ModelResponseStream:
        set_hidden_params(one, hidden)
        return one

    return chunks.map(on)


@pytest.mark.parametrize("unit", ["output_tokens", "usd"])
@given(said=WORDS, n=st.integers(1, 150), looks=st.sets(st.integers(0, 59)))
def test_a_budget_of_many(unit: str, said: list[tuple[int, str]], n: int, looks: set[int]) -> None:
    """All end with the chunk that uses it up, and not before; who looks meanwhile sees what each has said by then."""
    shared = Budget(**{unit: n})
    sources: list[Subject[ModelResponseStream]] = [Subject() for _ in range(3)]
    errors: list[Exception] = []
    for source in sources:
        as_stream(source).pipe(priced, budget(shared)).subscribe(on_error=errors.append, scheduler=ImmediateScheduler())
    texts = ["", "", ""]
    for number, (at, text) in enumerate(said):
        texts[at] += text
        sources[at].on_next(chunk(text))
        total = sum(map(tokens, texts)) if tokenizer.o200k() else sum(-(-len(one) // 4) for one in texts)
        assert len(errors) == (3 if total >= n else 0)
        if number in looks or errors:
            assert (shared.spent_output_tokens, shared.is_used_up) == (total, total >= n)
        if errors:
            break


@pytest.mark.parametrize(
    ("limit", "report"),
    [
        ({"output_tokens": 40}, {"prompt_tokens": 0, "completion_tokens": 50}),
        ({"usd": 40}, {"prompt_tokens": 0, "completion_tokens": 50}),
        ({"usd": 5}, {"prompt_tokens": 1000}),
    ],
)
def test_what_is_reported_is_paid_for_at_once(limit: dict[str, Any], report: dict[str, int]) -> None:
    texts = [*map(chunk, [" the", " cat"]), chunk(usage=report), *map(chunk, [" sat", " mat"])]
    passed = list(rillm.of(*texts).pipe(priced, budget(Budget(**limit), "stop")))
    assert [one.choices[0].delta.content for one in passed] == [" the", " cat", None, None]


def test_many_that_leave_have_paid_for_what_came() -> None:
    shared = Budget(output_tokens=10**6)
    for _ in range(3):
        assert len(list(of_texts([" the"] * 50).pipe(budget(shared), ops.take(20)))) == 20
    assert shared.spent_output_tokens == 60
