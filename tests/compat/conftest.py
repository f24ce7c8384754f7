"""The library that a test of compatibility asks: this one, or LiteLLM with `COMPAT_LIBRARY=litellm`."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import pytest


@pytest.fixture
def lib() -> Any:
    return import_module(os.environ.get("COMPAT_LIBRARY", "rillm"))
