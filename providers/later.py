"""What is loaded when it is called for the first time: a process speaks few of the formats that there are."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def later(place: str, *arguments: Any) -> Callable[..., Any]:
    """A stand-in for a function of `rillm.providers`.

    Args:
        place: module and name, as in "bedrock_request:encode".
        arguments: its first ones, if it is to be called with more than it is given.
    """
    return partial(_call, *place.split(":"), *arguments)


def _call(module: str, name: str, *arguments: Any) -> Any:
    return getattr(import_module(f"rillm.providers.{module}"), name)(*arguments)
