"""Running what the documents show."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60.0  # after which something is taken to hang


def output_of(*arguments: str, cwd: Path, given: str = "") -> str:
    """What Python prints with these arguments: without keys, and without an error or a warning."""
    without_keys = {name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_TOKEN"))}
    done = subprocess.run(  # noqa: S603 - our own words only
        [sys.executable, "-W", "error", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd=cwd,
        env={**without_keys, "PYTHONUTF8": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
