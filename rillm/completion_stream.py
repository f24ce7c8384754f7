"""`CompletionStream`: the chunks of one call, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.chunk import ModelResponseStream
from rillm.streams.driver import Driver
from rillm.streams.push import push, this_thread
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.record import Record
    from rillm.streams.stream import Closable


class CompletionStream(Stream[ModelResponseStream]):
    """What `completion(..., stream=True)` returns: a `Stream` of the chunks of one call.

    Attributes by LiteLLM's names: `model` and `custom_llm_provider` (of the target that answers), `messages`,
    `stream_options`, `_hidden_params` (the dict that all chunks share).
    """

    def __init__(
        self, chunks: Observable[ModelResponseStream], record: Record, upstream: Closable | None = None
    ) -> None:
        self._record = record

        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            if isinstance(scheduler, Driver):
                return chunks.subscribe(observer, scheduler=scheduler)
            # Retries wait and callbacks are held on a driver, whatever the subscriber's scheduler can do.
            return push(chunks, observer, scheduler or this_thread())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

        super().__init__(subscribe, upstream)

    @property
    def model(self) -> str:
        return self._record.model

    @property
    def custom_llm_provider(self) -> str:
        return self._record.provider

    @property
    def messages(self) -> list[Any]:
        return self._record.messages

    @property
    def stream_options(self) -> dict[str, Any] | None:
        options: dict[str, Any] | None = self._record.params.get("stream_options")
        return options

    @property
    def _hidden_params(self) -> dict[str, Any]:
        return self._record.hidden
