"""What constructors for callers have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from rillm.streams.json_values import is_array
from rillm.streams.model import Model

# What LiteLLM takes by name: None means that it was not sent.
ABSENT_IF_NULL: Final = frozenset({"reasoning_content", "thinking_blocks", "reasoning_items", "images", "annotations"})

Init = TypeVar("Init", bound=Callable[..., None])


def for_direct_use(init: Init) -> Init:
    """Mark an `__init__` that only direct construction calls.

    Any other one pydantic would call for each object that it validates, and wire bytes would take the slow way.
    """
    vars(init)["__pydantic_base_init__"] = True
    return init


def is_null(value: object) -> bool:
    return value is None


def given(**values: Any) -> dict[str, Any]:
    """The arguments that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def extra_fields(values: dict[str, Any]) -> dict[str, Any]:
    """The fields that a delta or a message has beside the declared ones; the server's own may well be null."""
    return {name: value for name, value in values.items() if value is not None or name not in ABSENT_IF_NULL}


def plain(value: Any) -> Any:
    """What is no object of ours, such as the OpenAI SDK's, as a dict; all else as it is."""
    return value.model_dump() if isinstance(value, BaseModel) and not isinstance(value, Model) else value


def listed(value: Any) -> list[Any]:
    """A list of what was given, which may be one item alone."""
    return [*value] if is_array(value) or isinstance(value, tuple) else [value]
