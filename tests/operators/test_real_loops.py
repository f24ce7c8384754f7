"""A real model that loses its way, at temperature 0: on one token, and on a cycle of several."""

from __future__ import annotations

import threading
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm import loop_guard, repeat_guard
from rillm.providers.local_model import model_file
from tests.kit.leaks import wait_until
from tests.kit.sources import both

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import Operator, Stream

    Chunk = rillm.ModelResponseStream
    Collect = Callable[[Any], list[Any]]

ONE = "The house was very very very very very very very very very very"
SEVERAL = "Write the letter A again and again without stopping."  # it says " A" and "," in turns
MOST = 1000  # tokens: far more than a guard takes


@pytest.fixture(scope="module", autouse=True)
def _smollm2() -> None:
    """The small model, fetched into the folder where users have it too."""
    pytest.importorskip("xllamacpp", reason="xllamacpp has no wheel for this platform")
    model_file("smollm2")


def asked(prompt: str, *pipeline: Operator[Chunk, Chunk], most: int = MOST) -> Stream[Chunk]:
    messages = [{"role": "user", "content": prompt}]
    return rillm.stream("local/smollm2", messages, temperature=0, max_tokens=most, pipeline=pipeline)


def generating() -> bool:
    return any(thread.name == "rillm-local" for thread in threading.enumerate())


def longest_row(chunks: list[Chunk]) -> int:
    """How often the same text comes in a row."""
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content]
    return max(len(list(row)) for _, row in groupby(texts))


# A prompt, what catches the loop, and what the model has said by then.
LOOPS: dict[str, tuple[str, Operator[Chunk, Chunk], str]] = {
    "one token, by repeat_guard": (ONE, repeat_guard(20), " very" * 20),
    "one token": (ONE, loop_guard(least=200), "very" * 50),
    "several tokens": (SEVERAL, loop_guard(least=200), " A," * 50),
}


@both
@pytest.mark.parametrize(("prompt", "guard", "said"), LOOPS.values(), ids=LOOPS)
def test_a_loop_is_caught(collect: Collect, prompt: str, guard: Operator[Chunk, Chunk], said: str) -> None:
    with pytest.raises(rillm.RepeatedChunkError) as raised:
        collect(asked(prompt, guard))
    assert wait_until(lambda: not generating()), "the model goes on"
    partial = raised.value.partial
    assert partial is not None
    assert said in (partial.choices[0].message.content or "")
    assert partial.choices[0].finish_reason is None
    assert partial.usage.completion_tokens < MOST / 2


def test_repeat_guard_does_not_see_a_cycle() -> None:
    chunks = list(asked(SEVERAL, repeat_guard(5), most=150))
    assert chunks[-1].choices[0].finish_reason == "length"
    assert longest_row(chunks) <= 5


def test_another_answer_takes_its_place() -> None:
    def again(_: rillm.RepeatedChunkError) -> Stream[Chunk]:
        return asked("Say hello.", most=20)

    chunks = list(asked(ONE, loop_guard(least=200, then=again)))
    assert any(map(rillm.is_retraction, chunks))
    response = rillm.stream_chunk_builder(chunks)
    assert response is not None
    assert "hello" in (response.choices[0].message.content or "").lower()
    assert "very" not in (response.choices[0].message.content or "")
