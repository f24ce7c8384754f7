"""The page of recipes: what the programs of docs/cookbook/ tell of themselves, and their code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.operator_rows import FAMILIES
from docs.docstrings import markdown
from docs.operator_pages import BESIDE, file_of, operators

COOKBOOK: Final = Path(__file__).parent / "cookbook"
RECIPES: Final = [
    "typing_assistant", "keystroke_search", "first_five", "judge", "hedged_chat", "fail_over", "resumable_recording",
    "arena", "interpreter", "budgeted_batch",
]  # fmt: skip


class Recipe(NamedTuple):
    """A program of the cookbook: what its docstring tells, and the code below that."""

    path: Path
    title: str
    idea: str
    purpose: str
    output: str
    why: str
    code: str

    @classmethod
    def read(cls, name: str) -> Recipe:
        path = COOKBOOK / f"{name}.py"
        source = path.read_text("utf-8")
        heading, purpose, output, why = (ast.get_docstring(ast.parse(source)) or "").split("\n\n")
        title, _, idea = heading.removesuffix(".").partition(": ")
        return cls(path, title, idea, purpose, output, why, source.split('"""', 2)[2].strip())

    def entry(self) -> str:
        parts = [
            f"## {self.title}",
            self.purpose,
            f"```py\n{self.code}\n```",
            markdown(self.output),
            self.why.replace("Why it is right", "**Why it is right**"),
            f"[{self.path.name}](cookbook/{self.path.name}), with {', '.join(self.operators())}.",
        ]
        return "\n\n".join(parts) + "\n"

    def operators(self) -> list[str]:
        """Those in the code, ReactiveX's too; ours lead to what is told of them."""
        pages = {
            name: file_of(family)
            for family in FAMILIES
            for one in operators(family)
            for name in (one, *BESIDE.get(one, ()))
        }
        used = dict.fromkeys(re.findall(r"\b(rillm|ops)\.([a-z]\w*)", self.code))
        return [
            f"[`{name}`](operators/{pages[name]}#{name})" if home == "rillm" else f"`ops.{name}`"
            for home, name in used
            if home == "ops" or name in pages
        ]


def cookbook() -> str:
    recipes = [*map(Recipe.read, RECIPES)]
    rows = [f"| [{one.title}](#{one.title.lower().replace(' ', '-')}) | {one.idea} |" for one in recipes]
    index = "\n".join(["| Recipe | What it shows |", "|---|---|", *rows])
    return "\n".join([f"{index}\n", *(one.entry() for one in recipes)])
