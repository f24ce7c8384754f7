"""Many live streams read as one: how long a chunk waits, what is left when the consumer leaves, and memory.

By `for` they come at half the pace, as each is read on a thread of its own: with all those threads waiting for Python's
one lock, 10,000 chunks a second are as many as this can be, and then it is the lock that lets some of them wait.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import many_memory
from benchmarks.live_readers import ASYNC_WAYS, BARE, SYNC_WAYS, Watch, cold
from benchmarks.live_server import Tally
from benchmarks.report import Bound, Table
from benchmarks.server import running_server
from benchmarks.timing import MILLI

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

MOST_DELAY = 50.0  # ms, beyond what the same sockets take by themselves
MOST_TO_CLOSE = 1.0  # seconds
PAUSE = 0.001
ENDLESS = 10**9  # chunks: until the client leaves
KINDS = ("paced", "flood")
WAYS = [*((name, "async") for name in ASYNC_WAYS), *((name, "sync") for name in SYNC_WAYS)]


class Run(NamedTuple):
    """How one went: ms that chunks waited, ms until the server had seen all leave, and what was left here by then."""

    longest: float
    p99: float
    to_close: float
    left: int


def measure(_server: Server, sizes: Sizes) -> list[Table]:
    with running_server("benchmarks.live_server") as server:
        runs: dict[tuple[str, str, str], list[Run]] = {(*way, kind): [] for way in WAYS for kind in KINDS}
        for _ in range(sizes.live_rounds):
            for (name, how, kind), done in runs.items():
                urls = [server.url(ENDLESS, pause_ms(how, sizes))] * sizes.live
                if kind == "flood":
                    urls[0] = server.url(ENDLESS)
                done.append(run(server, name, how, urls, sizes.live_seconds))
        best = {what: Run(*map(min, zip(*done, strict=True))) for what, done in runs.items()}
        worst = {what: Run(*map(max, zip(*done, strict=True))) for what, done in runs.items()}
        return [delays(best, sizes), leavings(worst, sizes), many_memory.table(server, sizes)]


def pause_ms(how: str, sizes: Sizes) -> int:
    return sizes.pause_ms if how == "async" else 2 * sizes.pause_ms


def delays(best: dict[tuple[str, str, str], Run], sizes: Sizes) -> Table:
    title = f"{sizes.live} live streams: ms from sending to handing over, best of {sizes.live_rounds}"
    result = Table(title, ("read by", "a chunk each", "longest", "p99", "one a flood: longest", "p99"))
    for name, how in WAYS:
        paced, flood = best[name, how, "paced"], best[name, how, "flood"]
        pace = f"{pause_ms(how, sizes)} ms"
        result.rows.append((f"{name}, {how}", pace, paced.longest, paced.p99, flood.longest, flood.p99))
        if name != BARE:
            for kind, ours in (("paced", paced), ("flood", flood)):
                beyond = ours.longest - best[BARE, "async", kind].longest
                result.bounds.append(Bound(f"{name}, {how}, {kind}: longest beyond {BARE}, ms", beyond, MOST_DELAY))
    return result


def leavings(worst: dict[tuple[str, str, str], Run], sizes: Sizes) -> Table:
    title = f"{sizes.live} live streams whose consumer leaves, worst of {sizes.live_rounds}"
    result = Table(title, ("read by", "ms until the server has seen it", "tasks, threads and files left"))
    for name, how in WAYS:
        both = [worst[name, how, kind] for kind in KINDS]
        to_close, left = max(one.to_close for one in both), max(one.left for one in both)
        result.rows.append((f"{name}, {how}", to_close, left))
        result.bounds.append(Bound(f"{name}, {how}: ms to close", to_close, MOST_TO_CLOSE * MILLI))
        result.bounds.append(Bound(f"{name}, {how}: left", left, 0))
    return result


def run(server: Server, name: str, how: str, urls: Sequence[str], seconds: float) -> Run:
    gc.unfreeze()
    gc.collect()
    watch = Watch(len(urls), seconds)
    first = server.url(1)  # a call by itself, which leaves the client behind
    left = asyncio.run(left_by_async(name, first, urls, watch)) if how == "async" else left_by(name, first, urls, watch)
    waited = sorted(watch.delays)
    return Run(waited[-1] * MILLI, waited[len(waited) * 99 // 100] * MILLI, to_close(server, watch), left)


def left_by(name: str, first: str, urls: Sequence[str], watch: Watch) -> int:
    list(cold(first))
    before = under_way()
    SYNC_WAYS[name](urls, watch)
    for _ in pauses(before):
        time.sleep(PAUSE)
    return under_way() - before


async def left_by_async(name: str, first: str, urls: Sequence[str], watch: Watch) -> int:
    async for _ in cold(first):
        pass
    before = under_way()
    await ASYNC_WAYS[name](urls, watch)
    for _ in pauses(before):
        await asyncio.sleep(PAUSE)
    return under_way() - before


def under_way() -> int:
    """How many tasks, threads and files there are."""
    try:
        tasks = len(asyncio.all_tasks())
    except RuntimeError:  # no event loop is running
        tasks = 0
    return tasks + threading.active_count() + len([*Path("/dev/fd").iterdir()])


def pauses(before: int) -> Iterator[None]:
    """Pauses until no more is under way than before, for a second at most."""
    until = time.monotonic() + MOST_TO_CLOSE
    while under_way() > before and time.monotonic() < until:
        yield


def to_close(server: Server, watch: Watch) -> float:
    """ms from the last chunk until the server had seen all clients leave."""
    until = watch.enough_at + 2 * MOST_TO_CLOSE
    while (now := tally(server)).live:
        if time.monotonic() > until:
            return math.inf
        time.sleep(PAUSE)
    return (now.left_at - watch.enough_at) * MILLI


def tally(server: Server) -> Tally:
    with closing(HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request("POST", "/tally", b"?")
        return Tally(*json.load(connection.getresponse()))
