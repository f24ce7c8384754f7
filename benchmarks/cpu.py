"""CPU per chunk of an answer that comes all at once, against the loop written by hand."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.async_clients import opened_async_clients
from benchmarks.clients import HAND, OURS, Client, opened_clients
from benchmarks.peers import NOT_INSTALLED
from benchmarks.report import Bound, Table
from benchmarks.timing import MICRO, Best, acpu_seconds, cpu_seconds, of_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

LIMIT = 1.25  # times the loop by hand


def measure(server: Server, sizes: Sizes) -> list[Table]:
    return [sync_table(server, sizes), asyncio.run(async_table(server, sizes))]


def sync_table(server: Server, sizes: Sizes) -> Table:
    url, best = server.url(sizes.chunks), Best()
    with opened_clients() as clients:
        for _, read in of_round(clients, 0, 1):
            check(read(server.url(sizes.few)), sizes.few)
        for number in range(sizes.rounds):
            for name, read in of_round(clients, number, sizes.peer_rounds):
                best.add(name, cpu_seconds(partial(read, url)))
        return table("sync", clients, best, sizes)


async def async_table(server: Server, sizes: Sizes) -> Table:
    url, best = server.url(sizes.chunks), Best()
    async with opened_async_clients() as clients:
        for _, read in of_round(clients, 0, 1):
            check(await read(server.url(sizes.few)), sizes.few)
        for number in range(sizes.rounds):
            for name, read in of_round(clients, number, sizes.peer_rounds):
                best.add(name, await acpu_seconds(partial(read, url)))
        return table("async", clients, best, sizes)


def check(count: int, expected: int) -> None:
    """The chunks of the role and of the end come on top; whoever gives fewer has not done the work."""
    if count < expected:
        raise RuntimeError(f"{count} chunks instead of {expected}")


def table(kind: str, clients: Sequence[Client[Any]], best: Best, sizes: Sizes) -> Table:
    title = (
        f"CPU per chunk, {kind}: {sizes.chunks:,} chunks at once, best of {sizes.rounds} (peers {sizes.peer_rounds})"
    )
    result = Table(title, ("client", "µs", "by hand = 1"))
    for client in clients:
        seconds = best.get(client.name)
        if seconds is None:
            result.rows.append((client.name, NOT_INSTALLED))
        else:
            result.rows.append((client.name, seconds / sizes.chunks * MICRO, seconds / best[HAND]))
    result.bounds.append(Bound(f"{kind}, rillm against by hand", best[OURS] / best[HAND], LIMIT))
    return result
