"""CPU per chunk of each operator, over an empty `map` of Rx. Writes operators.md, which docs/ quote."""

from __future__ import annotations

import gc
import platform
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger
from reactivex import operators as ops

from benchmarks.operator_rows import FAMILIES, Row
from benchmarks.report import Bound, Table, shown
from benchmarks.sizes import Sizes
from benchmarks.timing import MICRO, Best
from rillm.streams.iterables import IterableSource
from rillm.streams.stream import Stream, from_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.server import Server

PAGE = Path(__file__).with_name("operators.md")
LIMIT = 0.6  # µs per chunk, of an operator on text
EMPTY = "map"
AT_ONCE = 10  # chunks that a read brings
HEAD = """\
# What an operator costs

µs of CPU that a chunk takes longer with an operator than with an empty `map` of Rx, which itself takes {empty} µs. What
hands on less than it gets, or stands aside, may take less than that `map`.

{chunks} chunks with a word each (of text, or of what else the operator looks at) are read from memory by `for`,
{at_once} at a time, as a fast connection brings them; the best of {rounds} rounds counts, in which all operators take
their turn ({python} on {machine}).

`python -m benchmarks operators` measures again and writes this page; `python -m docs.build` then writes the pages of
[docs/operators](../docs/operators/README.md), which quote it.

An operator on text (†) may take {limit} µs. What takes more is **bold**.
"""


def measure(_server: Server, sizes: Sizes) -> list[Table]:
    figures = measured(sizes)
    tables = [table(family, rows, figures, sizes) for family, rows in FAMILIES.items()]
    if sizes.chunks == Sizes.chunks:  # figures of smaller ones mean nothing
        PAGE.write_text(page(figures, sizes), encoding="utf-8")
    return tables


def measured(sizes: Sizes) -> dict[str, float]:
    """µs per chunk by the calls of operators; those of `map` are its own, all others come on top."""
    rows = {
        EMPTY: Row(lambda: ops.map(lambda item: item), "nothing"),
        **{call: row for rows in FAMILIES.values() for call, row in rows.items()},
    }
    given = {items: source(items(sizes.chunks)) for items in {row.items for row in rows.values()}}
    best = Best()
    logger.disable("rillm")  # `log_tap` logs
    gc.collect()
    gc.freeze()  # what is given is no business of the collector
    for _ in range(sizes.rounds):
        for call, row in rows.items():
            best.add(call, cpu_of(given[row.items].pipe(row.make())))
    gc.unfreeze()
    logger.enable("rillm")
    empty = best[EMPTY]
    return {call: (best[call] - (0 if call == EMPTY else empty)) / sizes.chunks * MICRO for call in rows}


def source(items: Sequence[Any]) -> Stream[Any]:
    return from_source(IterableSource([items[at : at + AT_ONCE] for at in range(0, len(items), AT_ONCE)]))


def cpu_of(items: Iterable[Any]) -> float:
    """CPU of one reader of all of them."""
    gc.collect()
    begin = time.process_time()
    deque(items, maxlen=0)
    return time.process_time() - begin


def table(family: str, rows: Mapping[str, Row], figures: Mapping[str, float], sizes: Sizes) -> Table:
    title = f"{family}: CPU per chunk over an empty map, {sizes.chunks:,} chunks, best of {sizes.rounds}"
    bounds = [Bound(call, figures[call], LIMIT) for call, row in rows.items() if row.is_text]
    return Table(title, ("operator", "µs"), [(call, figures[call]) for call in rows], bounds)


def page(figures: Mapping[str, float], sizes: Sizes) -> str:
    head = HEAD.format(
        empty=shown(figures[EMPTY]),
        chunks=f"{sizes.chunks:,}",
        at_once=AT_ONCE,
        rounds=sizes.rounds,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        machine=platform.machine(),
        limit=LIMIT,
    )
    lines = [head]
    for family, rows in FAMILIES.items():
        lines += [f"## {family}\n", "| Operator | µs per chunk | What it does for each chunk |", "|---|--:|---|"]
        lines += [line(call, row, figures[call]) for call, row in rows.items()]
        lines.append("")
    return "\n".join(lines)


def line(call: str, row: Row, figure: float) -> str:
    figure = round(figure, 2) + 0.0  # no -0.00
    shown_figure = f"**{figure:.2f}**" if figure > LIMIT else f"{figure:.2f}"
    return f"| `{call}`{' †' if row.is_text else ''} | {shown_figure} | {row.does} |"
