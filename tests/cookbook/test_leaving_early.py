"""Who has heard enough hangs up: after the fifth item, and at the objection of a judge."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from docs.cookbook import first_five, judge
from rillm.testing import answer, scripted, stall
from tests.kit import wire
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import both

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import Stream
    from rillm.testing import ScriptedCall
    from tests.kit.server import Server

    Collect = Callable[[Any], list[Any]]

PERSON = '{"name": "Ada", "known_for": "the first program"}'


@pytest.mark.usefixtures("no_garbage_collection")
def test_the_connection_is_closed_after_the_fifth(models: Server, capsys: pytest.CaptureFixture[str]) -> None:
    models.play(script(wire.frame('{"people": ['), *[wire.frame(PERSON + ",")] * 4, wire.frame(PERSON), Do.STALL))
    people = list(first_five.first_five("A text"))
    left = monotonic()
    assert models.exchange().seconds_to_leave(left) < AT_ONCE
    assert [person.name for person in people] == ["Ada"] * 5
    assert capsys.readouterr().out.startswith("Hung up behind")


def test_four_are_all_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted("openai/*", f'{{"people": [{", ".join([PERSON] * 4)}]}}') as calls:
        assert len(list(first_five.first_five("A text"))) == 4
    assert [call.is_open for call in calls] == [False]
    assert capsys.readouterr().out == ""


# The judge

GOOD = "We have three funds. "
BAD = "The third one will double your money. "


def objecting(call: ScriptedCall) -> str:
    return "no promises" if BAD.strip() in call.messages[-1]["content"] else "OK"


def read(collect: Collect, talk: Stream[Any], judged: Any = objecting) -> tuple[str, list[bool]]:
    """What the customer has seen of a talk that is stopped, and whether the calls of chatbot and judge are open."""
    seen: list[str] = []
    with (
        scripted("openai/gpt-4o", talk) as chatbot,
        scripted("openai/gpt-4.1-nano", rest=judged) as judges,
        pytest.raises(rillm.ContentPolicyViolationError, match="no promises") as caught,
    ):
        collect(judge.reply("Where should I put my money?").do_action(seen.append))
    partial = caught.value.partial
    assert (partial.choices[0].message.content if partial else "") == "".join(seen)
    return "".join(seen), [call.is_open for call in [*chatbot, *judges]]


@both
def test_the_chatbot_is_stopped_though_it_is_silent(collect: Collect) -> None:
    talk = answer(GOOD * 4 + BAD + "You", pieces=len(GOOD)).pipe(stall(after=7))
    seen, are_open = read(collect, talk)
    assert seen == GOOD * 3  # 60 characters before the end of what was said
    assert are_open == [False] * 6


@both
def test_the_objection_counts_though_an_earlier_sentence_is_still_judged(collect: Collect) -> None:
    """And whoever judges it is closed, too."""

    def slow_for_the_good(call: ScriptedCall) -> Any:
        return objecting(call) if BAD.strip() in call.messages[-1]["content"] else answer("OK").pipe(stall(after=0))

    talk = answer(GOOD + BAD + "You").pipe(stall(after=12))
    seen, are_open = read(collect, talk, slow_for_the_good)
    assert seen == "We"
    assert are_open == [False] * 3


def test_what_nobody_objects_to_passes_whole() -> None:
    with scripted("openai/gpt-4o", GOOD * 5), scripted("openai/gpt-4.1-nano", rest="OK") as judges:
        assert "".join(judge.reply("What do you have?")) == GOOD * 5
    assert len(judges) == 5
