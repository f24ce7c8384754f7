"""What a model asks its client to run: functions and custom tools."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer
from pydantic_core import to_json

from rillm.streams.by_hand import for_direct_use, given, listed, plain
from rillm.streams.json_values import is_object
from rillm.streams.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterator


def _as_text(arguments: Any) -> Any:
    """Arguments as JSON text: some servers send the object itself, or null."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else to_json(arguments).decode()


Arguments = Annotated[str, BeforeValidator(_as_text)]


class Function(Model):
    arguments: Arguments = ""
    name: str | None = None

    @for_direct_use
    def __init__(self, arguments: Any = None, name: str | None = None, **extra: Any) -> None:
        self._fill({**extra, **given(arguments=arguments, name=name)})


class FunctionCall(Model):
    """The call of a function by the parameter that came before `tools`."""

    arguments: Arguments = ""
    name: str | None = None


class CustomTool(Model):
    """The call of a custom tool: https://platform.openai.com/docs/guides/function-calling#custom-tools."""

    name: str | None = None
    input: Arguments = ""


def _if_custom(value: Any) -> Any:
    return value if is_object(value) or isinstance(value, CustomTool) else None


Custom = Annotated[CustomTool | None, BeforeValidator(_if_custom)]


class ToolCall(Model):
    """Of a function or of a custom tool: what is shown of it has the one that is called."""

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        return ((name, value) for name, value in super().__repr_args__() if name != self._other)

    @property
    def _other(self) -> str:
        return "custom" if self.get("custom") is None else "function"

    @model_serializer(mode="wrap")
    def _what_is_called(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = dump(self)
        values.pop(self._other, None)
        return values


class ChatCompletionDeltaToolCall(ToolCall):
    """A piece of a tool call. `index` tells the calls of one choice apart; None where the server did not say."""

    id: str | None = None
    function: Function = Field(default_factory=Function)
    type: str | None = "function"
    custom: Custom = None
    index: int | None = None


class ChatCompletionMessageToolCall(ToolCall):
    """A call that the client has to run; `function.arguments` is JSON text as the model wrote it."""

    function: Function = Field(default_factory=Function)
    id: str | None = None
    type: str | None = "function"
    custom: Custom = None

    @for_direct_use
    def __init__(self, function: Any = None, id: str | None = None, type: str | None = None, **extra: Any) -> None:  # noqa: A002 - OpenAI's names
        function = Function(**function) if is_object(function) else plain(function)
        self._fill({**extra, "id": id or str(uuid.uuid4()), **given(function=function, type=type)})


def delta_tool_calls(calls: Any) -> list[Any]:
    """Pieces of calls as a delta has them: without an index each gets its place in the list."""
    return [_delta_tool_call(call, place) for place, call in enumerate(listed(calls))]


def _delta_tool_call(call: Any, place: int) -> Any:
    values = plain(call)
    if not is_object(values):
        return call
    told = {key: value for key, value in values.items() if value is not None}
    return {"index": place, "type": "custom" if "custom" in told else "function", **told}


def message_tool_calls(calls: Any) -> list[Any]:
    """Calls as a message has them."""
    values = [plain(call) for call in listed(calls)]
    return [ChatCompletionMessageToolCall(**call) if is_object(call) else call for call in values]
