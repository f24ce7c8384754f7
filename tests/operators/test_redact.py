"""`redact`: as `re.sub` would have it, however the text is cut, and never less."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import rillm
from rillm import redact
from rillm.operators.matches import matches_of
from rillm.operators.redactor import Redactor
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from rillm.testing.chunks import plain
from tests.kit.cuts import cut_everywhere, cuttings, most_remembered, said
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Collect = Callable[[Any], list[Any]]

HIDDEN = "[redacted]"


@pytest.mark.parametrize(
    ("pattern", "before", "after"),
    [
        (r"sk\d+", "-a-sk-1----------b----------|", "-a---------------[redacted]b|"),
        # What may be the beginning of one is held back, no more.
        (r"abc", "-xa-b-d----e-|", "-x----abd--e-|"),
        (r"abc", "-xa-b-c----------y----------|", "-x---------------[redacted]y|"),
        # It comes with what ends the text.
        (r"abc", "-xab---=stop-----|", "-x-----(ab,=stop)|"),
        (r"abc", "-xab---|", "-x-----(ab,|)"),
        (r"abc", "-xab---X", "-x-----(ab,X)"),
        (r"ab*", "-xab---=stop---------------|", "-x-----([redacted],=stop)--|"),
        # Reasoning is a text of its own, which ends where the answer goes on.
        (r"abc", "-~xa-~bc-----------y-|", "-~x----------------~[redacted]y|"),
        (r"abc", "-~xa-y----~bc-|", "-~x--~ay--~bc-|"),
        (r"abc", "-~xa---=stop-----|", "-~x----(~a,=stop)|"),
    ],
)
def test_marbles(pattern: str, before: str, after: str) -> None:
    assert play(redact(pattern), before).marbles == after
    if not {"=", "~"} & {*before}:
        assert play(redact(pattern), before, given=plain).marbles == after


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"sk-\w{4,}", "The key is sk-12345, not sk-1."),
        (r"\b[\w.]+@[\w.]+\b", "Write to a.b@c.org, or x@y."),
        (r"\b(?:\d[ -]?){8}\b", "12 34 56 78, 12345678 and 123456789"),
        (r"(?i)password:\s*\b\S+", "Password: secret PASSWORD:\nx password: "),
        # Which alternative it is, and how far it goes, is seen later.
        (r"a.*z|a", "axyz axy"),
        (r"ab|abcd", "abcd"),
        (r"a(?=b)|a(?!c)", "ab ac a"),
        (r"(?<=: )\w+", "a: b, c: d"),
        (r"(?<!\w)on\b", "on one, on"),
        (r"foo\B.", "foo food foo."),
        (r"\bsk-\d+", "xsk-1 sk-2"),
        (r"-\bx", "-x --x -y"),
        (r"^\w+|\w+$", "one two\nthree"),
        (r"(?m)^\w+|\w+$", "one two\nthree four\n"),
        (r"a\Z", "aba"),
        (r"(?x) a \s b  # a comment", "a b ab"),
        (r"(?s)<key>.*?</key>", "<key>1\n2</key> <key>"),
        (r"[$\\]\$", r"$$ \$ $"),
        (r"x*", "xx y"),
        (r"(\d)\1", "11 12 1"),
        (r"é|ß", "é ß e"),
        (re.compile(r"K", re.IGNORECASE), "k K \u212a"),
    ],
)
def test_every_cut(pattern: str | re.Pattern[str], text: str) -> None:
    expected = by_sub(pattern, text)
    assert {said(redact(pattern), pieces) for pieces in cut_everywhere(text)} == {expected}


def by_sub(pattern: str | re.Pattern[str], text: str) -> str:
    """What `re.sub` makes of the whole, which takes empty matches for some."""
    return re.sub(pattern, lambda match: HIDDEN if match.group() else "", text)


PATTERNS = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", r"\w", r"\W", r"\b", r"\B", "^", "$", " ", "\n"]),
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=3).map("".join),
        st.tuples(parts, parts).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(parts, st.sampled_from(["*", "+", "?", "{2}", "*?", "+?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        parts.map(lambda part: f"(?={part})"),
        parts.map(lambda part: f"(?!{part})"),
    ),
    max_leaves=5,
)


@given(st.data(), PATTERNS, st.text("ab \n", max_size=12))
def test_the_cut_does_not_matter(data: st.DataObject, pattern: str, text: str) -> None:
    assume(all(match.group() for match in re.finditer(pattern, text)))
    assert said(redact(pattern), data.draw(cuttings(text))) == by_sub(pattern, text)


# What is too long to be held back


@pytest.mark.parametrize(
    ("pattern", "text", "out"),
    [
        # The whole match is hidden, however long it is, and what follows comes.
        (r"sk-\w+", "a sk-" + "x" * 100 + " b", f"a {HIDDEN} b"),
        (r"<key>[\s\S]*?</key>", "<key>" + "x" * 100 + "</key> b", f"{HIDDEN} b"),
        # What never becomes one is lost, for as long as it might.
        (r"<key>[\s\S]*?</key>", "a <key>" + "x" * 100, f"a {HIDDEN}"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_longer_than_hold(pattern: str, text: str, out: str, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert said(redact(pattern, hold=20), pieces) == out


@pytest.mark.parametrize("beginning", ["", "sk-"])
@pytest.mark.parametrize("unit", ["a", "a ", "sk-", "sk-1", "1", "sk-" + "1" * 50])
def test_what_it_remembers_is_bounded(beginning: str, unit: str) -> None:
    redactor = Redactor(matches_of(r"sk-\w+", 10), lambda _: HIDDEN, hold=20)
    assert most_remembered(redactor, [beginning or unit, *[unit] * 500]) <= 3 * 20 + len(unit)


# Patterns and replacements


def spans_of_digits(text: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"\d+", text):
        yield match.span()


@given(st.data(), st.text("1 a", max_size=12))
def test_a_function_of_spans(data: st.DataObject, text: str) -> None:
    operator = redact(spans_of_digits, hold=40)
    assert said(operator, data.draw(cuttings(text))) == by_sub(r"\d+", text)


def test_spans_that_overlap_and_are_not_in_order() -> None:
    operator = redact(lambda _: [(6, 8), (2, 4), (1, 3), (5, 5)], "*", hold=100)
    assert said(operator, ["abcdefghi"]) == "a**ef*i"


def test_a_function_that_fails() -> None:
    chunks = rillm.of(chunk("One"), chunk("Two")).pipe(redact(lambda text: [(0, len(text) // (text != "OneTwo"))]))
    with pytest.raises(ZeroDivisionError):
        list(chunks)


@pytest.mark.parametrize("pattern", [r"sk-\d+", r"sk-.*?k"])
def test_what_cannot_be_replaced_does_not_come_at_all(pattern: str) -> None:
    def fail(match: re.Match[str]) -> str:
        raise ValueError(match.group())

    chunks = rillm.of(chunk("a s", index=1), chunk("b "), chunk("sk-1"), chunk("2345678 c"), chunk("d"))
    seen: list[Any] = []
    with pytest.raises(ValueError, match="sk-1"):
        chunks.pipe(redact(pattern, fail, hold=5)).do_action(seen.append).run()
    assert [one.choices[0].delta.content for one in seen] == ["a ", "b ", "s"]


def stars(match: re.Match[str]) -> str:
    return "*" * len(match.group())


@pytest.mark.parametrize(
    ("replacement", "out"),
    [
        ("*", "a * b"),
        (r"\1-**", "a sk-** b"),
        (r"\g<kind>", "a sk b"),
        (stars, "a ***** b"),
        ("", "a  b"),
    ],
)
def test_replacements(replacement: Any, out: str) -> None:
    assert said(redact(r"(?P<kind>sk)-(\d+)", replacement), ["a sk-", "12 b"]) == out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("[",), "regular expression"),
        ((5,), "regular expression"),
        ((rb"a",), "regular expression"),
        (("a", 5), "cannot replace"),
        (("a", r"\1"), "cannot replace"),
        (("a", r"\g<b>"), "cannot replace"),
        ((spans_of_digits, r"\1"), "cannot replace"),
    ],
)
def test_what_is_no_pattern(arguments: tuple[Any, ...], named: str) -> None:
    with pytest.raises(rillm.BadRequestError, match=named):
        redact(*arguments)


def test_nothing_can_be_held() -> None:
    with pytest.raises(rillm.BadRequestError, match="hold"):
        redact("a", hold=0)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "regex", None)
    with pytest.raises(rillm.MissingExtraError, match=r"rillm\[redact\]"):
        redact("a")


# Chunks


def test_what_does_not_match_is_not_touched() -> None:
    call = {"index": 0, "function": {"name": "f", "arguments": "sk-12"}}
    chunks = [
        chunk(delta={"role": "assistant", "content": ""}),
        chunk(reasoning="a "),
        chunk("one "),
        chunk("two "),
        chunk(tool_calls=[call]),
        chunk(finish="stop"),
        chunk(usage={"total_tokens": 1}),
    ]
    assert [id(one) for one in rillm.of(*chunks).pipe(redact(r"sk-\d+"))] == [id(one) for one in chunks]


def test_what_came_is_not_changed() -> None:
    chunks = [chunk("a sk-1 b"), chunk("sk-2", finish="stop")]
    copies = [one.model_copy(deep=True) for one in chunks]
    assert len(list(rillm.of(*copies).pipe(redact(r"sk-\d+")))) == 3
    assert copies == chunks


def test_log_probabilities_spell_the_text() -> None:
    logprobs: dict[str, Any] = {"content": [{"token": "sk-1 ", "logprob": 0.0, "top_logprobs": []}]}
    values: dict[str, Any] = {"choices": [{"delta": {"content": "sk-1 "}, "logprobs": logprobs}]}
    [out] = rillm.of(rillm.ModelResponseStream.model_validate(values)).pipe(redact(r"sk-\d+"))
    assert "sk-1" not in out.model_dump_json()


def test_what_was_held_back_is_of_the_chunk_that_brought_it() -> None:
    chunks = [chunk("a ", id="1"), chunk("s", id="2"), chunk(id="3", usage={"total_tokens": 1})]
    held = list(rillm.of(*chunks).pipe(redact(r"sk-\d+")))[-1]
    assert (held.id, held.choices[0].delta.content) == ("2", "s")


def test_reasoning_may_be_left_alone() -> None:
    chunks = [chunk(reasoning="sk-1"), chunk("sk-1"), chunk(finish="stop")]
    [response] = rillm.of(*chunks).pipe(redact(r"sk-\d+", reasoning=False), rillm.accumulate())
    assert (response.choices[0].message.reasoning_content, response.choices[0].message.content) == ("sk-1", HIDDEN)


def test_each_choice_for_itself() -> None:
    texts = [("a sk", 0), ("b s", 1), ("-1 ", 0), ("-1 ", 1)]
    chunks = list(rillm.of(*(chunk(text, index=index) for text, index in texts)).pipe(redact(r"sk-\d+")))
    for index, out in enumerate([f"a {HIDDEN} ", "b s-1 "]):
        assert "".join(rillm.of(*chunks).pipe(rillm.choice(index), rillm.text())) == out


@both
def test_two_subscriptions_share_nothing(collect: Collect) -> None:
    stream = from_source(Script([chunk("a sk")], [chunk("-1 b")])).pipe(redact(r"sk-\d+"), rillm.text())
    pairs = zip(stream, stream, strict=True)
    assert ["".join(texts) for texts in zip(*pairs, strict=True)] == [f"a {HIDDEN} b"] * 2
    assert "".join(collect(stream)) == f"a {HIDDEN} b"


@both
def test_leaving_closes_the_source(collect: Collect) -> None:
    source = Script([chunk("a "), chunk("sk-1 ")], SILENCE)
    assert len(collect(from_source(source).pipe(redact(r"sk-\d+")).take(2))) == 2
    assert source.live == 0


def test_a_whole_answer_at_once() -> None:
    text = "Write to a@b.org. " * 1000
    assert said(redact(r"\b[\w.]+@[\w.]+\b"), [text]) == by_sub(r"\b[\w.]+@[\w.]+\b", text)
