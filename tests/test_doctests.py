"""Every example in a docstring does what it says."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import rillm

NAMES = ["rillm", *(module.name for module in pkgutil.walk_packages(rillm.__path__, "rillm."))]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of(name: str) -> None:
    try:
        module = import_module(name)
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "rillm":
            raise
        pytest.skip(f"an extra is missing: {error}")
    for example in doctest.DocTestFinder(exclude_empty=True).find(module):
        if example.examples:
            said: list[str] = []
            assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)


def test_there_are_modules_of_every_folder() -> None:
    assert {name.split(".")[1] for name in NAMES if name.count(".") > 1} >= {"streams", "operators", "providers"}
