"""What `import rillm` takes, against the libraries that it stands on."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import peers
from benchmarks.process import output_of
from benchmarks.report import Bound, Table
from benchmarks.timing import MILLI

if TYPE_CHECKING:
    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

LIMIT = 1.15  # times the libraries alone
LIBRARIES = "httpx, pydantic, reactivex"
LIBRARIES_USED = "httpx, pydantic.main, reactivex"  # `import pydantic` alone loads next to nothing before it is used
OURS = "rillm"
OURS_READY = "rillm, rillm.providers.transport"  # what the first call over HTTP loads

# Nothing but built-in modules before the import: what it needs itself must not have been loaded for us.
PROBE = """
import sys, time
begin = time.perf_counter()
import {modules}
print(time.perf_counter() - begin)
print(len(sys.modules))
from benchmarks.process import peak_rss
print(peak_rss())
"""


class Start(NamedTuple):
    seconds: float
    modules: float
    rss: float


def measure(_server: Server, sizes: Sizes) -> list[Table]:
    installed = [name for name in peers.NAMES if peers.is_installed(name)]
    starts: dict[str, list[Start]] = {name: [] for name in (LIBRARIES, LIBRARIES_USED, OURS, OURS_READY, *installed)}
    for name in starts:
        start(name)  # which writes the byte-code
    for number in range(sizes.starts):
        for name, seen in starts.items():
            if name not in installed or number < sizes.peer_starts:
                seen.append(start(name))
    title = f"Import in a fresh process, {sizes.starts} rounds (peers {sizes.peer_starts})"
    result = Table(title, ("import", "least ms", "median ms", "libraries = 1", "RSS: MB", "modules"))
    # Medians, because the least of a few starts is a matter of luck.
    middle = {name: median(one.seconds for one in seen) for name, seen in starts.items()}
    for name, seen in starts.items():
        least = min(one.seconds for one in seen)
        ratio = middle[name] / middle[LIBRARIES]
        last = seen[-1]
        row = (least * MILLI, middle[name] * MILLI, ratio, last.rss / 1e6, f"{last.modules:.0f}")
        result.rows.append((peers.titled(name) if name in installed else name, *row))
    result.rows.extend((name, peers.NOT_INSTALLED) for name in peers.NAMES if name not in installed)
    result.bounds.append(Bound("import rillm against its libraries", middle[OURS] / middle[LIBRARIES], LIMIT))
    return [result]


def start(modules: str) -> Start:
    return Start(*output_of("-c", PROBE.format(modules=modules)))
