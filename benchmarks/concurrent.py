"""Many live streams in one process: whether they keep up, and what a chunk costs."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.async_clients import opened_async_clients
from benchmarks.clients import OURS
from benchmarks.peers import NOT_INSTALLED
from benchmarks.report import Table
from benchmarks.timing import MICRO, acpu_seconds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

LONGEST = 60.0  # seconds, after which the others' turn comes
MOST_FOR_PEERS = 100  # streams: with a thousand httpx's pool takes half a minute, and so do all that stand on it
ROUNDS = 2
CHUNKS_OF_WARM_UP = 3


class Run(NamedTuple):
    wall: float
    cpu: float


def measure(server: Server, sizes: Sizes) -> list[Table]:
    return [asyncio.run(table(server, sizes))]


async def table(server: Server, sizes: Sizes) -> Table:
    ideal = (sizes.paced_chunks + 2) * sizes.pause_ms / 1000  # the chunks of the role and of the end come on top
    what = f"{sizes.streams:,} live streams of {sizes.paced_chunks} chunks"
    result = Table(f"{what}, {sizes.pause_ms} ms apart (ideal {ideal:.2f} s)", ("client", "wall s", "CPU µs a chunk"))
    url, total = server.url(sizes.paced_chunks, sizes.pause_ms), sizes.streams * sizes.paced_chunks
    async with opened_async_clients() as clients:
        for client in clients:
            if client.read is None:
                result.rows.append((client.name, NOT_INSTALLED))
            elif client.name == OURS or sizes.streams <= MOST_FOR_PEERS:
                await client.read(server.url(CHUNKS_OF_WARM_UP))
                best = await best_run(client.read, url, sizes.streams)
                row = (best.wall, best.cpu / total * MICRO) if best else ("not finished",)
                result.rows.append((client.name, *row))
    return result


async def best_run(read: Callable[[str], Awaitable[int]], url: str, streams: int) -> Run | None:
    """The faster of a few; None if it took too long."""
    runs: list[Run] = []
    try:
        for _ in range(ROUNDS):
            async with asyncio.timeout(LONGEST):
                runs.append(await run(read, url, streams))
    except TimeoutError:
        return None
    return Run(min(one.wall for one in runs), min(one.cpu for one in runs))


async def run(read: Callable[[str], Awaitable[int]], url: str, streams: int) -> Run:
    wall = 0.0

    async def all_of_them() -> None:
        nonlocal wall
        begin = time.perf_counter()
        await asyncio.gather(*(read(url) for _ in range(streams)))
        wall = time.perf_counter() - begin

    cpu = await acpu_seconds(all_of_them)
    return Run(wall, cpu)
