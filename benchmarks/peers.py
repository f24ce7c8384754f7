"""The libraries that are measured side by side with ours, where they are installed."""

from __future__ import annotations

import importlib
import os
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

NAMES = ("openai", "litellm")
NOT_INSTALLED = "not installed"

# Else litellm asks the network for prices as it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")


def is_installed(name: str) -> bool:
    return find_spec(name) is not None


def module(name: str) -> Any:
    """A peer's module; its types are not looked at, because they are not there in every environment."""
    return importlib.import_module(name)


def titled(name: str) -> str:
    """The name with the version."""
    return f"{name} {version(name)}" if is_installed(name) else name
