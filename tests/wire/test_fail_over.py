"""Recorded streams that break anywhere, and what `continue_with` makes of them."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm import continue_with, is_retraction
from rillm.streams.errors import RillmError
from rillm.streams.pieces import changed
from rillm.streams.tidy import says_something
from rillm.testing import chunk, cut
from tests.kit.cuts import cut_at
from tests.wire.corpus import cases
from tests.wire.outcome import Outcome, assert_promises
from tests.wire.test_tables import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from rillm import ModelResponse, ModelResponseStream, Stream

    Chunks = list[ModelResponseStream]

BREAKS = 500
WORDS = re.compile(r"(?=.*[^\W_])..+", re.DOTALL)  # two characters, and a letter or digit among them


@cache
def recorded() -> list[Chunks]:
    """Those of our tables that are answers, and those of the corpus where there is one."""
    bodies = [(table.format, table.bodies[name]) for table in TABLES for name in table.answers]
    bodies += [(case.format, case.body) for case in cases()]
    return [chunks for format_, body in bodies if len(chunks := decoded(format_, body)) > 1]


def decoded(format_: str, body: bytes) -> Chunks:
    """Its chunks; none of one that is a failure, too deep or too large."""
    if len(body) > 200_000:
        return []
    try:
        return list(rillm.decode(format_, [body]))
    except RillmError:
        return []


def text_of(chunks: Chunks) -> str:
    return "".join(choice.delta.content or "" for one in chunks for choice in one.choices if not choice.index)


def is_plain(chunks: Chunks) -> bool:
    """Whether text has come, and nothing that only its own model could go on with."""
    choices = [choice for one in chunks for choice in one.choices]
    calls = [choice for choice in choices if choice.index or choice.delta.tool_calls or choice.delta.function_call]
    text = text_of(chunks).strip()
    return bool(text) and not calls and text[0] not in "{["


class Backup:
    """Another model that knows the answer. It goes on where that broke, or some words before, or from its beginning."""

    def __init__(self, chunks: Chunks, at: int, random: Random) -> None:
        self.chunks = [changed(one, {"id": "other", "model": "other"}) for one in chunks]
        self.at = at
        self.said = text_of(chunks[:at])
        begins = [0, *(match.end() for match in re.finditer(r"\s(?=\S)", self.said))]
        again = [words for start in begins[:1] + begins[-20:] if WORDS.match(words := self.said[start:])]
        self.again = random.choice(["", *again])
        self.pieces = cut_at(self.again, [random.randrange(len(self.said) + 1) for _ in range(random.randrange(9))])
        self.asked: list[str] = []

    def __call__(self, partial: ModelResponse) -> Stream[ModelResponseStream]:
        self.asked.append(partial.choices[0].message.content or "")
        if not self.asked[-1]:
            return rillm.of(*self.chunks)
        role = {"role": "assistant"}
        return rillm.of(*(chunk(piece, delta=role, id="other") for piece in self.pieces), *self.chunks[self.at :])


def accumulated(chunks: Chunks) -> list[Any]:
    """The choices that come of it, without what is made up for each audio."""
    (response,) = rillm.of(*chunks).pipe(rillm.accumulate())
    return [choice.model_dump(exclude={"message": {"audio": {"id", "expires_at"}}}) for choice in response.choices]


class Break:
    """A recorded stream that breaks after some of its chunks, and the model that stands in for it."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)  # noqa: S311 - no secret
        self.chunks = random.choice(recorded())
        self.at = random.randrange(len(self.chunks) + 1)
        self.backup = Backup(self.chunks, self.at, random)

    @property
    def kind(self) -> str:
        came = self.chunks[: self.at]
        if not any(map(says_something, came)):
            return "nothing was said"
        if came == self.chunks:
            return "it was whole"
        return "a text broke" if is_plain(came) else "something else broke"


@pytest.mark.parametrize("seed", range(BREAKS))
def test_break(seed: int, tmp_path: Path) -> None:
    """No gap and nothing twice; where nobody can go on, the whole answer of the other model, and nothing else."""
    one = Break(seed)
    recording = tmp_path / "answer.jsonl"
    broken = rillm.of(*one.chunks).pipe(cut(after=one.at))
    came = list(broken.pipe(continue_with(one.backup), rillm.record(recording)))
    retractions = [number for number, chunk in enumerate(came) if is_retraction(chunk)]
    shown = came[retractions[-1] + 1 :] if retractions else came
    assert accumulated(came) == accumulated(shown) == accumulated(one.chunks)
    assert accumulated(list(rillm.replay(recording, speed=None))) == accumulated(one.chunks)
    assert_promises(Outcome(shown))
    asked, whose, is_retracted = {
        "nothing was said": ([""], "other", False),
        "a text broke": ([one.backup.said], one.chunks[0].id, False),
        "something else broke": ([""], "other", True),
        "it was whole": ([], one.chunks[0].id, False),
    }[one.kind]
    assert one.backup.asked == asked
    assert {chunk.id for chunk in shown} == {whose}
    assert bool(retractions) == is_retracted


def test_all_kinds_are_among_them() -> None:
    kinds = Counter(Break(seed).kind for seed in range(BREAKS))
    assert len(kinds) == 4
    assert kinds["a text broke"] > 100
    assert kinds["something else broke"] > 50
