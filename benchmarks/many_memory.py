"""The most memory that reading many floods takes while the consumer is slow: it must not grow with what is sent."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.live_readers import merge
from benchmarks.process import output_of, peak_rss
from benchmarks.report import Bound, Table

if TYPE_CHECKING:
    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

TIMES = 4
LIMIT = 1.25
MEGA = 1e6
PAUSE = 0.001  # seconds that the consumer takes for a chunk


def table(server: Server, sizes: Sizes) -> Table:
    title = f"{sizes.live} floods and a slow consumer: peak of RSS in MB, a fresh process each"
    result = Table(title, ("merge", f"{sizes.flood:,} chunks each", f"{TIMES * sizes.flood:,} chunks each"))
    for how in ("async", "sync"):
        few, many = (peak(server.url(chunks), how, sizes) for chunks in (sizes.flood, TIMES * sizes.flood))
        result.rows.append((how, few / MEGA, many / MEGA))
        result.bounds.append(Bound(f"merge, {how}: memory for {TIMES} times the data", many / few, LIMIT))
    return result


def peak(url: str, how: str, sizes: Sizes) -> float:
    seconds = TIMES * sizes.live_seconds
    return output_of("-m", "benchmarks.many_memory", how, url, str(sizes.live), str(seconds))[0]


def read(urls: list[str], seconds: float) -> None:
    until = time.monotonic() + seconds
    for _ in merge(urls):
        time.sleep(PAUSE)
        if time.monotonic() > until:
            break


async def aread(urls: list[str], seconds: float) -> None:
    until = time.monotonic() + seconds
    async for _ in merge(urls):
        await asyncio.sleep(PAUSE)
        if time.monotonic() > until:
            break


def probe(how: str, url: str, streams: str, seconds: str) -> None:
    """Read in this process, and print its peak."""
    urls = [url] * int(streams)
    if how == "async":
        asyncio.run(aread(urls, float(seconds)))
    else:
        read(urls, float(seconds))
    print(peak_rss())


if __name__ == "__main__":
    probe(*sys.argv[1:])
