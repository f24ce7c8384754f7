"""CPU of this process; rounds are interleaved and the best one counts, because the machine may be noisy."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from benchmarks.clients import Client

Result = TypeVar("Result")

MICRO = 1e6
MILLI = 1e3
IDLE = 0.001  # seconds of CPU in a pause: what an idle process takes at most
PAUSE = 0.02
MOST_PAUSES = 100


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU that a piece of work takes, on all threads."""
    gc.collect()
    begin = time.process_time()
    work()
    for _ in pauses():
        time.sleep(PAUSE)
    return time.process_time() - begin


async def acpu_seconds(work: Callable[[], Awaitable[object]]) -> float:
    """As `cpu_seconds`, on an event loop."""
    gc.collect()
    begin = time.process_time()
    await work()
    for _ in pauses():
        await asyncio.sleep(PAUSE)
    return time.process_time() - begin


def pauses() -> Iterator[None]:
    """Pauses until nothing is done any more: litellm logs on threads when its stream is over already."""
    for _ in range(MOST_PAUSES):
        before = time.process_time()
        yield
        if time.process_time() - before < IDLE:
            return


def of_round(
    clients: Sequence[Client[Result]], number: int, peer_rounds: int
) -> Iterator[tuple[str, Callable[[str], Result]]]:
    """Who takes part in a round: what is not installed never does, and peers only in the first ones."""
    for client in clients:
        if client.read is not None and (not client.is_peer or number < peer_rounds):
            yield client.name, client.read


class Best:
    """The smallest figure of each name."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def add(self, name: str, seconds: float) -> None:
        self._seconds[name] = min(seconds, self._seconds.get(name, seconds))

    def get(self, name: str) -> float | None:
        """None if nothing was measured under this name."""
        return self._seconds.get(name)

    def __getitem__(self, name: str) -> float:
        return self._seconds[name]
