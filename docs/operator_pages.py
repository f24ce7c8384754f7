"""The pages of operators: one for each family, and a list of all."""

from __future__ import annotations

import re
from typing import Final

import rillm
from benchmarks.operator_rows import FAMILIES
from benchmarks.operators import PAGE as FIGURES
from docs.docstrings import entry, first_line

# What is told with an operator, beside the classes of its own file.
BESIDE: Final = {
    "budget": ["Budget"],
    "limit_concurrency": ["Slots"],
    "loop_guard": ["is_retraction", "retraction"],
    "number_choices": ["merge", "race", "concat", "zip", "combine_latest", "of", "from_iterable", "as_stream"],
    "record": ["replay"],
    "to_sse": ["from_sse"],
}


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
