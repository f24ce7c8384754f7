"""What a test may have left open."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")
LONGEST = 30.0  # seconds


def wait_until(condition: Callable[[], bool], seconds: float = 2.0) -> bool:
    """Whether `condition` comes true in time: for what ends in another thread."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`; proves that `main` leaves no task behind."""

    async def checked() -> T:
        async with asyncio.timeout(LONGEST):
            result = await main
        deadline = time.monotonic() + 1
        while (others := asyncio.all_tasks() - {asyncio.current_task()}) and time.monotonic() < deadline:
            await asyncio.wait(others, timeout=0.1)  # they may be just ending
        assert not others, others
        return result

    return asyncio.run(checked())
