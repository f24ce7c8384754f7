"""Calls to a scripted server, in the ways that users make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rillm
from tests.kit.leaks import run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rillm import ModelResponseStream, Stream
    from tests.kit.server import Server

MODEL = "openai/gpt-test"
MESSAGES = [{"role": "user", "content": "Hi"}]
KEY = "sk-hush-hush"


def cold(server: Server, **params: Any) -> Stream[ModelResponseStream]:
    return rillm.stream(MODEL, MESSAGES, **to(server, params))


def opened(server: Server, **params: Any) -> Stream[ModelResponseStream]:
    return rillm.completion(MODEL, MESSAGES, stream=True, **to(server, params))


async def aopened(server: Server, **params: Any) -> Stream[ModelResponseStream]:
    return await rillm.acompletion(MODEL, MESSAGES, stream=True, **to(server, params))


def to(server: Server, params: dict[str, Any]) -> dict[str, Any]:
    """Where the server is; a failure is a failure at once, unless a test is about retries."""
    return {"api_base": server.url, "api_key": KEY, "max_retries": 0, **params}


def ask(server: Server, **params: Any) -> list[ModelResponseStream]:
    """All chunks of `completion(stream=True)`."""
    return list(opened(server, **params))


def aask(server: Server, **params: Any) -> list[ModelResponseStream]:
    """All chunks of `acompletion(stream=True)`."""

    async def main() -> list[ModelResponseStream]:
        return [chunk async for chunk in await aopened(server, **params)]

    return run(main())


def texts(chunks: Iterable[ModelResponseStream]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
