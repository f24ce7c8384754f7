"""`tool_calls`: from chunks to the calls that the model makes, each as soon as it is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reactivex import abc

from rillm.operators.json_errors import SHOWN, cut_off
from rillm.streams.errors import StreamDecodeError, StreamTruncatedError
from rillm.streams.function import ChatCompletionDeltaToolCall
from rillm.streams.json_grammar import OBJECT
from rillm.streams.partial_response import partial_response
from rillm.streams.stream import Stream
from rillm.streams.tool_calls import OpenCalls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.function import ChatCompletionMessageToolCall, FunctionCall
    from rillm.streams.open_call import OpenCall

CUT_SHORT: Final = (None, "length", "content_filter")  # a choice that ends so may end in the midst of a call


def tool_calls(index: int = 0) -> Operator[ModelResponseStream, ChatCompletionMessageToolCall]:
    """Emit each call of a tool as soon as it can be run, while the model may still be writing others.

        -add({"x":--1})--now({--})--=tool_calls-|
        [ tool_calls() ]
        ------------add---------now-------------|

    A call is complete when the JSON of its arguments closes. One without arguments, or without an id, is complete when
    the arguments of a later one begin or when the choice is finished; so is a custom tool's, whose input is free text.
    Which call a fragment belongs to is told by its id, then its index, then the order. `function.arguments` is the text
    as it came, "{}" where there was none. Calls by the older `function_call` are emitted as well.

    A call that was cut off is not emitted: it must not be run.

    Args:
        index: which choice, for calls with n > 1.

    Errors: `StreamTruncatedError` when the stream ends and a call was cut off, because the model reached its limit of
    tokens (then it is not `retryable`), was filtered, or said no more; its `.partial` has all calls, as far as they
    came. `StreamDecodeError` when there comes more of a call that was emitted.

    >>> import rillm
    >>> call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"x": 1}'}}
    >>> for call in rillm.stream("mock/echo", mock_tool_calls=[call]).pipe(rillm.tool_calls()):
    ...     print(call.id, call.function.name, call.function.arguments)
    1 add {"x": 1}
    """

    def calls(source: Observable[ModelResponseStream]) -> Stream[ChatCompletionMessageToolCall]:
        def subscribe(
            observer: abc.ObserverBase[ChatCompletionMessageToolCall], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            return source.subscribe(_Calls(index, observer), scheduler=scheduler)

        return Stream(subscribe)

    return calls


class _Calls(abc.ObserverBase["ModelResponseStream"]):
    """The calls of one choice."""

    def __init__(self, index: int, observer: abc.ObserverBase[ChatCompletionMessageToolCall]) -> None:
        self._index = index
        self._observer = observer
        self._calls = OpenCalls()
        self._waiting: dict[int, OpenCall] = {}  # those that were not emitted, by number
        self._chunk: ModelResponseStream | None = None  # the latest with a fragment
        self._cut: StreamTruncatedError | None = None

    def on_next(self, value: ModelResponseStream) -> None:
        for choice in value.choices:
            if choice.index != self._index:
                continue
            delta = choice.delta
            if fragments := delta.tool_calls or as_fragments(delta.function_call):
                self._chunk = value
                self._add(fragments)
            if choice.finish_reason:
                self._finish(choice.finish_reason)

    def on_error(self, error: Exception) -> None:
        self._observer.on_error(error)

    def on_completed(self) -> None:
        self._finish(None)
        if self._cut:
            self._fail(self._cut)
        else:
            self._observer.on_completed()

    def _add(self, fragments: Sequence[ChatCompletionDeltaToolCall]) -> None:
        calls, waiting = self._calls.calls, self._waiting
        known = len(calls)
        numbers = self._calls.add(fragments)
        waiting.update({call.number: call for call in calls[known:]})
        for fragment, number in zip(fragments, numbers, strict=True):
            if number not in waiting and goes_on(calls[number], fragment):
                self._fail(StreamDecodeError(f"The call {calls[number].name!r} went on after its end."))
                return
        latest = max(numbers)
        is_being_written = calls[latest].has_arguments()
        for call in [*waiting.values()]:
            if is_complete(call) or (is_being_written and call.number < latest and not is_open(call)):
                self._emit(call)

    def _finish(self, reason: str | None) -> None:
        for call in [*self._waiting.values()]:
            if is_open(call) or (reason in CUT_SHORT and not is_whole(call)):
                del self._waiting[call.number]
                said = f"The call {call.name!r} was cut off, at {''.join(call.arguments)[-SHOWN:]!r}"
                self._cut = self._cut or cut_off(said, reason)
            else:
                self._emit(call)

    def _emit(self, call: OpenCall) -> None:
        del self._waiting[call.number]
        whole = call.closed()
        if is_whole(call):
            whole.function.arguments = call.json()
        elif call.type != "custom" and not call.has_arguments():
            whole.function.arguments = "{}"
        self._observer.on_next(whole)

    def _fail(self, error: StreamDecodeError | StreamTruncatedError) -> None:
        if self._chunk:
            error.told(self._chunk.hidden_params.get("custom_llm_provider") or "", self._chunk.model or "")
            calls = [call.closed() for call in self._calls.calls]
            error.partial = partial_response(self._chunk, self._index, tool_calls=calls)
        self._observer.on_error(error)


def is_complete(call: OpenCall) -> bool:
    """Whether a call can be run whatever follows."""
    return bool(call.id and call.name) and is_whole(call)


def is_whole(call: OpenCall) -> bool:
    return call.type != "custom" and call.is_whole()


def is_open(call: OpenCall) -> bool:
    return call.type != "custom" and call.is_open()


def goes_on(call: OpenCall, fragment: ChatCompletionDeltaToolCall) -> bool:
    """Whether a fragment of a call that was emitted changes it. What a model says behind the JSON does not."""
    if call.type == "custom":
        return bool(fragment.custom and fragment.custom.input)
    return fragment.function.arguments.lstrip().startswith(OBJECT)


def as_fragments(call: FunctionCall | None) -> list[ChatCompletionDeltaToolCall]:
    if call is None:
        return []
    return [ChatCompletionDeltaToolCall.model_validate({"function": {"name": call.name, "arguments": call.arguments}})]
