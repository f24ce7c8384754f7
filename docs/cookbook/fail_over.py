"""Fail-over: another model goes on in the middle of the sentence in which the first one broke off.

A web server streams an answer to browsers, whatever becomes of the model that began it. When its connection breaks or
falls silent, another model is given the beginning and says the rest, and a browser sees one answer.

    High
     up,
     in
     the
    the other model is to go on after 'High up, in the'
     snow
     of
     the
     mountains.

Why it is right: `timeouts` makes an error of a silence, and closes the connection. `continue_with` hands on what had
come, and of the rest only what is new: the other model says "in the" again, and the browser does not hear it twice.
All chunks have one id, so for any client it is one answer. A model that does not go on with what another has begun
answers anew, behind a chunk that takes the beginning back. When the browser leaves, the server leaves the stream, and
whoever was just talking is closed.
"""

import asyncio
from typing import Any

import rillm
from rillm.testing import ScriptedCall, answer, cut, scripted

Messages = list[dict[str, Any]]


def ask(model: str, messages: Messages) -> rillm.Stream[rillm.ModelResponseStream]:
    return rillm.stream(model, messages).pipe(rillm.timeouts(first_token=10, idle=5))


def reply(messages: Messages) -> rillm.Stream[rillm.ModelResponseStream]:
    def rest(partial: rillm.ModelResponse) -> rillm.Stream[rillm.ModelResponseStream]:
        said = partial.choices[0].message.content
        begun: Messages = [{"role": "assistant", "content": said}] if said else []
        return ask("anthropic/claude-sonnet-4-5", [*messages, *begun])

    return ask("openai/gpt-4o", messages).pipe(rillm.continue_with(rest))


def body(messages: Messages) -> rillm.Stream[bytes]:
    """For `StreamingResponse(body(…), media_type="text/event-stream")` of Starlette and FastAPI."""
    return reply(messages).pipe(rillm.to_sse("openai", heartbeat=15))


async def browser() -> None:
    """In its place, any client of OpenAI's format."""
    sent = body([{"role": "user", "content": "Where do rivers begin?"}])
    async for piece in sent.pipe(rillm.from_sse(), rillm.text()):
        print(piece)


def goes_on(call: ScriptedCall) -> str:
    print("the other model is to go on after", repr(call.messages[-1]["content"]))
    return "in the snow of the mountains."


if __name__ == "__main__":
    broken = answer("High up, in the fog.").pipe(cut(after=4))
    with scripted("openai/*", broken), scripted("anthropic/*", goes_on):  # without the scripts the real models answer
        asyncio.run(browser())
