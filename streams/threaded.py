"""Awaiting a source that can only be read by blocking: each read runs on a thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from rillm.streams.source import AsyncReading, Reading

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

T = TypeVar("T")


async def aopen_on_thread(open_: Callable[[], Reading[T]]) -> AsyncReading[T]:
    """Open by `open_` and read what it opened on a thread, a block at a time."""
    opening = asyncio.ensure_future(asyncio.to_thread(open_))
    try:
        reading = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_late)
        raise

    async def aclose() -> None:
        reading.close()

    return AsyncReading(_blocks(reading), aclose, reading.close)


async def _blocks(reading: Reading[T]) -> AsyncGenerator[Sequence[T]]:
    while True:
        block = await asyncio.to_thread(next, reading.blocks, None)
        if block is None:
            return
        yield block


def _close_late(opening: asyncio.Task[Reading[T]]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
