"""Which call a streamed fragment belongs to, and what the fragments of one call add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from rillm.streams.chunk import Function
from rillm.streams.response import ChatCompletionMessageToolCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import ChatCompletionDeltaToolCall


@dataclass(slots=True)
class OpenCall:
    """A call whose fragments are still coming."""

    number: int
    id: str = ""
    name: str = ""
    type: str = "function"
    arguments: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def add(self, fragment: ChatCompletionDeltaToolCall) -> None:
        self.id = self.id or fragment.id or ""
        self.name = self.name or fragment.function.name or ""
        self.type = fragment.type or self.type
        if fragment.function.arguments:
            self.arguments.append(fragment.function.arguments)
        for key, value in fragment.extra.items():
            self.extra[key] = _joined(self.extra.get(key), value)

    def is_whole(self) -> bool:
        """Whether the arguments so far are a JSON object."""
        try:
            return isinstance(from_json("".join(self.arguments)), dict)
        except ValueError:
            return False

    def closed(self) -> ChatCompletionMessageToolCall:
        values: dict[str, Any] = {"id": self.id or None, "type": self.type, **self.extra}
        if self.type == "function":
            values["function"] = Function(name=self.name or None, arguments="".join(self.arguments))
        return ChatCompletionMessageToolCall.model_validate(values)


class OpenCalls:
    """The calls of one choice, in the order in which they began.

    The key is the id, then the index, then the latest call. Servers get each of them wrong: an index that is 0 for every
    call, missing, or starting at 1; an id that is empty, repeated, or new with every fragment. So a new id begins a new
    call only together with a name, and a name alone begins one only where the call at hand is whole.
    """

    def __init__(self) -> None:
        self.calls: list[OpenCall] = []
        self._by_id: dict[str, OpenCall] = {}
        self._by_index: dict[int, OpenCall] = {}

    def add(self, fragments: Sequence[ChatCompletionDeltaToolCall]) -> list[int]:
        """Add the fragments of one delta; the number of the call that each belongs to, counted from 0."""
        numbers: list[int] = []
        for fragment in fragments:
            call = self._find(fragment, numbers) or self._begin()
            call.add(fragment)
            if fragment.id:
                self._by_id[fragment.id] = call
            if fragment.index is not None:
                self._by_index[fragment.index] = call
            numbers.append(call.number)
        return numbers

    def _find(self, fragment: ChatCompletionDeltaToolCall, taken: list[int]) -> OpenCall | None:
        name = fragment.function.name
        if fragment.id and fragment.id in self._by_id:
            return self._by_id[fragment.id]
        call = self.calls[-1] if self.calls else None
        if fragment.index is not None:
            call = self._by_index.get(fragment.index)
        if call is None or (call.number in taken and name):
            return None
        is_new = name and (fragment.id and call.id or call.name and not fragment.id and call.is_whole())
        return None if is_new else call

    def _begin(self) -> OpenCall:
        call = OpenCall(len(self.calls))
        self.calls.append(call)
        return call


def _joined(earlier: Any, later: Any) -> Any:
    """Join the pieces of fields we do not know, such as the input of a custom tool call."""
    if isinstance(earlier, dict) and isinstance(later, dict):
        return earlier | {key: _joined(earlier.get(key), value) for key, value in later.items()}
    if isinstance(earlier, str) and isinstance(later, str) and later != earlier:
        return earlier + later
    return earlier if later is None else later
