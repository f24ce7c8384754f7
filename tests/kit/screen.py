"""What a terminal shows of what was written to it."""

from __future__ import annotations

import re
from typing import Final

SEQUENCE: Final = re.compile(r"\x1b\[(?P<argument>\??\d*)(?P<name>[A-Za-z])|(?P<text>[^\x1b\r\n]+)|(?P<move>[\r\n])")


def screen(written: str) -> list[str]:
    """Its lines, of a terminal that is large enough; knows what rich's live display does, no colours."""
    lines, row, column = [""], 0, 0
    for found in SEQUENCE.finditer(written):
        match found["name"], found["move"]:
            case ("A", _):
                row -= 1
            case ("K", _):
                lines[row] = ""
            case (_, "\r"):
                column = 0
            case (_, "\n"):
                row, column = row + 1, 0
                lines += [""] * (row == len(lines))
            case (None, None):
                line = lines[row].ljust(column)
                lines[row] = line[:column] + found["text"] + line[column + len(found["text"]) :]
                column += len(found["text"])
            case _:
                continue  # the cursor is shown or hidden
    return lines
