"""The lines of `progress` on one console; not public."""

from __future__ import annotations

import sys
import threading
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.live import Live

if TYPE_CHECKING:
    from typing import TextIO

    from rillm.operators.progress_row import Row

INTERVAL: Final = 0.1  # seconds between two drawings
FRAMES: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ASCII_FRAMES: Final = "-\\|/"

# A terminal belongs to the whole process: streams on any thread share the display of those that run.
_boards: Final[dict[Console, Board]] = {}
_drawing: Final = threading.RLock()


class Board:
    """The rows of the streams that run, in one live display: a console has no place for two."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self.rows: list[Row] = []
        self.due = -inf  # when it is time to draw, by the streams' clock
        self._frame = 0

    def begin(self) -> None:
        """Show the row of a stream that begins."""
        with _drawing:
            if self._live is None:
                self._live = Live(
                    console=self._console,
                    auto_refresh=False,  # it would be a thread
                    transient=True,
                    redirect_stdout=is_terminal(sys.stdout),
                    redirect_stderr=is_terminal(sys.stderr),
                    get_renderable=self._lines,
                )
                self._live.start()
            self._draw()

    def draw(self, now: float) -> None:
        """Show the rows as they stand."""
        with _drawing:
            self.due = now + INTERVAL
            self._draw()

    def remove(self, row: Row, error: Exception | None, *, cancelled: bool) -> None:
        """A stream is over: one line is left, above those that run."""
        with _drawing:
            if self.rows == [row]:
                del _boards[self._console]
                if self._live is not None:
                    self._live.stop()  # which clears the line that is still there
            self.rows.remove(row)
            last = row.last_line(error, cancelled=cancelled, ascii_only=self._console.options.ascii_only)
            self._console.print(last, soft_wrap=True, highlight=False)

    def _draw(self) -> None:
        if self._live is not None:
            self._frame += 1
            self._live.refresh()

    def _lines(self) -> Group:
        frames = ASCII_FRAMES if self._console.options.ascii_only else FRAMES
        mark = frames[self._frame % len(frames)]
        return Group(*(row.line(mark, self._console.width) for row in self.rows))


def board_with(row: Row, console: Console) -> Board:
    """The board of a console, with a row for one more stream."""
    with _drawing:
        board = _boards.setdefault(console, Board(console))
        board.rows.append(row)
    return board


@cache
def standard_console() -> Console:
    """What is no data goes to stderr."""
    return Console(stderr=True)


def is_terminal(file: TextIO | None) -> bool:
    return file is not None and file.isatty()
