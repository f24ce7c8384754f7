"""The elements of an array in JSON that comes in pieces: each as text, when it closes. Nothing else is kept."""

from __future__ import annotations

from typing import Final

from rillm.streams.json_grammar import ARRAY, OBJECT, NotJsonError
from rillm.streams.json_scanner import JsonScanner, Visitor

EVERY: Final = "*"
MOST_NAMES: Final = 20  # that are kept for an error


class ElementTexts:
    """Cuts out the elements of the arrays at a path.

    Args:
        steps: the names of members, and the places in arrays, that lead there; `*` is each of them.

    Attributes:
        broken: why this is no JSON, when that is so.
        held: the pieces of the element that is open, as far as they came earlier.
    """

    def __init__(self, steps: list[str]) -> None:
        self.broken: NotJsonError | None = None
        self._finder = _Finder(steps)
        self._scanner = JsonScanner(self._finder, opening_of(steps))
        self._fed = 0  # characters, in earlier pieces
        self.held: list[str] = []

    @property
    def has_begun(self) -> bool:
        return self._scanner.has_begun

    @property
    def is_cut_off(self) -> bool:
        """Whether there would be more elements, were there more of the text, or might be."""
        finder = self._finder
        is_through = finder.is_found and not finder.is_inside and EVERY not in finder.steps
        return self.has_begun and not self._scanner.is_complete and not is_through

    @property
    def missing(self) -> str:
        """What there is instead of an array; "" if there was one."""
        return "" if self._finder.is_found else self._finder.surroundings()

    def feed(self, piece: str) -> list[str]:
        """The elements that close in this piece; `broken` may be set after it."""
        finder = self._finder
        finder.closed.clear()
        try:
            self._scanner.feed(piece)
        except NotJsonError as error:
            self.broken = error
        texts: list[str] = []
        for start, end in finder.closed:
            self.held.append(piece[max(0, start - self._fed) : end - self._fed])
            texts.append("".join(self.held))
            self.held.clear()
        if finder.start >= 0:
            self.held.append(piece[max(0, finder.start - self._fed) :])
        self._fed += len(piece)
        return texts


def opening_of(steps: list[str]) -> str:
    """How the outermost value may begin."""
    if steps[:1] == [EVERY]:
        return OBJECT + ARRAY
    return OBJECT if steps and not steps[0].isdigit() else ARRAY


class _Finder(Visitor):
    """Looks into what is on the path, and notes where the elements are.

    Attributes:
        is_found: whether an array was there.
        closed: where elements begin and end that have closed.
        start: where the one begins that is open; -1 if none is.
    """

    def __init__(self, steps: list[str]) -> None:
        self.steps = steps
        self.is_found = False
        self.closed: list[tuple[int, int]] = []
        self.start = -1
        self._keys: list[str | int] = []  # of the child at hand, in each value that is looked into, from the outside
        self._is_leaf = False
        self._farthest = 0  # as many values as were ever looked into
        self._names: list[str] = []  # of members there

    @property
    def is_inside(self) -> bool:
        """Whether what comes next is an element."""
        return len(self._keys) > len(self.steps)

    def begin(self, kind: str, at: int) -> bool:
        if self.is_inside:
            self.start = at
        elif self._is_on_path(kind):
            self._keys.append(0 if kind == ARRAY else "")
            self.is_found = self.is_found or self.is_inside
            if len(self._keys) > self._farthest:
                self._farthest = len(self._keys)
                self._names.clear()
            return True
        self._is_leaf = True
        return False

    def name(self, name: str) -> None:
        self._keys[-1] = name
        if len(self._keys) == self._farthest and len(self._names) < MOST_NAMES and name not in self._names:
            self._names.append(name)

    def end(self, at: int) -> None:
        if not self._is_leaf:
            self._keys.pop()
        elif self.start >= 0:
            self.closed.append((self.start, at))
            self.start = -1
        self._is_leaf = False
        if self._keys and isinstance(self._keys[-1], int):
            self._keys[-1] += 1

    def surroundings(self) -> str:
        """Where the path ends, and what is there."""
        path = ".".join(self.steps[: self._farthest - 1])
        return f"{path or 'the outermost value'} has {', '.join(self._names) or 'no members'}"

    def _is_on_path(self, kind: str) -> bool:
        level = len(self._keys)
        is_step = level == 0 or self.steps[level - 1] in {EVERY, str(self._keys[-1])}
        return is_step and (kind == ARRAY or (kind == OBJECT and level < len(self.steps)))
