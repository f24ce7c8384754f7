"""Each measurement runs; the figures of sizes so small mean nothing."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rillm
from benchmarks.__main__ import MEASUREMENTS
from benchmarks.operator_rows import FAMILIES
from benchmarks.operators import PAGE

ROOT = Path(__file__).parent.parent
SECONDS = 120.0  # after which something is taken to hang


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_measurement_gives_its_tables(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
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
    assert PAGE.read_text(encoding="utf-8") == page


def test_an_unknown_name_is_told() -> None:
    command = [sys.executable, "-m", "benchmarks", "speed"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    assert "no such measurement: speed" in done.stderr


CALLS = [call for rows in FAMILIES.values() for call in rows]


def test_every_operator_is_measured() -> None:
    functions = filter(inspect.isfunction, (getattr(rillm, name) for name in rillm.__all__))
    operators = {one.__name__ for one in functions if one.__module__.startswith("rillm.operators.")}
    assert {call.partition("(")[0] for call in CALLS} == operators


def test_the_page_has_them_all() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| `(.+?)`(?: †)? \|", page, re.MULTILINE) == CALLS, "run: python -m benchmarks operators"
