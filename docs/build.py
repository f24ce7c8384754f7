"""`python -m docs.build` writes the pages of operators, of `rillm.testing` and of recipes: what comes after the MARK.

What comes before it is written by hand; the rest is made of docstrings, of benchmarks/operators.md and of the recipes.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import rillm
import rillm.testing
from benchmarks.operator_rows import FAMILIES
from benchmarks.operators import PAGE as FIGURES

DOCS: Final = Path(__file__).parent
MARK: Final = "<!-- From here on by `python -m docs.build`, from the docstrings. -->\n"

# What is told with an operator, beside the classes of its own file.
BESIDE: Final = {
    "budget": ["Budget"],
    "limit_concurrency": ["Slots"],
    "loop_guard": ["is_retraction", "retraction"],
    "number_choices": ["merge", "race", "concat", "zip", "combine_latest", "of", "from_iterable"],
    "record": ["replay"],
    "to_sse": ["from_sse"],
}
TESTING: Final = [
    "marbles", "play", "Played", "parse", "draw", "Event", "Kind", "assert_operator_laws", "recut", "cut_everywhere",
    "cuttings", "scripted", "ScriptedCall", "UnexpectedCallError", "cut", "fail", "stall", "slow", "chunk", "answer",
]  # fmt: skip
RECIPES: Final = [
    "typing_assistant", "keystroke_search", "first_five", "judge", "hedged_chat", "fail_over", "resumable_recording",
    "arena", "interpreter", "budgeted_batch",
]  # fmt: skip


def pages() -> dict[Path, str]:
    made = {DOCS / "operators" / file_of(family): family_page(family) for family in FAMILIES}
    made[DOCS / "operators" / "README.md"] = index()
    made[DOCS / "testing.md"] = "\n".join(entry(name, getattr(rillm.testing, name)) for name in TESTING)
    made[DOCS / "cookbook.md"] = cookbook()
    return {path: path.read_text("utf-8").partition(MARK)[0] + f"{MARK}\n{text}" for path, text in made.items()}


def file_of(family: str) -> str:
    return f"{family.lower().replace(' ', '-')}.md"


def operators(family: str) -> list[str]:
    return list(dict.fromkeys(call.partition("(")[0] for call in FAMILIES[family]))


def index() -> str:
    rows = [
        f"| [`{name}`]({file_of(family)}#{name}) | {first_line(getattr(rillm, name))} | [{family}]({file_of(family)}) |"
        for family in FAMILIES
        for name in operators(family)
    ]
    return "\n".join(["| Operator | What it does | Page |", "|---|---|---|", *rows]) + "\n"


def family_page(family: str) -> str:
    entries: list[str] = []
    for name in operators(family):
        home = getattr(rillm, name).__module__
        entries += [entry(name, getattr(rillm, name)), costs(name)]
        others = [other for other in (*rillm.HOMES[home], *BESIDE.get(name, ())) if other != name]
        entries += [entry(other, getattr(rillm, other)) for other in others]
    text = "\n".join(entries)
    jumps = " · ".join(f"[{name}](#{name})" for name in re.findall(r"^## `(\w+)`", text, re.MULTILINE))
    links = [f"**{one}**" if one == family else f"[{one}]({file_of(one)})" for one in FAMILIES]
    return f"{jumps}\n\n{text}\n---\n\n{' · '.join(['[All operators](README.md)', *links])}\n"


def costs(name: str) -> str:
    """What the benchmark's page tells of an operator."""
    rows = re.findall(rf"^\| `({name}\(.*?)`.*? \| (.*?) \| (.*?) \|$", FIGURES.read_text("utf-8"), re.MULTILINE)
    told = (f"`{call}` {figure} µs per chunk ({does})" for call, figure, does in rows)
    return f"[CPU](../../benchmarks/operators.md): {'; '.join(told) or 'not measured yet'}.\n"


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
        path = DOCS / "cookbook" / f"{name}.py"
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


def entry(name: str, thing: Any) -> str:
    _, *blocks = (inspect.getdoc(thing) or "").split("\n\n")
    parts = [f"{'###' if inspect.isclass(thing) else '##'} `{name}`", first_line(thing)]
    if inspect.isfunction(thing):
        parts.append(f"```py\n{signature(thing)}\n```")
    parts += map(markdown, blocks)
    if properties := [key for key, value in vars(thing).items() if isinstance(value, property | cached_property)]:
        parts += ["**Properties**", "\n".join(f"- `{key}`: {first_line(vars(thing)[key])}" for key in properties)]
    return "\n\n".join(parts) + "\n"


def first_line(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


def signature(function: Any) -> str:
    """As it stands in the source, without what is only for linters."""
    lines = inspect.getsource(function).splitlines()
    (definition,) = ast.parse("\n".join(lines)).body
    head = "\n".join(lines[: definition.body[0].lineno - 1])  # type: ignore[attr-defined]
    return re.sub(r"  # noqa:.*", "", head).removesuffix(":")


def markdown(block: str) -> str:
    """A paragraph, picture, section or example of a docstring."""
    if block.startswith("    "):
        return f"```text\n{textwrap.dedent(block)}\n```"
    if block.startswith(">>> "):
        return f"```pycon\n{re.sub('  # doctest: .*', '', block)}\n```"
    if section := re.match(r"(Args|Attributes|Raises):\n", block):
        items = textwrap.dedent(block[section.end() :]).replace("\n    ", "\n  ")
        items = re.sub(r"^(?! )(.+?): ", r"- `\1`: ", items, flags=re.MULTILINE)
        return f"**{section[1].replace('Args', 'Arguments')}**\n\n{items}"
    return re.sub("^Errors: ", "**Errors**: ", block)


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, "utf-8")
