"""Opening a reading by blocking, but not for longer than so many seconds."""

from __future__ import annotations

import queue
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

from rillm.streams.errors import Timeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.streams.source import Reading

T = TypeVar("T")


def too_late(seconds: float | None) -> Timeout:
    return Timeout(f"The provider had not begun to answer after {seconds:g} s.")


def open_within(seconds: float | None, open_: Callable[[], Reading[T]]) -> Reading[T]:
    """What `open_` returns; on a thread where there is a limit, as nothing can end a connection attempt from outside.

    What comes too late is closed when it comes.

    Raises:
        Timeout: it takes longer than `seconds`.
    """
    if seconds is None:
        return open_()
    outcome: queue.SimpleQueue[Reading[T] | BaseException] = queue.SimpleQueue()
    given_up = threading.Event()
    deciding = threading.Lock()

    def run() -> None:
        try:
            opened: Reading[T] | BaseException = open_()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            opened = error
        with deciding:
            if not given_up.is_set():
                outcome.put(opened)
                return
        if not isinstance(opened, BaseException):
            opened.close()

    threading.Thread(target=copy_context().run, args=(run,), name="rillm-opener", daemon=True).start()
    try:
        opened = outcome.get(timeout=seconds)
    except BaseException as error:
        with deciding:
            given_up.set()
            late = None if outcome.empty() else outcome.get()
        if late is not None and not isinstance(late, BaseException):
            late.close()
        if isinstance(error, queue.Empty):
            raise too_late(seconds) from None
        raise
    if isinstance(opened, BaseException):
        raise opened
    return opened
