"""Async clients: as `benchmarks.clients`, on the running event loop."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import httpx

import rillm
from benchmarks import by_hand, peers
from benchmarks.clients import HAND, OURS, OURS_ON_HTTPX, Client
from benchmarks.wire import API_KEY, MESSAGES, MODEL, REQUEST

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable

UNLIMITED = httpx.Limits(max_connections=None)  # else the stream 101 waits for another to end


async def counted(chunks: AsyncIterable[object]) -> int:
    count = 0
    async for _ in chunks:
        count += 1
    return count


async def read_by_rillm(base_url: str, **params: Any) -> int:
    return await counted(
        await rillm.acompletion(f"openai/{MODEL}", MESSAGES, stream=True, api_base=base_url, api_key=API_KEY, **params)
    )


async def reader_by_openai(stack: AsyncExitStack) -> Callable[[str], Awaitable[int]]:
    root = await stack.enter_async_context(peers.module("openai").AsyncOpenAI(api_key=API_KEY))

    @cache
    def at(base_url: str) -> Any:
        return root.with_options(base_url=base_url)

    async def read(base_url: str) -> int:
        return await counted(await at(base_url).chat.completions.create(**REQUEST))

    return read


async def reader_by_litellm(stack: AsyncExitStack) -> Callable[[str], Awaitable[int]]:
    litellm = peers.module("litellm")
    stack.push_async_callback(litellm.close_litellm_async_clients)

    async def read(base_url: str) -> int:
        return await counted(
            await litellm.acompletion(
                model=f"openai/{MODEL}", messages=MESSAGES, stream=True, api_base=base_url, api_key=API_KEY
            )
        )

    return read


@asynccontextmanager
async def opened_async_clients() -> AsyncGenerator[list[Client[Awaitable[int]]]]:
    """All of them; the first is the one that the others are compared with."""
    readers = {"openai": reader_by_openai, "litellm": reader_by_litellm}
    async with (
        httpx.AsyncClient(limits=UNLIMITED) as plain,
        httpx.AsyncClient(limits=UNLIMITED) as engine,
        AsyncExitStack() as stack,
    ):
        yield [
            Client(HAND, partial(by_hand.aread, plain)),
            Client(OURS, read_by_rillm),
            Client(OURS_ON_HTTPX, partial(read_by_rillm, client=engine)),
            *[
                Client(peers.titled(name), await reader(stack) if peers.is_installed(name) else None, is_peer=True)
                for name, reader in readers.items()
            ],
        ]
