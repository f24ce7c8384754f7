"""`CustomStreamWrapper`: LiteLLM's class for a stream over any iterator of chunks, as a thin adapter over `Stream`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.call import default_pipeline
from rillm.call_record import Record
from rillm.chunk_objects import ObjectDecoder, ObjectSource, chunk_of
from rillm.completion_stream import CompletionStream
from rillm.listeners import Listeners
from rillm.logging_object import Logging
from rillm.operators.normalize import normalize
from rillm.operators.tap_end import tap_end
from rillm.providers.registration import PROVIDERS
from rillm.reporter import Reporter
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.stream import Stream, driven, from_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class CustomStreamWrapper(Stream[ModelResponseStream]):
    """Chunks from an iterator, tidied, guarded against repetition, and told to the callbacks.

    What `completion(stream=True)` returns counts as one, too: `isinstance(stream, CustomStreamWrapper)`.

    Args:
        completion_stream: an iterator, sync, async or both, of chunks (ours or the OpenAI SDK's) or of generic dicts
            `{"text", "is_finished", "finish_reason", "usage", "index", "tool_use"}`; it belongs to the first loop.
        model: the name that chunks get, its provider's prefix taken off.
        logging_obj: a `Logging` that tells which call it is; anything else is not looked at.
        custom_llm_provider: who answers.
        stream_options: `{"include_usage": True}` for a chunk with the usage at the end.
        make_call: called as `make_call(client=None)` by the first read where there is no `completion_stream`; may be
            a coroutine function.
        _response_headers, count_prompt_tokens, is_mock: for LiteLLM's sake.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - LiteLLM's
        self,
        completion_stream: Any,
        model: str | None,
        logging_obj: Any = None,
        custom_llm_provider: str | None = None,
        stream_options: Mapping[str, Any] | None = None,
        make_call: Callable[..., Any] | None = None,
        _response_headers: Mapping[str, str] | None = None,
        count_prompt_tokens: Callable[[], int] | None = None,
        is_mock: bool = False,  # noqa: FBT001, FBT002 - LiteLLM's
    ) -> None:
        del count_prompt_tokens, is_mock
        self.model = model
        self.custom_llm_provider = custom_llm_provider
        self.logging_obj = logging_obj
        self.stream_options = stream_options
        self.completion_stream = completion_stream
        provider = custom_llm_provider or ""
        name = (model or "").removeprefix(f"{provider}/")
        record = logging_obj.record if isinstance(logging_obj, Logging) else Record([], {}, "completion", stream=True)
        record.provider, record.model = provider, name
        known = PROVIDERS.get(provider)
        headers = {"additional_headers": dict(_response_headers or {}), "api_base": ""}
        record.hidden.update(record.hidden_params(provider, known.prices if known else None) | headers)
        self._record = record
        details = logging_obj.model_call_details if isinstance(logging_obj, Logging) else None
        reporter = Reporter(record, Listeners.of_call({}), details)
        source = ObjectSource(completion_stream, make_call, {"llm_provider": provider, "model": name})
        include_usage = bool(stream_options and stream_options.get("include_usage"))
        normalized = normalize(
            lambda: ObjectDecoder(calls_decide=not speaks_openai(provider)),
            model=name or None,
            hidden_params=record.hidden,
            include_usage=include_usage,
            keep_leading=include_usage,
            roles_as_sent=True,
        )
        chunks: Stream[ModelResponseStream] = from_source(source).pipe(
            normalized, *default_pipeline(), tap_end(reporter.on_try_end)
        )
        super().__init__(driven(reporter.reported(chunks)), source)

    def model_response_creator(self, chunk: Mapping[str, Any] | None = None) -> ModelResponseStream:
        """A chunk of this stream's model, from a dict."""
        return chunk_of({"choices": [{}], **(chunk or {}), "model": self._record.model})

    @property
    def messages(self) -> list[Any]:
        return self._record.messages

    @property
    def _hidden_params(self) -> dict[str, Any]:
        return self._record.hidden


CustomStreamWrapper.register(CompletionStream)


def speaks_openai(provider: str) -> bool:
    """Whether its finish_reason is OpenAI's own, to be kept as it is."""
    known = PROVIDERS.get(provider)
    return known is not None and known.format == "openai-chat"
