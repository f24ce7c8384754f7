"""Streams that go wrong on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillm
from rillm.streams.stream import from_source
from rillm.testing import answer, cut, fail, play, recut, slow, stall
from rillm.testing.laws import LAWS, Case
from tests.kit.chunks import chunk
from tests.kit.cuts import of_texts, said
from tests.kit.pictures import picture_of
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[Any], list[Any]]

FAULTS: dict[Callable[..., Any], Any] = {
    cut: cut(after=99),
    fail: fail(rillm.Timeout("late"), after=99),
    recut: recut(2),
    slow: slow(0),
    stall: stall(after=1, seconds=0),
}
CHUNKS = [chunk("a"), chunk("b"), chunk(None, finish="stop")]
error = rillm.RateLimitError("X")


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("operator", FAULTS.values(), ids=[function.__name__ for function in FAULTS])
def test_the_laws(operator: Any, law: Callable[[Case], None]) -> None:
    law(Case(operator, CHUNKS))


@pytest.mark.parametrize("operator", [cut(at=60), fail(error, at=60)])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_laws_for_those_with_a_clock(operator: Any, law: Callable[[Case], None]) -> None:
    law(Case(operator, CHUNKS))


@pytest.mark.parametrize("function", FAULTS, ids=lambda function: function.__name__)
def test_the_picture(function: Callable[..., Any]) -> None:
    (comes,), box, goes = picture_of(function)
    names = {"error": error, **{function.__name__: function for function in FAULTS}}
    assert play(eval(box, names), comes).marbles == goes  # noqa: S307 - our own docstring


@pytest.mark.parametrize(
    ("operator", "comes", "goes", "source"),
    [
        (cut(after=2), "-a-b-c-|", "-a-b-X", "^----!"),
        (cut(after=2), "-a-b---|", "-a-b---X", "^------!"),
        (cut(after=2), "-a-|", "-a-|", "^--!"),
        (cut(after=0), "-a-|", "-X", "^!"),
        (cut(after=1), "-(a,b,|)", "-(a,X)", "^!"),
        (cut(at=4), "-a-b-c-|", "-a-bX", "^---!"),
        (cut(at=4), "-a|", "-a|", "^-!"),
        (cut(at=4), "----|", "----|", "^---!"),
        (stall(after=1, seconds=3), "-a-b-c|", "-a----b-c|", "^-----!"),
        (stall(after=1, seconds=3), "-a-b-c-X", "-a----b-c-X", "^------!"),
        (stall(after=0, seconds=3), "a|", "---a|", "^!"),
        (stall(after=1), "-a-b-c|", "-a-----", "^-----!"),
        (stall(after=9, seconds=3), "-a-b|", "-a-b|", "^---!"),
        (slow(2), "-(a,b,c,|)", "---a-b-(c,|)", "^!"),
        (slow(2), "-(a,b,X)", "---a-(b,X)", "^!"),
        (slow(2), "-a-----b|", "---a-----(b,|)", "^-------!"),
        (slow(0), "-a-b|", "-a-b|", "^---!"),
    ],
)
def test_marbles(operator: Any, comes: str, goes: str, source: str) -> None:
    played = play(operator, comes)
    assert (played.marbles, played.source) == (goes, source)
    if isinstance(played.error, rillm.RillmError):
        assert isinstance(played.error, rillm.StreamTruncatedError)


def test_the_error_is_the_one_that_was_given() -> None:
    assert play(fail(error, after=1), "-a-b-|").error is error


@both
@pytest.mark.parametrize("operator", [cut(after=1), fail(error, at=0.01), stall(after=1), slow(60)])
def test_what_broke_is_let_go(collect: Collect, operator: Any) -> None:
    script = Script([chunk("a")], [chunk("b")], SILENCE)
    with pytest.raises(rillm.RillmError):
        collect(from_source(script).pipe(operator, rillm.timeouts(idle=0.05)))
    assert script.live == 0


@pytest.mark.parametrize("when", [{}, {"after": 1, "at": 2.0}])
def test_when_it_breaks_has_to_be_told(when: dict[str, Any]) -> None:
    with pytest.raises(rillm.BadRequestError, match="after= so many chunks, or at= so many seconds"):
        cut(**when)
    with pytest.raises(rillm.BadRequestError, match="after= so many chunks, or at= so many seconds"):
        fail(error, **when)


@pytest.mark.parametrize(
    ("operator", "comes", "goes"),
    [
        (recut(1), "-Hi-----=stop|", "-(H,i)--=stop|"),
        (recut(4), "-a-b-c-d---e-=stop---|", "-------abcd--(e,=stop)|"),
        (recut(1, 3), "-a-b-c-d---e-f-|", "-a-----bcd-e---(f,|)"),
        (recut(2), "-abc--X", "-ab---(c,X)"),
        (recut(2), "-~Hm--=stop-|", "-~Hm--=stop-|"),
        (recut(9), "-|", "-|"),
    ],
)
def test_recut(operator: Any, comes: str, goes: str) -> None:
    assert play(operator, comes).marbles == goes


def test_recut_of_texts() -> None:
    assert play(recut(2), "-abc-|", given=str).items == ["ab", "c"]


@given(st.text(), st.integers())
def test_recut_keeps_the_text_and_is_the_same_for_the_same_seed(text: str, seed: int) -> None:
    operator = recut(seed=seed)
    assert said(operator, [text]) == text
    once, again = (list(of_texts([text]).pipe(operator, rillm.text())) for _ in range(2))
    assert once == again == list(of_texts([*text]).pipe(operator, rillm.text()))
    assert all(1 <= len(piece) <= 8 for piece in once)


def test_another_seed_is_another_cut() -> None:
    cuts = {tuple(answer("a" * 99).pipe(recut(seed=seed), rillm.text())) for seed in range(20)}
    assert len(cuts) == 20


@pytest.mark.parametrize("given", [{}, {"seed": 1, "sizes": [2]}, {"sizes": [0]}, {"sizes": [2, -1]}])
def test_recut_needs_sizes_or_a_seed(given: dict[str, Any]) -> None:
    with pytest.raises(rillm.BadRequestError, match="sizes of pieces, at least 1, or a seed"):
        recut(*given.get("sizes", ()), seed=given.get("seed"))
