"""`CompletionStream`: the chunks of one call, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.chunk import ModelResponseStream
from rillm.streams.stream import Stream, driven

if TYPE_CHECKING:
    from reactivex import Observable

    from rillm.call_record import Record
    from rillm.streams.stream import Closable


class CompletionStream(Stream[ModelResponseStream]):
    """What `completion(..., stream=True)` returns: a `Stream` of the chunks of one call.

    Attributes by LiteLLM's names: `model` and `custom_llm_provider` (of the target that answers), `messages`,
    `stream_options`, `_hidden_params` (what was known before the answer; chunks have more).
    """

    def __init__(
        self, chunks: Observable[ModelResponseStream], record: Record, upstream: Closable | None = None
    ) -> None:
        self._record = record
        # Retries wait and callbacks are held on a driver.
        super().__init__(driven(chunks), upstream)

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
