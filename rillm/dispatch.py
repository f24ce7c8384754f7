"""Calling callbacks: in order, without breaking what they listen to, and without stopping an event loop."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress
from itertools import groupby
from traceback import format_exc
from typing import TYPE_CHECKING, Any

from rillm.listeners import is_async
from rillm.streams.async_driver import AsyncDriver
from rillm.streams.started import Started

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    Calls = Sequence[Callable[[], Any]]


class Dispatcher:
    """Calls the callbacks of one call, those of each event after those of the events before.

    By blocking calls they are called where the event happens. Of a call on an event loop they run in a task, plain
    functions in threads, and the driver that reads the stream waits for that task before it reads on or ends.
    """

    def __init__(self) -> None:
        self._last: asyncio.Task[Any] | None = None

    def dispatch(self, calls: Calls, driver: object = None) -> None:
        """Call them: on the event loop of `driver`, if it is one's, else here."""
        if not calls:
            return
        if isinstance(driver, AsyncDriver) and driver.is_alive:
            self._last = driver.hold(self._after(self._last, calls))  # pyright: ignore[reportUnknownMemberType]
        else:
            for call in calls:
                run_here(call)

    async def adispatch(self, calls: Calls) -> None:
        """Call them, and wait until all have run."""
        await self._after(self._last, calls)

    def start(self, calls: Calls) -> None:
        """Call them where nobody can wait: in a task of the running event loop, else here."""
        if asyncio_runs():
            start(self._after(self._last, calls))
        else:
            self.dispatch(calls)

    @staticmethod
    async def _after(earlier: asyncio.Task[Any] | None, calls: Calls) -> None:
        if earlier is not None and not earlier.done():
            await asyncio.wait([earlier])
        for awaited, group in groupby(calls, is_async):
            if awaited:
                for call in group:
                    await run_on_loop(call)
            else:
                await run_in_thread(list(group))


async def run_on_loop(call: Callable[[], Any]) -> None:
    """Await what it returns. A cancellation, as at the end of `asyncio.run`, ends this callback and not the others."""
    try:
        await call()
    except asyncio.CancelledError:
        complain("It was cancelled with its event loop. Leave streams by `async with` or `aclose`, which wait for it.")
    except Exception:  # noqa: BLE001 - a callback is somebody else's code
        complain()


async def run_in_thread(calls: Calls) -> None:
    """Call them one after the other in one thread, which goes on even if the wait for it is cancelled."""
    results: list[Any] = []

    def run() -> None:
        for call in calls:
            try:
                results.append(call())
            except Exception:  # noqa: BLE001 - a callback is somebody else's code
                complain()

    with suppress(asyncio.CancelledError):
        await asyncio.to_thread(run)
    for result in results:
        if inspect.isawaitable(result):  # of a plain function that returns a coroutine
            await run_on_loop(lambda result=result: result)  # type: ignore[misc]


def run_here(call: Callable[[], Any]) -> None:
    """Call it in this thread. A coroutine that comes of it runs as a task of the running loop."""
    try:
        result = call()
        if inspect.iscoroutine(result):
            if not asyncio_runs():
                result.close()
                raise RuntimeError(  # noqa: TRY301 - reported like what the callback itself raises
                    "an async callback needs a running event loop: use acompletion, or a plain function"
                )
            start(result)
    except Exception:  # noqa: BLE001 - a callback is somebody else's code
        complain()


def asyncio_runs() -> bool:
    """Whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def start(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run it as a task of the running loop; what it raises goes to loguru."""
    task = asyncio.get_running_loop().create_task(Started(coroutine))
    _tasks.add(task)
    task.add_done_callback(_on_done)


def _on_done(task: asyncio.Task[Any]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and task.exception() is not None:
        complain(repr(task.exception()))


_tasks: set[asyncio.Task[Any]] = set()  # an event loop itself holds its tasks only weakly


def complain(what: str = "") -> None:
    """Report what a callback raised."""
    from loguru import logger  # noqa: PLC0415 - loaded when there is something to say

    # Not `exception`, which shows the variables of every frame, and keys among them.
    logger.error("A callback raised; the call is not affected\n{}", what or format_exc())
