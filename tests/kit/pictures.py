"""The marble picture of a docstring."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

NOTE = re.compile(r"\s{2,}")


class Picture(NamedTuple):
    comes: list[str]
    box: str
    goes: str


def picture_of(function: Callable[..., Any]) -> Picture:
    """The lines above the first box, what is in it, and the line below, without notes beside them."""
    lines = (inspect.getdoc(function) or "").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"    [ {function.__name__}"))
    first = max(number for number in range(at) if not lines[number].strip())
    *comes, box, goes = (NOTE.split(line.strip())[0] for line in lines[first + 1 : at + 2])
    return Picture(comes, box.strip("[ ]"), goes)
