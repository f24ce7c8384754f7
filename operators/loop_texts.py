"""`LoopTexts`: the texts of one answer, each looked at for loops by itself; not public."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Final

from rillm.operators.loop_detector import LoopDetector
from rillm.streams.retraction import is_retraction
from rillm.streams.texts import CONTENT, REASONING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.operators.loop_detector import Loop
    from rillm.streams.chunk import Delta, ModelResponseStream, StreamingChoices

ARGUMENTS: Final = "tool_calls"


class LoopTexts:
    """A detector for each text that has begun and whose choice has not ended: by its field, and by the choice.

    Attributes:
        contents, thoughts: those of the content and of the reasoning.
    """

    def __init__(self, times: int, least: int) -> None:
        self._texts = {
            field: defaultdict[int, LoopDetector](partial(LoopDetector, times, least, field))
            for field in (CONTENT, REASONING, ARGUMENTS)
        }
        self.contents, self.thoughts, self._arguments = self._texts.values()

    @property
    def unfinished(self) -> Sequence[int]:
        """The choices that have begun and not ended."""
        return sorted(set[int]().union(*self._texts.values()))

    def hear(self, choice: StreamingChoices, chunk: ModelResponseStream) -> Loop | None:
        """What a choice of `chunk` without content and reasoning does: the loop, if one shows in its calls."""
        delta = choice.delta
        if choice.finish_reason is not None:
            for texts in self._texts.values():
                texts.pop(choice.index, None)
        elif delta.tool_calls or delta.function_call:
            return self._arguments[choice.index].feed(arguments_of(delta))
        elif delta.role:
            self.contents[choice.index].feed("")
        elif is_retraction(chunk):
            for texts in self._texts.values():
                texts.clear()
        return None


def arguments_of(delta: Delta) -> str:
    """What a delta adds to arguments. Those of all calls are one text: calls may be a loop, too."""
    if delta.function_call:
        return delta.function_call.arguments
    calls = delta.tool_calls or ()
    return "".join([call.custom.input if call.custom else call.function.arguments for call in calls])
