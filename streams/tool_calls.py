"""Which call a streamed fragment belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.open_call import OpenCall, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.function import ChatCompletionDeltaToolCall


class OpenCalls:
    """The calls of one choice, in the order in which they began.

    A fragment's id decides, then its index, then it belongs to the latest call. Servers get each of them wrong: an
    index that is 0 for every call, missing, or starting at 1; an id that is empty, repeated, new with every fragment,
    or the same for every call. So a new id begins a new call only together with a name, the same id at another index
    is another call, and a name alone begins one only where the call at hand is whole.
    """

    def __init__(self) -> None:
        self.calls: list[OpenCall] = []
        self._by_id: dict[str, OpenCall] = {}
        self._by_index: dict[int, OpenCall] = {}

    def add(self, fragments: Sequence[ChatCompletionDeltaToolCall]) -> list[int]:
        """Add the fragments of one delta; the number of the call that each belongs to, counted from 0."""
        numbers: list[int] = []
        for fragment in fragments:
            call = self._candidate(fragment)
            if call is None or begins_another(call, fragment, in_same_delta=call.number in numbers):
                call = self._begin()
            call.add(fragment)
            if fragment.id:
                self._by_id[fragment.id] = call
            if fragment.index is not None:
                self._by_index[fragment.index] = call
            numbers.append(call.number)
        return numbers

    def _candidate(self, fragment: ChatCompletionDeltaToolCall) -> OpenCall | None:
        """The call that `fragment` goes on with, if it begins none."""
        name, index = name_of(fragment), fragment.index
        by_id = self._by_id.get(fragment.id) if fragment.id else None
        by_index = self._by_index.get(index) if index is not None else None
        if by_id and (by_index is None or by_index.id != fragment.id):
            is_elsewhere = index is not None and by_id.index is not None and by_id.index != index
            return None if name and is_elsewhere else by_id
        if by_index or (index is not None and (fragment.id or name)):
            return by_index
        return self.calls[-1] if self.calls else None

    def _begin(self) -> OpenCall:
        call = OpenCall(len(self.calls))
        self.calls.append(call)
        return call


def begins_another(call: OpenCall, fragment: ChatCompletionDeltaToolCall, *, in_same_delta: bool) -> bool:
    """Whether `fragment`, which by its index could belong to `call`, is the beginning of another one."""
    if not name_of(fragment):
        return False
    if fragment.id and call.id:
        return fragment.id != call.id or (in_same_delta and call.is_whole())
    return in_same_delta or (not fragment.id and bool(call.name) and call.is_whole())
