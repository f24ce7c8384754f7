"""What there is of each choice of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class ByIndex(dict[int, T]):
    """By the index of a choice; what is not there yet is made when it is asked for.

    >>> texts = ByIndex(lambda index: [f"choice {index}:"])
    >>> texts[1].append("Hi")
    >>> texts
    {1: ['choice 1:', 'Hi']}
    """

    def __init__(self, make: Callable[[int], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, index: int) -> T:
        made = self[index] = self._make(index)
        return made
