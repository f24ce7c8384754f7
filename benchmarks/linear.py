"""Whether a chunk of a long answer costs more than one of a short answer, beside what a call costs in any case."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import httpx

import rillm
from benchmarks import by_hand
from benchmarks.async_clients import read_by_rillm
from benchmarks.clients import HAND, OURS, counted, rillm_chunks
from benchmarks.report import Bound, Table
from benchmarks.timing import MICRO, Best, acpu_seconds, cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

LIMIT = 1.10  # of the longer answer against the shorter one, or the other way round
CALLS = 20  # empty answers that are timed together
OURS_ACCUMULATED = "rillm, accumulate()"
OURS_ASYNC = "rillm, async"


def measure(server: Server, sizes: Sizes) -> list[Table]:
    call, short, long = Best(), Best(), Best()
    sync_rounds(server, sizes, call, short, long)
    asyncio.run(async_rounds(server, sizes, call, short, long))
    title = f"CPU per chunk by length of the answer, without that of an empty answer, best of {sizes.rounds}"
    result = Table(
        title, ("client", "empty: µs", f"{sizes.few:,}: µs", f"{sizes.chunks:,}: µs", "ratio", "with the call")
    )
    for name in (HAND, OURS, OURS_ACCUMULATED, OURS_ASYNC):
        of_short = (short[name] - call[name]) / sizes.few
        of_long = (long[name] - call[name]) / sizes.chunks
        ratio = of_long / of_short
        whole = (long[name] / sizes.chunks) / (short[name] / sizes.few)
        result.rows.append((name, call[name] * MICRO, of_short * MICRO, of_long * MICRO, ratio, whole))
        if name != HAND:
            farther = max(ratio, 1 / ratio)
            result.bounds.append(Bound(f"{name}, {sizes.chunks:,} chunks against {sizes.few:,}", farther, LIMIT))
    return [result]


def sync_rounds(server: Server, sizes: Sizes, call: Best, short: Best, long: Best) -> None:
    with httpx.Client() as client:
        readers: dict[str, Callable[[str], int]] = {
            HAND: partial(by_hand.read, client),
            OURS: read,
            OURS_ACCUMULATED: read_accumulated,
        }
        for reader in readers.values():
            reader(server.url(sizes.few))
        for _ in range(sizes.rounds):
            for name, reader in readers.items():
                # As many chunks in all, so that both are timed equally well.
                answers = sizes.chunks // sizes.few
                call.add(name, cpu_seconds(partial(repeated, reader, server.url(0), CALLS)) / CALLS)
                short.add(name, cpu_seconds(partial(repeated, reader, server.url(sizes.few), answers)) / answers)
                long.add(name, cpu_seconds(partial(reader, server.url(sizes.chunks))))


async def async_rounds(server: Server, sizes: Sizes, call: Best, short: Best, long: Best) -> None:
    await read_by_rillm(server.url(sizes.few))
    answers = sizes.chunks // sizes.few
    for _ in range(sizes.rounds):
        call.add(OURS_ASYNC, await acpu_seconds(partial(arepeated, server.url(0), CALLS)) / CALLS)
        short.add(OURS_ASYNC, await acpu_seconds(partial(arepeated, server.url(sizes.few), answers)) / answers)
        long.add(OURS_ASYNC, await acpu_seconds(partial(read_by_rillm, server.url(sizes.chunks))))


def read(base_url: str) -> int:
    return counted(rillm_chunks(base_url))


def read_accumulated(base_url: str) -> int:
    return counted(rillm_chunks(base_url).pipe(rillm.accumulate()))


def repeated(reader: Callable[[str], int], base_url: str, times: int) -> None:
    for _ in range(times):
        reader(base_url)


async def arepeated(base_url: str, times: int) -> None:
    for _ in range(times):
        await read_by_rillm(base_url)
