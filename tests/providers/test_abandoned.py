"""A thousand streams that nobody reads to their end leave nothing open."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.kit import wire
from tests.kit.calls import aopened, cold, opened
from tests.kit.leaks import run, wait_until
from tests.kit.server import Do, script

if TYPE_CHECKING:
    from tests.kit.server import Server

BATCHES = 10
BATCH = 50  # as many with `break`, as many never read: 1,000 in all


def open_files() -> int:
    """How many files and sockets this process has open, those of the server with them."""
    return psutil.Process().num_fds()


def test_sync(server: Server) -> None:
    server.play(script(wire.frame("Hello"), Do.STALL))
    next(iter(cold(server)))
    assert server.exchange().left.wait(5)
    threads, before = threading.active_count(), open_files()
    for number in range(1, BATCHES + 1):
        streams = [cold(server) for _ in range(BATCH)]
        for stream in streams:
            for _ in stream:
                break
        for _ in range(BATCH):
            opened(server)
        assert wait_until(lambda: open_files() <= before)
        assert len(server.exchanges) == 1 + number * 2 * BATCH
    assert not server.busy()
    assert wait_until(lambda: threading.active_count() <= threads)


@pytest.mark.usefixtures("async_engine")
def test_async(server: Server) -> None:
    async def read_and_leave() -> None:
        async for _ in cold(server):
            break

    async def main() -> None:
        await read_and_leave()
        await asyncio.to_thread(server.exchange().left.wait, 5)
        before = open_files()
        for number in range(1, BATCHES + 1):
            await asyncio.gather(*(read_and_leave() for _ in range(BATCH)))
            await asyncio.gather(*(aopened(server) for _ in range(BATCH)))
            assert await asyncio.to_thread(wait_until, lambda: open_files() <= before)
            assert len(server.exchanges) == 1 + number * 2 * BATCH
            assert asyncio.all_tasks() == {asyncio.current_task()}

    server.play(script(wire.frame("Hello"), Do.STALL))
    run(main())
    assert not server.busy()
