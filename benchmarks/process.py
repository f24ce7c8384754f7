"""What is asked of a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.server import ROOT


def output_of(*arguments: str) -> list[float]:
    """The numbers that a fresh Python prints."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own words
    return [float(number) for number in done.stdout.split()]


def peak_rss() -> int:
    """The most memory that this process has had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: `ru_maxrss` of a child begins with its parent's there
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
