"""Stores for `cache`."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Generator


class Memory:
    """A store that remembers what was asked of it."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.log: list[str] = []

    def get(self, key: str) -> bytes | None:
        self.log.append("get")
        return self.answers.get(key)

    def set(self, key: str, value: bytes) -> None:
        self.log.append("set")
        self.answers[key] = value


class AsyncMemory(Memory):
    """The same, by coroutine functions that let others run meanwhile."""

    async def get(self, key: str) -> bytes | None:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().get(key)

    async def set(self, key: str, value: bytes) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().set(key, value)


class Waiting(AsyncMemory):
    """One that never answers; `left` counts who did not wait for it."""

    left = 0

    async def get(self, key: str) -> None:  # type: ignore[override]
        try:
            await asyncio.Event().wait()
        finally:
            self.left += 1


class Broken:
    """A store of which something fails."""

    def __init__(self, value: bytes | None = None, *, get: bool = False, set: bool = False) -> None:  # noqa: A002 - the methods' names
        self._value, self._get, self._set = value, get, set

    def get(self, key: str) -> bytes | None:
        if self._get:
            raise OSError("no route to the store")
        return self._value

    def set(self, key: str, value: bytes) -> None:
        if self._set:
            raise OSError("the store is full")


class AsyncBroken(Broken):
    async def get(self, key: str) -> bytes | None:  # type: ignore[override]
        return super().get(key)

    async def set(self, key: str, value: bytes) -> None:  # type: ignore[override]
        super().set(key, value)


@contextmanager
def warnings() -> Generator[list[str]]:
    """What loguru is told meanwhile."""
    told: list[str] = []
    sink = logger.add(told.append, format="{level} {message}")
    try:
        yield told
    finally:
        logger.remove(sink)
