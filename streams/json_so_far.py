"""JSON that is still being written, as far as it has come, at any moment.

It grows at its end alone. So all that has to be noted of a moment is the innermost object or array that was open, how
many of its children had closed, and how far the text went: those around it have closed no more than stood before it.
What has closed is a place in the text, until somebody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rillm.streams.json_grammar import ARRAY, OBJECT, STRING, NotJsonError
from rillm.streams.json_open_text import OpenText
from rillm.streams.json_scanner import JsonScanner, Visitor
from rillm.streams.long_text import LongText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rillm.streams.json_openings import Opening

DEEPEST: Final = 100  # objects and arrays within each other: pydantic reads 200, and the stack has room for this many


class JsonSoFar:
    """Follows JSON that comes in pieces.

    Args:
        opening: the brackets with which it may begin.

    Attributes:
        text: all that has come, until the JSON was complete.
    """

    def __init__(self, opening: str = OBJECT + ARRAY) -> None:
        self.text = LongText()
        self._tree = _Tree()
        self._scanner = JsonScanner(self._tree, opening)

    @property
    def has_begun(self) -> bool:
        return self._scanner.has_begun

    @property
    def is_complete(self) -> bool:
        return self._scanner.is_complete

    def feed(self, piece: str) -> Moment | None:
        """Read on, and return the moment after it if there is anything new to be seen.

        Raises:
            NotJsonError: this is no JSON, or nested too deeply.
        """
        if self._scanner.is_complete:
            return None
        tree, text = self._tree, self.text
        tree.has_changed = tree.open_text is not None
        text.add(piece)
        self._scanner.feed(piece)
        if not tree.has_changed:
            return None
        innermost = tree.innermost
        return Moment(text, len(text), innermost, len(innermost.ends), tree.next_name, tree.open_text)

    def whole(self) -> str:
        """The JSON, when it is complete."""
        return self.text.part(self._tree.innermost.start, self._scanner.end)


class Moment(NamedTuple):
    """What is noted of a moment; `name` is the one that came last in the innermost object."""

    text: LongText
    end: int
    innermost: Container
    closed: int
    name: str
    open_text: OpenText | None

    def around(self) -> Iterator[tuple[Container, int, Any]]:
        """What is open, from the inside, with the number of its children that have closed and the key of the next."""
        container: Container | None = self.innermost
        closed, name = self.closed, self.name
        while container:
            yield container, closed, name if container.kind == OBJECT else closed
            closed, name, container = container.place, container.name, container.around


class Container:
    """An object or array, and where its children are that have closed.

    Attributes:
        name: of it, in the object around.
        place: of it, in the array around: how many children had closed before it.
        seen: the children as they were shown, by the way in which it was.
    """

    __slots__ = ("around", "depth", "ends", "kind", "name", "names", "place", "seen", "start", "starts")

    def __init__(self, kind: str, start: int, around: Container | None, name: str) -> None:
        self.kind = kind
        self.start = start
        self.around = around
        self.name = name
        self.place = len(around.ends) if around else 0
        self.depth: int = around.depth + 1 if around else 1
        self.names: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.seen: dict[Opening, list[Any]] = {}


class _Tree(Visitor):
    """What is open; when all has closed, the outermost."""

    innermost: Container

    def __init__(self) -> None:
        self.has_changed = False
        self.open_text: OpenText | None = None
        self.next_name = ""
        self._around: Container | None = None
        self._start = -1  # of a text or a scalar that is open

    def begin(self, kind: str, at: int) -> bool:
        if kind in {OBJECT, ARRAY}:
            self.innermost = self._around = Container(kind, at, self._around, self.next_name)
            if self.innermost.depth > DEEPEST:
                raise NotJsonError(f"Objects and arrays are nested more than {DEEPEST} levels deep at character {at}.")
            self.has_changed = True
        else:
            self._start = at
            if kind == STRING:
                self.open_text = OpenText(at + 1)
                self.has_changed = True
        return True

    def name(self, name: str) -> None:
        self.next_name = name

    def end(self, at: int) -> None:
        start, name, around = self._start, self.next_name, self._around
        if start < 0:
            start, name = self.innermost.start, self.innermost.name
            around = self._around = self.innermost.around
        self._start = -1
        self.open_text = None
        self.has_changed = True
        if around is None:
            return
        self.innermost = around
        around.starts.append(start)
        around.ends.append(at)
        if around.kind == OBJECT:
            around.names.append(name)
