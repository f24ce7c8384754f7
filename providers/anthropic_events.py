"""What an event of Anthropic's holds, or a ValueError where it is not what the format allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from rillm.providers.anthropic_fields import Values


def text_of(values: Values, name: str) -> str:
    """A text, "" where there is none."""
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    raise ValueError(f"{name} is no text")


def object_of(values: Values, name: str) -> Values:
    value = values.get(name)
    if is_object(value):
        return value
    raise ValueError(f"{name} is no object")


def index_of(event: Values) -> int:
    """The number of the block that an event is about."""
    index = event.get("index")
    if isinstance(index, int):
        return index
    raise ValueError("index is no number")
