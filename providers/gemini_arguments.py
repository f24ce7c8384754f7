"""Arguments of a call that come as values with their paths, written as the JSON text that they are."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

from pydantic_core import to_json

from rillm.streams.errors import StreamDecodeError

Step: TypeAlias = str | int

# The normalized paths of RFC 9535, and the short form for names: $.recipe.steps[0], $['a name']
STEP: Final = re.compile(
    r"""\.([^.\[\]]+) | \[(\d+)\] | \['((?:[^'\\]|\\.)*)'\] | \["((?:[^"\\]|\\.)*)"\]""", re.VERBOSE
)
VALUES: Final = ("stringValue", "numberValue", "boolValue", "nullValue")


class ArgumentWriter:
    """Writes one JSON object, value by value, in the order of its text; what is written needs no correction later.

    A text comes in pieces under the same path, and is over when another path comes.
    """

    def __init__(self) -> None:
        self._path: list[Step] = []  # of the latest value
        self._members: list[set[str] | int] = [set()]  # so far, of each object or array on that path: names or a count
        self._text_is_open = False

    def write(self, partial: dict[str, Any]) -> str:
        """The JSON text that one of `partialArgs` adds.

        Raises:
            StreamDecodeError: its path is none, or is not behind that of the latest value.
        """
        kind = next((kind for kind in VALUES if kind in partial), None)
        if kind is None:
            return ""
        path = steps_of(str(partial.get("jsonPath")))
        value = None if kind == "nullValue" else partial[kind]
        is_text = isinstance(value, str)
        if is_text and self._text_is_open and path == self._path:
            return dumped(value)[1:-1]
        text = self._go_to(path) + dumped(value)
        self._text_is_open = is_text
        return text[:-1] if is_text else text

    def close(self) -> str:
        """What is left of the text."""
        return self._leave(0) + "}" if self._path else "{}"

    def _go_to(self, path: list[Step]) -> str:
        """Leave what the latest path is in and the new one is not, and begin what only the new one is in."""
        shared = 0
        while shared < min(len(path), len(self._path)) - 1 and path[shared] == self._path[shared]:
            shared += 1
        written = self._leave(shared) if self._path else "{"
        for depth in range(shared, len(path)):
            written += self._begin_member(path, depth)
            if depth + 1 < len(path):
                is_object = isinstance(path[depth + 1], str)
                written += "{" if is_object else "["
                self._members.append(set() if is_object else 0)
        self._path = path
        return written

    def _begin_member(self, path: list[Step], depth: int) -> str:
        step, members = path[depth], self._members[depth]
        comma = "," if members else ""
        if isinstance(step, str) and isinstance(members, set) and step not in members:
            members.add(step)
            return f"{comma}{dumped(step)}:"
        if isinstance(members, int) and step == members:
            self._members[depth] = members + 1
            return comma
        raise StreamDecodeError(f"The arguments of a call do not come in the order of their JSON text, at {path}.")

    def _leave(self, depth: int) -> str:
        """Close what is open below the member of the latest path at `depth`."""
        closed = '"' if self._text_is_open else ""
        self._text_is_open = False
        for step in reversed(self._path[depth + 1 :]):
            closed += "}" if isinstance(step, str) else "]"
        del self._members[depth + 1 :]
        return closed


def steps_of(path: str) -> list[Step]:
    """The names and indexes of a path.

    Raises:
        StreamDecodeError: it is none, or the root.

    >>> steps_of("$.recipe['my steps'][0]")
    ['recipe', 'my steps', 0]
    """
    steps: list[Step] = []
    position = 1
    while path.startswith("$") and position < len(path) and (match := STEP.match(path, position)):
        name, index, *quoted_names = match.groups()
        steps.append(
            int(index) if index else name or unescaped(next(text for text in quoted_names if text is not None))
        )
        position = match.end()
    if not steps or position < len(path):
        raise StreamDecodeError(f"An argument of a call has no path that could be read: {path!r}")
    return steps


def unescaped(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)


def dumped(value: Any) -> str:
    return to_json(value).decode()
