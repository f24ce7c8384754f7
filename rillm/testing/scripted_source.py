"""A scripted answer as the source of a call: frames of OpenAI's chat format, which go the way of every answer."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from rillm.providers.failures import of_exception
from rillm.providers.mock import MockSource
from rillm.providers.mock_frames import frame, last_frames, mock_usage
from rillm.providers.mock_slices import slices
from rillm.providers.openai_request import plain
from rillm.streams.source import AsyncReading, Reading
from rillm.streams.stream import Stream, as_stream, from_source
from rillm.testing.chunks import chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rillm.streams.chunk import ModelResponseStream
    from rillm.testing.scripted import Said, ScriptedCall


class ScriptedSource:
    """Each opening is a try of the call, and takes its answer."""

    def __init__(self, take: Callable[[], tuple[ScriptedCall, Said]]) -> None:
        self._take = take

    def open(self) -> Reading[bytes]:
        call, stream = self._begun()

        def close() -> None:
            stream.close()
            call.is_open = False

        return Reading(blocks(stream), close)

    async def aopen(self) -> AsyncReading[bytes]:
        call, stream = self._begun()
        items = aiter(stream)

        def abort() -> None:
            stream.close()
            call.is_open = False

        async def aclose() -> None:
            abort()
            with suppress(RuntimeError):  # another task is reading; its read ends by itself
                await items.aclose()

        return AsyncReading(items, aclose, abort)

    def _begun(self) -> tuple[ScriptedCall, Stream[list[bytes]]]:
        call, said = self._take()
        if isinstance(said, Exception):
            raise failure(said, call)

        def fail(error: Exception, _: Observable[bytes]) -> Observable[bytes]:
            return reactivex.throw(failure(error, call))

        def end() -> None:
            call.is_open = False

        call.is_open = True
        frames = sent(call, said).pipe(ops.catch(fail), ops.finally_action(end))
        return call, frames.pipe(ops.map(lambda one: [one]))


def blocks(stream: Stream[list[bytes]]) -> Generator[list[bytes]]:
    """Begun by who reads them, which may be another thread."""
    yield from stream


def sent(call: ScriptedCall, said: Said) -> Stream[bytes]:
    """The frames of an answer."""
    if isinstance(said, Observable):
        return encoded(said)
    body = {"model": call.model, "messages": call.messages, "n": call.params.get("n")}
    pieces = slices(said) if isinstance(said, str) else said  # a text of a script is no name of an error
    return from_source(MockSource(body, pieces, provider=call.model.partition("/")[0]))


def encoded(chunks: Observable[Any]) -> Stream[bytes]:
    usage: Any = None

    def encode(one: str | ModelResponseStream) -> bytes:
        nonlocal usage
        sent = chunk(one) if isinstance(one, str) else one
        usage = sent.get("usage") or sent.hidden_params.get("usage") or usage
        return frame(sent.model_dump(exclude_none=True))

    def end(_: object) -> Observable[bytes]:
        return reactivex.of(*last_frames({}, plain(usage) or mock_usage()))

    return as_stream(chunks.pipe(ops.map(encode), ops.concat(reactivex.defer(end))))


def failure(error: Exception, call: ScriptedCall) -> Exception:
    """What a provider would have failed with. To try again needs no waiting."""
    if isinstance(error, AssertionError):
        return error  # of the test itself
    provider, _, model = call.model.partition("/")
    ours = of_exception(error, llm_provider=provider, model=model)
    if ours.retry_after is None:
        ours.retry_after = 0.0
    return ours
