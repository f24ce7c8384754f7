"""Each measurement runs; the figures of sizes so small mean nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SECONDS = 120.0  # after which something is taken to hang


@pytest.mark.parametrize(
    "name", ["cpu", "linear", "builder", "long_answers", "memory", "start_up", "first_chunk", "concurrent"]
)
def test_a_measurement_gives_its_tables(name: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own words only
        [sys.executable, "-W", "error", "-m", "benchmarks", name, "--tiny", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    report = json.loads(done.stdout or "{}")
    assert done.stderr == ""
    assert done.returncode == (0 if all(report["met"].values()) else 1)
    assert [table["title"] for table in report["tables"] if not table["rows"]] == []


def test_an_unknown_name_is_told() -> None:
    command = [sys.executable, "-m", "benchmarks", "speed"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    assert "no such measurement: speed" in done.stderr
