"""One step of a streamed completion, in the shape of OpenAI's `chat.completion.chunk`.

Field names and order are LiteLLM's. Fields that only some providers send (`reasoning_content`, `refusal`, `usage`,
`citations`, …) exist only on the chunks that have them: ask with `chunk.get("usage")` or `hasattr`.

What a caller makes by hand gets what LiteLLM gives it: an id, a time, objects from dicts, OpenAI's finish reasons.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from pydantic import Field

from rillm.streams.by_hand import extra_fields, for_direct_use, given, is_null, listed, plain
from rillm.streams.finish_reasons import in_openai_words
from rillm.streams.function import ChatCompletionDeltaToolCall, FunctionCall, delta_tool_calls
from rillm.streams.json_values import is_object
from rillm.streams.logprobs import Logprobs  # noqa: TC001 - pydantic reads it
from rillm.streams.model import HiddenParams, Model
from rillm.streams.usage import Usage, as_usage


class Delta(Model):
    """What a chunk adds to one choice."""

    provider_specific_fields: dict[str, Any] | None = None
    content: str | None = None
    role: str | None = None
    function_call: FunctionCall | None = None
    tool_calls: list[ChatCompletionDeltaToolCall] | None = None
    audio: Any = None

    if TYPE_CHECKING:  # there only when sent
        reasoning_content: str | None = None
        refusal: str | None = None
        annotations: list[Any] | None = None
        thinking_blocks: list[Any] | None = None
        images: list[Any] | None = None

    @for_direct_use
    def __init__(  # noqa: PLR0913, PLR0917 - LiteLLM's
        self,
        content: str | None = None,
        role: str | None = None,
        function_call: Any = None,
        tool_calls: Any = None,
        audio: Any = None,
        reasoning_content: str | None = None,
        reasoning: str | None = None,
        **extra: Any,
    ) -> None:
        """`reasoning` is another name for `reasoning_content`."""
        values = given(
            content=content,
            role=role,
            function_call=plain(function_call),
            tool_calls=None if tool_calls is None else delta_tool_calls(tool_calls),
            audio=plain(audio),
            reasoning_content=reasoning if reasoning_content is None else reasoning_content,
        )
        self._fill({**extra_fields(extra), **values})


class StreamingChoices(Model):
    finish_reason: str | None = None
    index: int = 0
    delta: Delta = Field(default_factory=Delta)
    logprobs: Logprobs | None = None

    @for_direct_use
    def __init__(
        self,
        finish_reason: str | None = None,
        index: int = 0,
        delta: Delta | dict[str, Any] | None = None,
        logprobs: Any = None,
        enhancements: Any = None,
        **extra: Any,
    ) -> None:
        delta = plain(delta)
        values = given(
            finish_reason=finish_reason or None,
            delta=Delta(**delta) if is_object(delta) else delta,
            logprobs=plain(logprobs),
            enhancements=enhancements,
        )
        self._fill(in_openai_words({**extra, "index": index, **values}))


class ModelResponseStream(HiddenParams):
    """A chunk: what `for chunk in completion(..., stream=True)` yields."""

    id: str | None = None
    created: int | None = None
    model: str | None = None
    object: str = "chat.completion.chunk"
    system_fingerprint: str | None = None
    choices: list[StreamingChoices] = Field(default_factory=lambda: [StreamingChoices()])
    provider_specific_fields: dict[str, Any] | None = None
    # OpenAI sends it with each chunk: as an extra field it would cost a fiftieth of all that a chunk costs.
    service_tier: str | None = Field(default=None, exclude_if=is_null)

    if TYPE_CHECKING:  # there only when sent
        usage: Usage | None = None
        citations: list[Any] | None = None

    @for_direct_use
    def __init__(
        self,
        choices: Any = None,
        id: str | None = None,  # noqa: A002 - OpenAI's name
        created: int | None = None,
        provider_specific_fields: dict[str, Any] | None = None,
        **extra: Any,
    ) -> None:
        """`choices`: of `StreamingChoices` or dicts, one empty choice without it; `extra`: all other fields."""
        if extra.get("usage") is not None:
            extra["usage"] = as_usage(extra["usage"])
        values = given(provider_specific_fields=provider_specific_fields)
        if choices is not None:
            values["choices"] = [streaming_choice(choice) for choice in listed(choices)]
        self._fill({**extra, **values, **identity(id, created), "object": "chat.completion.chunk"})


def streaming_choice(choice: Any) -> Any:
    """A choice of a chunk from whatever it is given as; `message` is a whole answer's."""
    values = plain(choice)
    if not is_object(values):
        return choice
    return StreamingChoices(**{key: value for key, value in values.items() if key != "message"})


def identity(id_: str | None, created: int | None) -> dict[str, Any]:
    """Who a response is; without an id a new one, without a time, in seconds since the epoch, that of now."""
    return {"id": id_ or f"chatcmpl-{uuid.uuid4()}", "created": int(time.time()) if created is None else created}
