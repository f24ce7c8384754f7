"""`python -m benchmarks [name …]`, from the repository's root: one or several of MEASUREMENTS, or all of them."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from benchmarks import (
    builder,
    concurrent,
    cpu,
    first_chunk,
    formats,
    linear,
    long_answers,
    many,
    memory,
    operators,
    start_up,
)
from benchmarks.report import Table, as_json
from benchmarks.server import running_server
from benchmarks.sizes import TINY, Sizes

MEASUREMENTS = {
    "cpu": cpu.measure,
    "formats": formats.measure,
    "linear": linear.measure,
    "builder": builder.measure,
    "long_answers": long_answers.measure,
    "operators": operators.measure,
    "memory": memory.measure,
    "start_up": start_up.measure,
    "first_chunk": first_chunk.measure,
    "concurrent": concurrent.measure,
    "many": many.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Exits with 1 if a bound is missed.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which: {', '.join(MEASUREMENTS)} (default: all)")
    parser.add_argument("--streams", type=int, help="of `concurrent`; with more than 100 only ours")
    parser.add_argument("--tiny", action="store_true", help="sizes that only show that everything runs")
    parser.add_argument("--json", action="store_true", help="print JSON, when all is done")
    options = parser.parse_args()
    names: list[str] = options.names or list(MEASUREMENTS)
    if unknown := set(names) - MEASUREMENTS.keys():
        parser.error(f"no such measurement: {', '.join(unknown)}")
    sizes = TINY if options.tiny else Sizes()
    sizes = replace(sizes, streams=options.streams or sizes.streams)
    for variable in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[variable]  # what is measured is the way to the server, and NO_PROXY changes the engine
    tables: list[Table] = []
    with running_server() as server:
        for name in names:
            for table in MEASUREMENTS[name](server, sizes):
                tables.append(table)
                if not options.json:
                    print(table, end="\n\n", flush=True)
    if options.json:
        print(as_json(tables))
    return 0 if all(bound.is_met for table in tables for bound in table.bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
