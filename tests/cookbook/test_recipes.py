"""Every recipe of the cookbook is told, and runs as it stands: without a key, and with the output that is shown."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from docs.recipes import COOKBOOK, RECIPES, Recipe
from tests.kit.programs import output_of

if TYPE_CHECKING:
    from pathlib import Path


def test_all_are_told() -> None:
    assert sorted(RECIPES) == sorted(path.stem for path in COOKBOOK.glob("*.py"))


@pytest.mark.parametrize("name", RECIPES)
def test_it_prints_what_is_shown(name: str, tmp_path: Path) -> None:
    recipe = Recipe.read(name)
    assert output_of(str(recipe.path), cwd=tmp_path) == dedent(recipe.output) + "\n"
    assert not list(tmp_path.iterdir()), "it has left files behind"
