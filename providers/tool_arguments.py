"""The arguments of earlier calls of tools, for formats that take objects where OpenAI has JSON text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from rillm.streams.errors import BadRequestError
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping


def arguments_of(function: Mapping[str, Any]) -> dict[str, Any]:
    """The `arguments` of a call; none where they are empty.

    Args:
        function: what was called: `name`, and `arguments` as text or already as an object.

    Raises:
        BadRequestError: they are no JSON object.

    >>> arguments_of({"name": "add", "arguments": '{"x": 1}'})
    {'x': 1}
    """
    arguments: Any = function.get("arguments") or {}
    try:
        arguments = from_json(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        arguments = None
    if is_object(arguments):
        return arguments
    raise BadRequestError(f"The arguments of the call of {function.get('name')!r} in the messages are no JSON object.")
