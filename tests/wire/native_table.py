"""A table of small wire files in one format, and what comes of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm import RillmError

    # The error's class and status, words of its message, and the summary of its `.partial`, None without one.
    Failure = tuple[type[RillmError], int, str, dict[str, Any] | None]


@dataclass(frozen=True)
class Table:
    """The files of one format.

    Attributes:
        format: its name.
        folder: where the files are, beside this module.
        answers: the summary of each response (see `tests.wire.summary`).
        failures: what goes wrong in the others.
        end: what the frame that ends an answer well has in it; None where the end of the data is the end.
    """

    format: str
    folder: str
    answers: Mapping[str, dict[str, Any]]
    failures: Mapping[str, Failure]
    end: bytes | None
    _root: Path = field(default=Path(__file__).parent)

    @property
    def files(self) -> dict[str, Path]:
        return {path.stem: path for path in (self._root / self.folder).iterdir()}

    def body(self, name: str) -> bytes:
        return self.files[name].read_bytes()
