"""The ways in which a user makes a call: what each shows of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import rillm
from tests.kit.calls import MESSAGES, MODEL, texts, to
from tests.kit.leaks import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.server import Server

    Way = Callable[..., str]


def whole(server: Server, model: str = MODEL, **params: Any) -> str:
    response = rillm.completion(model, MESSAGES, stream=False, **to(server, params))
    return response.choices[0].message.content or ""


def awhole(server: Server, model: str = MODEL, **params: Any) -> str:
    response = run(rillm.acompletion(model, MESSAGES, stream=False, **to(server, params)))
    return response.choices[0].message.content or ""


def stream(server: Server, model: str = MODEL, **params: Any) -> str:
    return texts(rillm.completion(model, MESSAGES, stream=True, **to(server, params)))


def astream(server: Server, model: str = MODEL, **params: Any) -> str:
    async def main() -> str:
        chunks = await rillm.acompletion(model, MESSAGES, stream=True, **to(server, params))
        return texts([chunk async for chunk in chunks])

    return run(main())


def cold(server: Server, model: str = MODEL, **params: Any) -> str:
    return texts(rillm.stream(model, MESSAGES, **to(server, params)))


def acold(server: Server, model: str = MODEL, **params: Any) -> str:
    async def main() -> str:
        return texts([chunk async for chunk in rillm.stream(model, MESSAGES, **to(server, params))])

    return run(main())


every_way = pytest.mark.parametrize("ask", [whole, awhole, stream, astream, cold, acold], ids=lambda way: way.__name__)
every_stream = pytest.mark.parametrize("ask", [stream, astream, cold, acold], ids=lambda way: way.__name__)
every_whole = pytest.mark.parametrize("ask", [whole, awhole], ids=lambda way: way.__name__)
