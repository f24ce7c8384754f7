"""Packages that are only there if the user asked for them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rillm.streams.errors import MissingExtraError


def from_extra(extra: str, module: str) -> Any:
    """Import a module that the extra `extra` of this distribution brings.

    Raises:
        MissingExtraError: it is not installed; the message says how to change that.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(f"{module} cannot be imported ({error}). Try: pip install 'rillm[{extra}]'") from error
