"""Chunks by hand as a stream of them, for tests and examples."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from rillm.streams.any_chunk import as_chunk

if TYPE_CHECKING:
    from collections.abc import Iterable

Item = TypeVar("Item")


class ModelResponseListIterator(Generic[Item]):
    """The items of a list, for `for` as well as for `async for`; it can be read once.

    Args:
        model_responses: what to give, usually chunks.
        delay: seconds to wait before each item.

    >>> list(ModelResponseListIterator(["a", "b"]))
    ['a', 'b']
    """

    def __init__(self, model_responses: Iterable[Item], delay: float | None = None) -> None:
        self.model_responses = list(model_responses)
        self.delay = delay
        self._items = iter(self.model_responses)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        item = next(self._items)
        if self.delay:
            time.sleep(self.delay)
        return item

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        try:
            item = next(self._items)
        except StopIteration:
            raise StopAsyncIteration from None
        if self.delay:
            await asyncio.sleep(self.delay)
        return item


class ModelResponseIterator(ModelResponseListIterator[Any]):
    """One response, given once; with `convert_to_delta` as a chunk that has the whole answer."""

    def __init__(self, model_response: Any, convert_to_delta: bool = False) -> None:  # noqa: FBT001, FBT002 - LiteLLM's
        super().__init__([as_chunk(model_response) if convert_to_delta else model_response])
