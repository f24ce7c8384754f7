"""`split_thinking`: what is thought and what is said, however the text is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillm
from rillm import merge_reasoning, split_thinking
from rillm.operators.split_thinking import TAGS, Tags, Thinking
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit.cuts import cut_everywhere, cuttings, most_remembered, of_texts
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rillm import ModelResponseStream

    Collect = Callable[[Any], list[Any]]

IMPLICIT = {"implicit": True}
ODD = {"tags": [("◁think▷", "◁/think▷"), ("<|channel|>analysis<|message|>", "<|end|>")]}


def both_texts(chunks: Iterable[ModelResponseStream], index: int = 0) -> tuple[str, str]:
    """What was thought and what was said."""
    deltas = [choice.delta for one in chunks for choice in one.choices if choice.index == index]
    thoughts = [delta.get("reasoning_content") or "" for delta in deltas]
    return "".join(thoughts), "".join(delta.content or "" for delta in deltas)


def split(pieces: Sequence[str], **options: Any) -> tuple[str, str]:
    return both_texts(of_texts(pieces).pipe(split_thinking(**options)))


@pytest.mark.parametrize(
    ("text", "options", "thought", "said"),
    [
        ("Yes", {}, "", "Yes"),
        ("<think>Hm</think>Yes", {}, "Hm", "Yes"),
        ("<think></think>Yes", {}, "", "Yes"),
        ("<think>Hm</think>", {}, "Hm", ""),
        ("<thinking>Hm</thinking>Yes", {}, "Hm", "Yes"),
        ("<reasoning>Hm</reasoning><thought>so</thought>Yes", {}, "Hmso", "Yes"),
        # All but the tags stays as it is.
        ("<think>\nHm\n</think>\n\nYes\n", {}, "\nHm\n", "\n\nYes\n"),
        ("\n <think>Hm</think> Yes", {}, "Hm", "\n  Yes"),
        # An unclosed thought lasts to the end, and to the closing tag of its own name.
        ("<think>Hm", {}, "Hm", ""),
        ("<think>Hm</thinking>a</thin", {}, "Hm</thinking>a</thin", ""),
        ("<think>Hm<think>a</think>b</think>c", {}, "Hm<think>a", "b</think>c"),
        # What is not a tag.
        ("<thin", {}, "", "<thin"),
        ("<<think>", {}, "", "<<think>"),
        ("< think>Hm</ think>", {}, "", "< think>Hm</ think>"),
        ("<THINK>Hm</THINK>", {}, "", "<THINK>Hm</THINK>"),
        ("a</think>b", {}, "", "a</think>b"),
        # A tag counts where a line begins, and behind another thought.
        ("One\n<think>Hm</think>\nTwo", {}, "Hm", "One\n\nTwo"),
        ("One\r\n \t<think>Hm</think>Two", {}, "Hm", "One\r\n \tTwo"),
        ("<think>Hm</think>One\n<think>so</think>Two", {}, "Hmso", "One\nTwo"),
        ("<think>Hm</think> <think>so</think>Two", {}, "Hmso", " Two"),
        ("The tag <think> opens, `</think>` closes.", {}, "", "The tag <think> opens, `</think>` closes."),
        ("`<think>` opens", {}, "", "`<think>` opens"),
        ("> <think>", {}, "", "> <think>"),
        # Nor does one in a fenced block of code.
        ("```\n<think>Hm</think>\n```\n<think>so</think>Yes", {}, "so", "```\n<think>Hm</think>\n```\nYes"),
        ("~~~xml\n```\n<think>\n~~~\n<think>Hm", {}, "Hm", "~~~xml\n```\n<think>\n~~~\n"),
        ("a ```\n<think>Hm", {}, "Hm", "a ```\n"),
        ("``\n<think>Hm", {}, "Hm", "``\n"),
        ("<think>```\n</think>Yes", {}, "```\n", "Yes"),
        ("<think>Hm</think>```\n<think>", {}, "Hm", "```\n<think>"),
        # The answer begins inside a thought.
        ("Hm</think>Yes", IMPLICIT, "Hm", "Yes"),
        ("Hm</thinking>Yes", IMPLICIT, "Hm", "Yes"),
        ("</think>Yes", IMPLICIT, "", "Yes"),
        ("Hm", IMPLICIT, "Hm", ""),
        ("<think>Hm</think>Yes", IMPLICIT, "Hm", "Yes"),
        ("\n <think>Hm</think>Yes", IMPLICIT, "\n Hm", "Yes"),
        ("<thinking>Hm</think></thinking>Yes", IMPLICIT, "Hm</think>", "Yes"),
        ("Hm<think>so</think>Yes", IMPLICIT, "Hm<think>so", "Yes"),
        ("Hm</think>Yes\n<think>so</think>.", IMPLICIT, "Hmso", "Yes\n."),
        (" \n", IMPLICIT, " \n", ""),
        ("<thi", IMPLICIT, "<thi", ""),
        # Other tags.
        ("◁think▷Hm◁/think▷Yes", ODD, "Hm", "Yes"),
        ("<|channel|>analysis<|message|>Hm<|end|>Yes", ODD, "Hm", "Yes"),
        ("<think>Hm</think>Yes", ODD, "", "<think>Hm</think>Yes"),
        ("<a>Hm</a>Yes", {"tags": "a"}, "Hm", "Yes"),
        ("<a.*>Hm</a.*>Yes", {"tags": ["a.*"]}, "Hm", "Yes"),
        ("[ab]Hm]Yes", {"tags": [("[a", "x"), ("[ab]", "]")]}, "Hm", "Yes"),
        ("[aHm]x]Yes", {"tags": [("[a", "x"), ("[ab]", "]")]}, "Hm]", "]Yes"),
    ],
)
def test_every_cut(text: str, options: dict[str, Any], thought: str, said: str) -> None:
    assert {split(pieces, **options) for pieces in cut_everywhere(text)} == {(thought, said)}


PARTS = ["<think>", "</think>", "<thinking>", "</thinking>", "\n", "```", "~~~", "`", " ", "a", "<", "<think", "</"]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=10).map("".join)


@given(st.data(), TEXTS, st.booleans())
def test_the_cut_does_not_matter(data: st.DataObject, text: str, implicit: bool) -> None:  # noqa: FBT001 - given
    assert split(data.draw(cuttings(text)), implicit=implicit) == split([text], implicit=implicit)


PLAIN = st.text("ab <>/\n`~", min_size=1, max_size=6)


@given(st.lists(PLAIN, max_size=4), st.lists(PLAIN, max_size=4))
def test_what_was_merged_is_split(thoughts: list[str], contents: list[str]) -> None:
    chunks = [chunk(reasoning=one) for one in thoughts] + [chunk(one) for one in contents] + [chunk(finish="stop")]
    parts = "".join(thoughts), "".join(contents)
    copies = [one.model_copy(deep=True) for one in chunks]
    assert both_texts(rillm.of(*copies).pipe(merge_reasoning(), split_thinking())) == parts


@given(st.data(), st.lists(st.tuples(PLAIN, st.text("ab <>/\n", min_size=1, max_size=6)), max_size=4))
def test_what_was_merged_in_turns_is_split(data: st.DataObject, turns: list[tuple[str, str]]) -> None:
    """Wherever a line ends before the model thinks again, and no block of code is open."""
    pairs = [(chunk(reasoning=thought), chunk(said + "\n")) for thought, said in turns]
    chunks = [one for pair in pairs for one in pair]
    parts = both_texts(chunks)
    merged = "".join(rillm.of(*chunks, chunk(finish="stop")).pipe(merge_reasoning(), rillm.text()))
    assert split(data.draw(cuttings(merged))) == parts


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Thoughts are streamed; only what may become a tag is held back.
        ("-<th-ink>H-m-</-think>Y-es-=stop-|", "-----~H----~m---Y-------es-=stop-|"),
        ("-<think>--a<--b---</think>c-|", "----------~a--~<b-c---------|"),
        ("-a↵-<th---b----|", "-a↵-------<thb-|"),
        ("-<th------=stop-------|", "----------(<th,=stop)-|"),
        ("-<think>H</------=stop-------|", "-~H--------------(~</,=stop)-|"),
        ("-<think>Hm</think>Yes-|", "-(~Hm,Yes)------------|"),
        ("-<th---|", "-------(<th,|)"),
        ("-<th---X", "-------(<th,X)"),
        ("-<think>Hm</th--X", "-~Hm------------(~</th,X)"),
        # What came as a thought stays one, where it was.
        ("-~Hm--Yes-=stop-|", "-~Hm--Yes-=stop-|"),
        ("-~Hm--<think>so</think>Yes-|", "-~Hm--(~so,Yes)------------|"),
    ],
)
def test_marbles(before: str, after: str) -> None:
    assert play(split_thinking(), before).marbles == after


def test_what_has_no_tags_is_not_touched() -> None:
    texts = ["One", " ", "two\n", "  ", "three", "\n", "``", "`py\n", "<", "```", "", "\n\n", "`", "b\nc\n", " d"]
    call = {"index": 0, "function": {"name": "f", "arguments": "<think>"}}
    chunks = [
        chunk(delta={"role": "assistant", "content": ""}),
        *map(chunk, texts),
        chunk(tool_calls=[call]),
        chunk(finish="stop"),
        chunk(usage={"total_tokens": 1}),
    ]
    assert [id(one) for one in rillm.of(*chunks).pipe(split_thinking())] == [id(one) for one in chunks]


def test_what_came_is_not_changed() -> None:
    chunks = [chunk("<think>Hm</think>Yes", delta={"role": "assistant"}), chunk("<", finish="stop")]
    copies = [one.model_copy(deep=True) for one in chunks]
    assert len(list(rillm.of(*copies).pipe(split_thinking()))) == 3
    assert copies == chunks


def test_a_chunk_with_more_than_text() -> None:
    """Its other fields come once; a thought of its own stays before those that stand in the content."""
    delta = {"role": "assistant", "content": "<think>so</think>Yes", "reasoning_content": "Hm"}
    out = list(rillm.of(chunk(delta=delta, usage={"total_tokens": 1})).pipe(split_thinking()))
    assert [both_texts([one]) for one in out] == [("Hm", ""), ("so", ""), ("", "Yes")]
    assert [one.choices[0].delta.role for one in out] == ["assistant", None, None]
    assert ["usage" in one for one in out] == [True, False, False]


def test_a_thought_takes_the_place_of_its_text() -> None:
    out = list(rillm.of(chunk(delta={"role": "assistant", "content": "<think>Hm"})).pipe(split_thinking()))
    [delta] = [one.choices[0].delta for one in out]
    assert (delta.role, delta.content, type(delta.reasoning_content), delta.reasoning_content) == (
        "assistant",
        None,
        str,
        "Hm",
    )


def test_each_choice_for_itself() -> None:
    texts = [("<thi", 0), ("<th", 1), ("nk>a", 0), ("at", 1), ("</think>b", 0), ("\n<think>c", 1)]
    out = list(rillm.of(*(chunk(text, index=index) for text, index in texts)).pipe(split_thinking()))
    assert [both_texts(out, index) for index in (0, 1)] == [("a", "b"), ("c", "<that\n")]


@both
def test_two_subscriptions_share_nothing(collect: Collect) -> None:
    chunks = map(chunk, ["<thi", "nk>Hm", "</think>Yes"])
    stream = from_source(Script(*([one] for one in chunks))).pipe(split_thinking())
    assert [both_texts(one) for one in zip(*zip(stream, stream, strict=True), strict=True)] == [("Hm", "Yes")] * 2
    assert both_texts(collect(stream)) == ("Hm", "Yes")


@both
def test_leaving_closes_the_source(collect: Collect) -> None:
    source = Script([chunk("<think>Hm")], SILENCE)
    assert both_texts(collect(from_source(source).pipe(split_thinking()).take(1))) == ("Hm", "")
    assert source.live == 0


@pytest.mark.parametrize("unit", ["a", "a\n", " ", "`", "<", "<think", "\n<think>", "<think>a</think>\n"])
def test_what_it_remembers_is_bounded(unit: str) -> None:
    assert most_remembered(Thinking(Tags(TAGS), implicit=False), [unit] * 500) < 40


@pytest.mark.parametrize("tags", [[], [""], [("", "b")], [("a", "")], [("a",)], [("a", "b", "c")], [1], [None], ""])
def test_no_tags(tags: Any) -> None:
    with pytest.raises(rillm.BadRequestError, match="tag"):
        split_thinking(tags)
