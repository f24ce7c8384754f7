"""A table of small bodies in one format, and what comes of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rillm import RillmError

    # The error's class and status, words of its message, and the summary of its `.partial`, None without one.
    Failure = tuple[type[RillmError], int, str, dict[str, Any] | None]

V = TypeVar("V")


@dataclass(frozen=True)
class Table:
    """The bodies of one format.

    Attributes:
        format: its name.
        bodies: each under a name that tells what is in it.
        answers: the summary of each response (see `tests.wire.summary`); where it has no usage, usage is an estimate.
        failures: what goes wrong in the others.
        end: what the frame that ends an answer well has in it; None where no such frame can be told from others.
    """

    format: str
    bodies: Mapping[str, bytes]
    answers: Mapping[str, dict[str, Any]]
    failures: Mapping[str, Failure]
    end: bytes | None = None


def tables(
    bodies: Mapping[str, bytes],
    answers: Mapping[str, dict[str, Any]],
    failures: Mapping[str, Failure],
    format_of: Callable[[str], str],
    end: bytes | None = None,
) -> list[Table]:
    """The tables of related formats whose rows stand together; `format_of` tells a row's format by its name."""

    def of(format_: str, rows: Mapping[str, V]) -> dict[str, V]:
        return {name: row for name, row in rows.items() if format_of(name) == format_}

    names = dict.fromkeys(format_of(name) for name in bodies)
    return [Table(name, of(name, bodies), of(name, answers), of(name, failures), end) for name in names]


def files(folder: str) -> dict[str, bytes]:
    """The bodies in a folder beside this module, by the names of their files."""
    return {path.stem: path.read_bytes() for path in sorted(Path(__file__).with_name(folder).iterdir())}
