"""What comes of a response body: chunks, a response, an error of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rillm
from rillm import ModelResponse, ModelResponseStream, RillmError
from rillm.streams.accumulator import Accumulator
from tests.kit.leaks import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence


@dataclass(frozen=True)
class Outcome:
    chunks: list[ModelResponseStream]
    error: RillmError | None = None

    @property
    def response(self) -> ModelResponse | None:
        """The whole response, or what had come before the error."""
        if self.error is not None:
            return self.error.partial
        if not self.chunks:
            return None
        accumulator = Accumulator()
        for chunk in self.chunks:
            accumulator.add(chunk)
        return accumulator.response()

    def comparable(self) -> tuple[Any, ...]:
        """All but `id` and `created`, which we make up where a provider gives none."""
        chunks = [chunk.model_dump(exclude={"id", "created"}) for chunk in self.chunks]
        partial = self.error.partial if self.error else None
        return (
            chunks,
            type(self.error),
            str(self.error),
            partial and partial.model_dump(exclude={"id", "created"}),
        )


def read(name: str, blocks: Sequence[bytes], **options: Any) -> Outcome:
    """Decode `blocks` by `for`. Only errors of ours are caught: any other fails the test."""
    chunks: list[ModelResponseStream] = []
    try:
        for chunk in rillm.decode(name, blocks, **options):
            chunks.append(chunk)  # noqa: PERF402 - `list` would lose the chunks before an error
    except RillmError as error:
        return Outcome(chunks, error)
    return Outcome(chunks)


def aread(name: str, blocks: Sequence[bytes], **options: Any) -> Outcome:
    """As `read`, by `async for` over an async iterator of blocks."""

    async def main() -> Outcome:
        chunks: list[ModelResponseStream] = []
        try:
            async for chunk in rillm.decode(name, arriving(blocks), **options):
                chunks.append(chunk)  # noqa: PERF401 - a comprehension would lose the chunks before an error
        except RillmError as error:
            return Outcome(chunks, error)
        return Outcome(chunks)

    return run(main())


async def arriving(blocks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block


def cut(body: bytes, lengths: Iterable[int]) -> list[bytes]:
    """`body` in blocks of these lengths, and the rest."""
    blocks: list[bytes] = []
    start = 0
    for length in lengths:
        blocks.append(body[start : start + length])
        start += length
    return [*blocks, body[start:]]


def assert_promises(outcome: Outcome) -> None:
    """What holds for every chunk of a default stream, whatever the provider sent."""
    chunks = outcome.chunks
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) <= 1
    assert all(chunk.id and chunk.created for chunk in chunks)
    assert all(isinstance(chunk.choices[0].delta.content or "", str) for chunk in chunks)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    for index in {choice.index for choice in choices}:
        of_index = [choice for choice in choices if choice.index == index]
        roles = [choice.delta.role for choice in of_index]
        assert roles[0]
        assert not any(roles[1:])
        reasons = [choice.finish_reason for choice in of_index]
        assert not any(reasons[:-1])
        assert bool(reasons[-1]) == (outcome.error is None)
