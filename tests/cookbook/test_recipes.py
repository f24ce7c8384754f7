"""Every recipe of the cookbook is told, and runs as it stands: without a key, and with the output that is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from docs.build import DOCS, RECIPES, Recipe

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60.0  # after which something is taken to hang


def test_all_are_told() -> None:
    assert sorted(RECIPES) == sorted(path.stem for path in DOCS.glob("cookbook/*.py"))


@pytest.mark.parametrize("name", RECIPES)
def test_it_prints_what_is_shown(name: str, tmp_path: Path) -> None:
    recipe = Recipe.read(name)
    without_keys = {name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_TOKEN"))}
    done = subprocess.run(  # noqa: S603 - our own words only
        [sys.executable, "-W", "error", str(recipe.path)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd=tmp_path,
        env={**without_keys, "PYTHONUTF8": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == dedent(recipe.output) + "\n"
    assert not list(tmp_path.iterdir()), "it has left files behind"
