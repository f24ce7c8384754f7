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


def client_sockets(server: Server) -> int:
    """How many sockets of this process lead to the server."""
    sockets = psutil.Process().net_connections("tcp")
    return sum(1 for one in sockets if one.raddr and one.raddr.port == server.port)


def test_sync(server: Server) -> None:
    server.play(script(wire.frame("Hello"), Do.STALL))
    threads = threading.active_count()
    for number in range(1, BATCHES + 1):
        streams = [cold(server) for _ in range(BATCH)]
        for stream in streams:
            for _ in stream:
                break
        for _ in range(BATCH):
            opened(server)
        assert wait_until(lambda: client_sockets(server) == 0)
        assert len(server.exchanges) == number * 2 * BATCH
    assert not server.busy()
    assert wait_until(lambda: threading.active_count() == threads)


@pytest.mark.usefixtures("async_engine")
def test_async(server: Server) -> None:
    async def read_and_leave() -> None:
        async for _ in cold(server):
            break

    async def main() -> None:
        for number in range(1, BATCHES + 1):
            await asyncio.gather(*(read_and_leave() for _ in range(BATCH)))
            await asyncio.gather(*(aopened(server) for _ in range(BATCH)))
            assert await asyncio.to_thread(wait_until, lambda: client_sockets(server) == 0)
            assert len(server.exchanges) == number * 2 * BATCH
            assert asyncio.all_tasks() == {asyncio.current_task()}

    server.play(script(wire.frame("Hello"), Do.STALL))
    run(main())
    assert not server.busy()
