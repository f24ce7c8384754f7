"""Typing assistant: a new draft ends the completion of the one before.

Somebody writes in a browser, and the model completes the sentence. Each draft that comes over the WebSocket is a new
question; what the model still had to say to the one before is neither shown nor paid for.

    The river flows
    The river flows to
    The river Rhine begins
    The river Rhine begins in
    The river Rhine begins in Switzerland.

Why it is right: `switch_map` lets go of the old answer before it asks for the new one, so its connection is closed
there and then, and no word of it can come behind a word of the new one. When the browser has gone, `send_text` raises:
the loop is left, and what is open is closed with it.
"""

import asyncio
from collections.abc import AsyncIterator

from reactivex import operators as ops

import rillm
from rillm.testing import answer, scripted, stall


def completed(draft: str) -> rillm.Stream[str]:
    """The draft with what the model makes of it, at each word."""
    messages = [
        {"role": "system", "content": "Complete the sentence. Answer with the rest of it, and nothing else."},
        {"role": "user", "content": draft},
    ]
    return rillm.stream("openai/gpt-4o-mini", messages, max_tokens=30).pipe(rillm.text(), ops.scan(str.__add__, draft))


def assistant(drafts: rillm.Stream[str]) -> rillm.Stream[str]:
    return drafts.pipe(ops.switch_map(completed))


class WebSocket:
    """In the place of Starlette's and FastAPI's: somebody reads two words, and types on."""

    def __init__(self) -> None:
        self.two_words = asyncio.Event()

    async def iter_text(self) -> AsyncIterator[str]:
        yield "The river"
        await self.two_words.wait()
        yield "The river Rhine"

    async def send_text(self, data: str) -> None:
        print(data)
        if data == "The river flows to":
            self.two_words.set()


async def handler(websocket: WebSocket) -> None:
    async for text in assistant(rillm.from_iterable(websocket.iter_text())):
        await websocket.send_text(text)


if __name__ == "__main__":
    slow, quick = answer(" flows to the sea.").pipe(stall(after=2)), answer(" begins in Switzerland.")
    with scripted("openai/gpt-4o-mini", slow, quick):  # without it the real model answers
        asyncio.run(handler(WebSocket()))
