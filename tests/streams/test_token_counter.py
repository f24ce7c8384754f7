"""Counting tokens piece by piece."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillm
from rillm.streams.accumulator import Accumulator
from rillm.streams.open_text import LONGEST
from rillm.streams.token_counter import ByteCounter, TokenCounter
from rillm.streams.tokenizer import o200k
from rillm.testing import chunk
from tests.kit.cuts import cut_everywhere, cuttings

if TYPE_CHECKING:
    from collections.abc import Iterable

CODE = Path(__file__).read_text(encoding="utf-8")[:2000]
CHINESE = "河流从高山上的积雪中开始。然后它们流向大海、这是一段很长的路程。"
JSON = '{"name":"get_weather","arguments":{"city":"Paris","days":3,"list":[1,2,3.5,40000]}}'
TEXTS = [
    "High up, in the snow.",
    "It's John's — don't!!\n\n  Go.",
    CODE,
    CHINESE,
    JSON,
    "👨‍👩‍👧 yes 👍🏽",
    " ",
    "\n \n  x",
]


def exact(text: str) -> int:
    count = o200k()
    if count is None:
        pytest.skip("the extra `tokens` is missing")
    return count(text)


def counted(counter: TokenCounter, pieces: Iterable[str]) -> int:
    for piece in pieces:
        counter.count(chunk(piece))
    return counter.tokens


def words() -> TokenCounter:
    return TokenCounter(exact)


@pytest.mark.parametrize("text", TEXTS)
def test_a_whole_text(text: str) -> None:
    assert counted(words(), [text]) == exact(text)


@given(pieces=st.sampled_from([*TEXTS, CHINESE * 9, JSON * 9, "x" * 500]).flatmap(cuttings))
def test_a_text_in_pieces(pieces: list[str]) -> None:
    """A text with blanks has as many tokens as the whole; one without may get one more at each cut."""
    whole = exact("".join(pieces))
    most = whole + 1 + 2 * len("".join(pieces)) // LONGEST
    assert whole <= counted(words(), pieces) <= most


@pytest.mark.parametrize("pieces", cut_everywhere("High up, in the snow."))
def test_it_is_exact_where_there_are_blanks(pieces: list[str]) -> None:
    assert exact("".join(pieces)) <= counted(words(), pieces) <= exact("".join(pieces)) + 1


@given(pieces=st.text().flatmap(cuttings))
def test_bytes_are_counted_as_of_the_whole(pieces: list[str]) -> None:
    accumulator = Accumulator()
    for piece in pieces:
        accumulator.add(chunk(piece))
    assert counted(ByteCounter(), pieces) == accumulator.estimated_usage().completion_tokens


WRITTEN: dict[str, Any] = {
    "content": "one two ",
    "reasoning_content": "three four ",
    "refusal": "five ",
    "tool_calls": [
        {"index": 0, "function": {"name": "six", "arguments": '{"seven": 8}'}},
        {"index": 1, "type": "custom", "custom": {"name": "nine", "input": "ten"}},
    ],
    "function_call": {"arguments": "eleven"},
    "provider_specific_fields": {"tool_plan": "twelve"},
}


def test_all_that_is_written_counts() -> None:
    """As the accumulator has it, and no more."""
    accumulator, counter = Accumulator(), ByteCounter()
    one = chunk(delta={**WRITTEN, "role": "assistant"}, index=3)
    accumulator.add(one)
    counter.count(one)
    assert counter.tokens == accumulator.estimated_usage().completion_tokens


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize("name", WRITTEN)
def test_each_kind_of_text_counts(name: str) -> None:
    (used,) = rillm.of(chunk(delta={name: WRITTEN[name]})).pipe(rillm.usage())
    assert used.completion_tokens > 0


def test_texts_are_words_of_their_own() -> None:
    """Two choices that talk in turns do not go on with each other's words."""
    counter = words()
    for _ in range(3):
        counter.count(chunk("the"))
        counter.count(chunk("the", index=1))
    assert counter.tokens == 2 * exact("thethethe")


def test_half_a_surrogate_pair() -> None:
    assert counted(words(), ["a\ud83d", "b"]) > 0
    assert counted(ByteCounter(), ["a\ud83d", "b"]) > 0


@pytest.mark.parametrize("counter", [words, ByteCounter])
@pytest.mark.parametrize(("text", "most"), [("High up, in the snow.", 3), (CHINESE, 5), ("x" * 100, 2), ("abc", 0)])
def test_the_beginning_that_fits(counter: Any, text: str, most: int) -> None:
    one = counter()
    overflow = one.count(chunk(text), most)
    assert overflow is not None
    assert text.startswith(overflow.beginning)
    assert counted(one, [overflow.beginning]) <= most
    assert one.count(chunk(text[len(overflow.beginning) :][:1]), most) is not None


def test_the_package_is_not_imported() -> None:
    """Which takes ten times as long as what is needed of it; whoever imports it still can."""
    program = (
        "import sys; from rillm.streams.tokenizer import o200k; count = o200k(); "
        "assert count is None or count('hello world') == 2 and 'bpe_openai' not in sys.modules\n"
        "if count: import bpe_openai; assert len(bpe_openai.get_encoding('o200k_base').encode('hello world')) == 2"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)  # noqa: S603 - our own words only
    assert done.stderr == ""
