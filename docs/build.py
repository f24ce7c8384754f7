"""`python -m docs.build` writes the pages of operators, of `rillm.testing` and of recipes: what comes after the MARK.

What comes before it is written by hand; the rest is made of docstrings, of benchmarks/operators.md and of the recipes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import rillm.testing
from benchmarks.operator_rows import FAMILIES
from docs.docstrings import entry
from docs.operator_pages import family_page, file_of, index
from docs.recipes import cookbook

DOCS: Final = Path(__file__).parent
MARK: Final = "<!-- From here on by `python -m docs.build`, from the docstrings. -->\n"
TESTING: Final = [
    "marbles", "play", "Played", "parse", "draw", "Event", "Kind", "assert_operator_laws", "recut", "cut_everywhere",
    "cuttings", "scripted", "ScriptedCall", "UnexpectedCallError", "cut", "fail", "stall", "slow", "chunk", "answer",
]  # fmt: skip


def pages() -> dict[Path, str]:
    made = {DOCS / "operators" / file_of(family): family_page(family) for family in FAMILIES}
    made[DOCS / "operators" / "README.md"] = index()
    made[DOCS / "testing.md"] = "\n".join(entry(name, getattr(rillm.testing, name)) for name in TESTING)
    made[DOCS / "cookbook.md"] = cookbook()
    return {path: path.read_text("utf-8").partition(MARK)[0] + f"{MARK}\n{text}" for path, text in made.items()}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, "utf-8")
