"""What is to be shown of JSON that is still being written, as the type has it that it is to be of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.json_grammar import ARRAY, OBJECT, STRING, unescaped
from rillm.streams.json_openings import ABSENT, Tagged
from rillm.streams.json_so_far import JsonSoFar

if TYPE_CHECKING:
    from rillm.streams.json_openings import Opening
    from rillm.streams.json_shape import Shape
    from rillm.streams.json_so_far import Container, Moment
    from rillm.streams.long_text import LongText


def shown(moment: Moment, shape: Shape) -> Any:
    """The value at that moment; ABSENT if there is nothing to show. Costs what is open, and what has closed since."""
    levels: list[tuple[Container, int, Any, Opening]] = []
    child: Shape | None = shape
    for container, closed, key in reversed([*moment.around()]):
        opening = opening_of(child, container, closed, moment.text) if child else None
        if opening is None:
            child = None
            break
        levels.append((container, closed, key, opening))
        child = opening.child(key)
    value: Any = ABSENT
    if moment.open_text and child and child.shows_text:
        value = moment.open_text.until(moment.text, moment.end)
    for container, closed, key, opening in reversed(levels):
        children = closed_children(container, closed, opening, moment.text)
        if container.kind == ARRAY:
            value = opening.make(children if value is ABSENT else [*children, value])
        else:
            members = [*zip(container.names, children, strict=False), (key, value)]
            value = opening.make({name: one for name, one in members if one is not ABSENT})
    return value


def opening_of(shape: Shape, container: Container, closed: int, text: LongText) -> Opening | None:
    """How an object or array is shown of which so many children have closed."""
    if container.kind == ARRAY:
        return shape.array
    opening = shape.object
    while isinstance(opening, Tagged):
        place = next((place for place in range(closed) if container.names[place] in opening.names), None)
        opening = None if place is None else opening.chosen(text.part(container.starts[place], container.ends[place]))
    return opening


def closed_children(container: Container, closed: int, opening: Opening, text: LongText) -> list[Any]:
    """The first children, each as its type has it, kept for the next time; one that an array cannot have is None."""
    seen = container.seen.setdefault(opening, [])
    for place in range(len(seen), closed):
        shape = opening.child(container.names[place] if container.kind == OBJECT else place)
        value = closed_value(shape, text.part(container.starts[place], container.ends[place])) if shape else ABSENT
        seen.append(None if value is ABSENT and container.kind == ARRAY else value)
    return seen[:closed]


def closed_value(shape: Shape, text: str) -> Any:
    """A value that has closed; if it is not of its type, what was shown before it closed."""
    value = shape.whole(text)
    if value is not ABSENT:
        return value
    if text.startswith((OBJECT, ARRAY)):
        moment = JsonSoFar().feed(text[:-1] + " ")
        return shown(moment, shape) if moment else ABSENT
    return unescaped(text[1:-1]) if text.startswith(STRING) and shape.shows_text else ABSENT
