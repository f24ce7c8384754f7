"""`Store`: where `cache` keeps answers, and how it is asked."""

from __future__ import annotations

import inspect
from traceback import format_exc
from typing import TYPE_CHECKING, Any, Final, Protocol

from rillm.streams.errors import BadRequestError
from rillm.streams.iterables import IterableSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rillm.streams.source import AsyncReading, Reading

NEEDS_A_LOOP: Final = "This store is asynchronous: read the stream by `async for`, or give cache() a store that is not."


class Store(Protocol):
    """Keeps bytes under a text. Its methods may be coroutine functions.

    `redis.Redis`, `redis.asyncio.Redis` and `diskcache.Cache` are such stores as they are. What they raise is reported
    to loguru and counts as nothing found. A plain function is called where the stream is read, on an event loop too: if
    it takes longer than a millisecond or so, make it a coroutine function.
    """

    def get(self, key: str, /) -> bytes | Awaitable[bytes | None] | None:
        """What was kept, None if nothing was."""

    def set(self, key: str, value: bytes, /) -> object:
        """Keep it, in the place of what was there."""


class Asked:
    """What a store answers, as a source of one item; None where it fails, which is reported."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask

    def open(self) -> Reading[Any]:
        answer = self._answer()
        if inspect.isawaitable(answer):
            if inspect.iscoroutine(answer):
                answer.close()
            raise BadRequestError(NEEDS_A_LOOP)
        return IterableSource([[answer]]).open()

    async def aopen(self) -> AsyncReading[Any]:
        answer = self._answer()
        if inspect.isawaitable(answer):
            try:
                answer = await answer
            except Exception:  # noqa: BLE001 - as below
                answer = None
                complain()
        return await IterableSource([[answer]], may_block=False).aopen()

    def _answer(self) -> Any:
        try:
            return self._ask()
        except Exception:  # noqa: BLE001 - a store is no part of the answer
            complain()
            return None


def complain() -> None:
    """Report what a cache could not do."""
    from loguru import logger  # noqa: PLC0415 - loaded when there is something to say

    # Not `exception`, which shows the variables of every frame, and prompts among them.
    logger.warning("A cache cannot be used; its stream is not affected\n{}", format_exc())
