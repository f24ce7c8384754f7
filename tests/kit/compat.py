"""What tests of compatibility need to ask either library."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

HOMES = {"rillm": "rillm.types", "litellm": "litellm.types.utils"}

# What is asked of the types, and the answer.
Fact = tuple[Callable[[Any], Any], Any]


def types_of(lib: Any) -> Any:
    """The module with the library's objects."""
    return import_module(HOMES[lib.__name__])


def raised(action: Callable[[], object]) -> BaseException | None:
    """What an action raises."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - that is the question
        return error
    return None
