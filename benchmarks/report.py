"""What a measurement gives: a table, and the bounds that we have set ourselves."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Cell: TypeAlias = str | float | None


@dataclass(frozen=True)
class Bound:
    """`measured` may be `limit` at most."""

    what: str
    measured: float
    limit: float

    @property
    def is_met(self) -> bool:
        return self.measured <= self.limit

    def __str__(self) -> str:
        return f"{self.what}: {self.measured:.3g}, at most {self.limit:.3g}: {'met' if self.is_met else 'MISSED'}"


@dataclass
class Table:
    """Rows begin with a name; None is a cell that stays empty."""

    title: str
    columns: Sequence[str]
    rows: list[tuple[Cell, ...]] = field(default_factory=list[tuple[Cell, ...]])
    bounds: list[Bound] = field(default_factory=list[Bound])

    def __str__(self) -> str:
        lines = [tuple(self.columns), *(tuple(shown(cell) for cell in row) for row in self.rows)]
        widths = [max(len(line[column]) for line in lines if column < len(line)) for column in range(len(self.columns))]
        return "\n".join([self.title, *(aligned(line, widths) for line in lines), *(f"  {one}" for one in self.bounds)])


def aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    """The name to the left, the others to the right; a line may be shorter than the table."""
    name, *cells = line
    return "  ".join(
        ["  " + name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=False))]
    )


def shown(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.2f}" if cell < 10 else f"{cell:,.0f}" if cell >= 100 else f"{cell:.1f}"  # noqa: PLR2004 - three digits
    return "" if cell is None else str(cell)


def as_json(tables: Sequence[Table]) -> str:
    bounds = {bound.what: bound.is_met for table in tables for bound in table.bounds}
    return json.dumps({"tables": [asdict(table) for table in tables], "met": bounds}, indent=2)
