"""A model that is slow, that breaks off, or whose listener has crashed: another one goes on."""

from __future__ import annotations

from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from docs.cookbook import fail_over, hedged_chat, resumable_recording
from rillm.testing import answer, cut, scripted, stall
from tests.kit import anthropic, wire
from tests.kit.leaks import run
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import acollect, both

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rillm.testing import ScriptedCall
    from tests.kit.server import Server

    Collect = Callable[[Any], list[Any]]

HI = [{"role": "user", "content": "Hi"}]

# Hedged chat


@both
def test_the_loser_is_closed_at_the_first_word_of_the_winner(collect: Collect) -> None:
    chat = hedged_chat.Chat(patience=0.01)
    silent = answer("Late.").pipe(stall(after=0))
    with scripted("openai/*", silent) as losers, scripted("anthropic/*", "In the sea.") as winners:
        open_calls: list[list[bool]] = []
        words = chat.ask("Where do rivers end?").pipe(rillm.text())
        collect(words.do_action(lambda _: open_calls.append([call.is_open for call in [*losers, *winners]])))
    assert open_calls[0] == [False, True]
    assert chat.messages[1].content == "In the sea."


def test_nobody_else_is_asked_while_the_first_is_quick() -> None:
    with scripted("openai/*", "High up."), scripted("anthropic/*"):
        assert "".join(hedged_chat.Chat().ask("Where?").pipe(rillm.text())) == "High up."


def test_the_history_has_what_was_heard() -> None:
    """Also of an answer that was left in the middle, and of none."""
    chat = hedged_chat.Chat()
    with scripted("openai/*", "High up, in the snow.", rillm.BadRequestError("No."), "In the sea.") as calls:
        for piece in chat.ask("Where do they begin?").pipe(rillm.text()):
            if "," in piece:
                break
        chat.patience = 0
        with pytest.raises(rillm.BadRequestError), scripted("anthropic/*", rillm.BadRequestError("No.")):
            list(chat.ask("What?"))
        chat.patience = 1
        list(chat.ask("Where do they end?"))
    said = [(message["role"], message["content"]) for message in calls[-1].messages]
    assert said == [
        ("user", "Where do they begin?"), ("assistant", "High up,"), ("user", "What?"), ("user", "Where do they end?"),
    ]  # fmt: skip


# Fail-over

SNOW = "High up, in the snow of the mountains."


def heard(call: ScriptedCall) -> str:
    """The last two words of what had come again, and the rest."""
    begun = call.messages[-1]["content"] if call.messages[-1]["role"] == "assistant" else ""
    return SNOW.removeprefix(" ".join(begun.split(" ")[:-2])).lstrip()


@both
@pytest.mark.parametrize("after", range(0, len(SNOW) + 1, 3))
def test_wherever_it_breaks_the_browser_hears_it_once(collect: Collect, after: int) -> None:
    """Nothing is missing, nothing comes twice, and it is one answer."""
    broken = answer(SNOW, pieces="character").pipe(cut(after=after))
    with scripted("openai/*", rest=broken), scripted("anthropic/*", heard):
        frames = rillm.from_iterable(collect(fail_over.body(HI)))
    chunks = list(frames.pipe(rillm.from_sse()))
    assert "".join(one.choices[0].delta.content or "" for one in chunks) == SNOW
    assert len({one.id for one in chunks}) == 1
    assert [one.choices[0].finish_reason for one in chunks].count("stop") == 1


@pytest.mark.usefixtures("no_garbage_collection")
def test_a_connection_that_breaks(models: Server) -> None:
    models.play(
        script(wire.frame("High up"), wire.frame(", in"), wire.frame(" the")[:20], Do.CUT),
        script(anthropic.answer(" the snow.")),
    )
    frames = acollect(fail_over.body(HI))
    assert "".join(rillm.from_iterable(frames).pipe(rillm.from_sse(), rillm.text())) == "High up, in the snow."
    begun = models.exchange(1).request.json["messages"][-1]
    assert (begun["role"], "High up, in" in str(begun["content"])) == ("assistant", True)


@pytest.mark.usefixtures("no_garbage_collection")
def test_a_browser_that_leaves_closes_whoever_is_talking(models: Server) -> None:
    models.play(script(wire.frame("High up"), Do.CUT), script(anthropic.start() + anthropic.text(" in"), Do.STALL))

    async def main() -> float:
        async for frame in fail_over.body(HI):
            if b" in" in frame:
                break
        return monotonic()

    left = run(main())
    assert models.exchange(1).seconds_to_leave(left) < AT_ONCE


# Resumable recording

STORY = "Down to the sea."


def go_on(call: ScriptedCall) -> str:
    return STORY.removeprefix(call.messages[-1]["content"] if len(call.messages) > 1 else "")


def told(folder: Path) -> str:
    return "".join(resumable_recording.story(folder).pipe(rillm.text()))


@pytest.fixture
def recorded(tmp_path: Path) -> bytes:
    """The recording of a whole story, which is removed."""
    with scripted("anthropic/*", go_on):
        assert told(tmp_path) == STORY
    (tmp_path / "0.jsonl").unlink()
    recording = tmp_path / "1.jsonl"
    data = recording.read_bytes()
    recording.unlink()
    return data


def test_a_recording_that_is_cut_at_any_byte(recorded: bytes, tmp_path: Path) -> None:
    is_said = recorded.index(b"\n", recorded.index(b'"finish_reason":"stop"'))
    for size in range(0, len(recorded), 7):
        folder = tmp_path / str(size)
        folder.mkdir()
        (folder / "1.jsonl").write_bytes(recorded[:size])
        with scripted("anthropic/*", rest=go_on) as calls:
            assert told(folder) == STORY
            assert told(folder) == STORY  # which was recorded whole
        assert len(calls) == (size < is_said)


def test_run_after_run_crashes(tmp_path: Path) -> None:
    """Each gets a word further, and none is paid for again."""
    with scripted("anthropic/*", rest=go_on) as calls:
        for words in range(1, len(STORY.split()) + 1):
            pieces = resumable_recording.story(tmp_path).pipe(rillm.text())
            for number, _ in zip(count(1), pieces, strict=False):
                if number == words:
                    break
        assert told(tmp_path) == STORY
    begun = [call.messages[-1]["content"] if len(call.messages) > 1 else "" for call in calls]
    assert begun == ["", "Down", "Down to", "Down to the", "Down to the sea."]


def test_a_crash_in_the_middle_of_the_replay_loses_nothing(recorded: bytes, tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_bytes(recorded)
    for _ in resumable_recording.story(tmp_path).pipe(rillm.text()):
        break
    with scripted("anthropic/*"):
        assert told(tmp_path) == STORY
