"""How much one of several sources may push before the others have their turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

T = TypeVar("T")
TURN: Final = 16  # items: one read of a flood brings a thousand, which take 20 ms and more


def turns(block: Sequence[T]) -> list[Sequence[T]]:
    """A block in pieces of at most one turn."""
    return [block[start : start + TURN] for start in range(0, len(block), TURN)]


def in_turns(blocks: Iterable[Sequence[T]]) -> Generator[Sequence[T]]:
    """All blocks in pieces of at most one turn."""
    for block in blocks:
        yield from turns(block)
