"""Asks LiteLLM and rillm the same: what is to be the same in both, and what is to be better here, side by side.

    python tests/compat/compare.py > tests/compat/RESULTS.md

in an environment that has litellm, rillm and pytest: `pip install -e . --group bench pytest`.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from xml.etree import ElementTree as ET

HERE = Path(__file__).parent
LIBRARIES = ("litellm", "rillm")
MARKS = {"same_as_litellm": "What is the same", "better_than_litellm": "What is better in rillm"}


def outcomes(library: str, mark: str) -> dict[tuple[str, str], list[bool]]:
    """Of each test function whether its cases pass."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-m", mark, "-q", "-p", "no:cacheprovider", "-W", "ignore", "-o", "addopts=--import-mode=importlib"]
        options += ["-o", "filterwarnings=", f"--confcutdir={HERE}", f"--junitxml={report}"]
        subprocess.run(  # noqa: S603 - our own words only
            [sys.executable, "-m", "pytest", str(HERE), *options],
            cwd=HERE.parents[1],
            stdout=subprocess.DEVNULL,
            check=False,
            env={**os.environ, "COMPAT_LIBRARY": library, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        )
        cases = ET.parse(report).getroot().iter("testcase")  # noqa: S314 - our own report
        found: dict[tuple[str, str], list[bool]] = defaultdict(list)
        for case in cases:
            section = case.get("classname", "").rpartition(".")[2].removeprefix("test_")
            fact = case.get("name", "").partition("[")[0].removeprefix("test_")
            found[section, fact].append(all(child.tag not in {"failure", "error", "skipped"} for child in case))
    return found


def shown(passed: list[bool]) -> str:
    return "-" if not passed else "yes" if all(passed) else f"{sum(passed)} of {len(passed)}"


def table(mark: str) -> list[str]:
    """One row a fact, with how many of its cases hold."""
    found = {library: outcomes(library, mark) for library in LIBRARIES}
    facts = sorted({*found["litellm"], *found["rillm"]})
    rows = [
        f"| {section} | {fact.replace('_', ' ')} | {len(found['rillm'][section, fact])} "
        f"| {shown(found['litellm'][section, fact])} | {shown(found['rillm'][section, fact])} |"
        for section, fact in facts
    ]
    totals = [sum(sum(passed) for passed in found[library].values()) for library in LIBRARIES]
    count = sum(len(passed) for passed in found["rillm"].values())
    return [
        "| section | fact | cases | LiteLLM | rillm |",
        "|---|---|---|---|---|",
        *rows,
        f"| | **cases that hold** | {count} | {totals[0]} | {totals[1]} |",
    ]


def main() -> None:
    try:
        theirs = version("litellm")
    except PackageNotFoundError:
        sys.exit("litellm is not installed here: pip install litellm")
    today = dt.datetime.now(tz=dt.UTC).date()
    print(f"# LiteLLM {theirs} and rillm {version('rillm')}, {today}\n")
    print("Made by `tests/compat/compare.py`; Python", ".".join(map(str, sys.version_info[:3])))
    for mark, title in MARKS.items():
        print(f"\n## {title}\n")
        print("\n".join(table(mark)))


if __name__ == "__main__":
    main()
