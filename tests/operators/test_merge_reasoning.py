from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm import merge_reasoning
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit.calls import MESSAGES
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[Any], list[Any]]

NAMES = {
    "empty": chunk("", reasoning=""),
    "blank": chunk(""),
    "yes+so": chunk("Yes", reasoning=" so"),
    "yes+hm": chunk("Yes", reasoning="Hm"),
    "hm+end": chunk(reasoning="Hm", finish="length"),
    "B1": chunk("B", index=1),
    "~1": chunk(reasoning="Hm", index=1),
    "end1": chunk(finish="stop", index=1),
}


@pytest.mark.parametrize(
    ("comes", "goes"),
    [
        ("-~Hm--------~_so--Yes---------.-=stop-|", "-<think>Hm--_so---</think>Yes-.-=stop-|"),
        ("-Yes-=stop-|", "-Yes-=stop-|"),
        ("-~Hm--------=stop----------|", "-<think>Hm--</think>=stop--|"),
        ("-empty-~Hm--------blank-Yes---------=stop|", "-blank-<think>Hm--blank-</think>Yes-=stop|"),
        (
            "-~Hm--------A----------~Hm--------B----------=stop|",
            "-<think>Hm--</think>A--<think>Hm--</think>B--=stop|",
        ),
        ("-~Hm--------yes+so-----------_sir-=stop|", "-<think>Hm--_so</think>Yes---_sir-=stop|"),
        ("-yes+hm----------------=stop|", "-<think>Hm</think>Yes--=stop|"),
        ("-hm+end------------------|", "-<think>Hm</think>=length|"),
        ("-~Hm--------B1-A----------=stop|", "-<think>Hm--B1-</think>A--=stop|"),
        ("-~Hm--------~1--------A---------end1-----------|", "-<think>Hm--<think>Hm-</think>A-</think>=stop--|"),
        ("-~Hm--------X", "-<think>Hm--X"),
        ("-~Hm--------|", "-<think>Hm--|"),
        ("-Yes--", "-Yes--"),
    ],
)
def test_marbles(comes: str, goes: str) -> None:
    played = play(merge_reasoning(), comes, values=NAMES)
    assert played.marbles == goes
    assert not any(hasattr(choice.delta, "reasoning_content") for one in played.items for choice in one.choices)


def test_what_came_is_not_touched() -> None:
    names = {name: one.model_copy(deep=True) for name, one in NAMES.items()}
    play(merge_reasoning(), "-empty-yes+so-yes+hm-hm+end-~1-end1-|", values=names)
    assert names == NAMES


def test_chunks_without_reasoning_are_not_copied() -> None:
    items = [chunk("a"), chunk("b"), chunk(finish="stop")]
    merged = list(rillm.of(*items).pipe(merge_reasoning()))
    assert [one is other for one, other in zip(merged, items, strict=True)] == [True] * 3


@both
def test_each_subscription_opens_its_own_tag(collect: Collect) -> None:
    script = Script([chunk(reasoning="Hm"), chunk("Yes")])
    texts = from_source(script).pipe(merge_reasoning(), rillm.text())
    assert collect(texts) == collect(texts) == ["<think>Hm", "</think>Yes"]
    unfinished = from_source(Script([chunk(reasoning="Hm")])).pipe(merge_reasoning(), rillm.text())
    assert collect(unfinished) == collect(unfinished) == ["<think>Hm"]


def test_leaving_lets_go_of_the_source() -> None:
    script = Script([chunk(reasoning="Hm")], SILENCE)
    for _ in from_source(script).pipe(merge_reasoning()):
        break
    assert (script.opened, script.live) == (1, 0)
    assert play(merge_reasoning(), "-a-b-c-|", leave=4).source == "^---!"


@pytest.mark.parametrize("stream", [False, True])
def test_as_a_parameter(*, stream: bool) -> None:
    answer = rillm.ModelResponse(choices=[{"message": {"content": "Yes", "reasoning_content": "Hm"}}])
    params: dict[str, Any] = {"mock_response": answer, "merge_reasoning_content_in_choices": True}
    if stream:
        text = "".join(rillm.completion("mock/x", MESSAGES, stream=True, **params).pipe(rillm.text()))
    else:
        text = rillm.completion("mock/x", MESSAGES, stream=False, **params).choices[0].message.content or ""
    assert text == "<think>Hm</think>Yes"
