"""What the deltas of one choice add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.streams.audio import OpenAudio
from rillm.streams.finish_reasons import in_openai_words
from rillm.streams.function import FunctionCall
from rillm.streams.json_values import EMPTY, gather, is_array
from rillm.streams.logprobs import OpenLogprobs
from rillm.streams.message import Choices, Message
from rillm.streams.reasoning_details import joined_details
from rillm.streams.thinking_blocks import joined_blocks
from rillm.streams.tool_calls import OpenCalls

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.streams.chunk import Delta, StreamingChoices

JOINED_TEXTS = frozenset({"reasoning_content", "refusal"})
JOINED_FIELDS = frozenset({"tool_plan"})  # of `provider_specific_fields`
# What comes in blocks of which each is streamed in pieces, and how to put the pieces together.
BLOCKS: Final[dict[str, Callable[[Any], Any]]] = {
    "reasoning_details": joined_details,
    "thinking_blocks": joined_blocks,
}


class ChoiceAccumulator:
    """One choice so far. Texts are kept as pieces and joined once, so that the cost stays linear."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.finish_reason: str | None = None
        self.texts: list[str] = []
        self.calls = OpenCalls()
        self._role: str | None = None
        self._function_name: str | None = None
        self._function_arguments: list[str] = []
        self._has_function = False
        self._pieces: dict[str, list[str]] = {}
        self._audio = OpenAudio()
        self._extra: dict[str, Any] = {}
        self._fields: dict[str, Any] = {}
        self._field_pieces: dict[str, list[str]] = {}
        self.logprobs = OpenLogprobs()
        self._choice_extra: dict[str, Any] = {}

    def add_rest(self, choice: StreamingChoices) -> None:
        """Add what `choice` brings beside its content, which goes straight into `texts`."""
        self._add_delta(choice.delta)
        if choice.finish_reason:
            self.finish_reason = choice.finish_reason
        if choice.logprobs:
            self.logprobs.add(choice.logprobs)
        for key, value in choice.extra.items():
            if value not in EMPTY and not is_array(value):
                self._choice_extra[key] = value

    def _add_delta(self, delta: Delta) -> None:
        self._role = self._role or delta.role
        if delta.tool_calls:
            self.calls.add(delta.tool_calls)
        if delta.function_call is not None:
            self._has_function = True
            self._function_name = self._function_name or delta.function_call.name
            self._function_arguments.append(delta.function_call.arguments)
        if delta.provider_specific_fields:
            self._add_fields(delta.provider_specific_fields)
        if delta.audio is not None:
            self._audio.add(delta.audio)
        for key, value in delta.extra.items():
            self._add_extra(key, value)

    def _add_extra(self, key: str, value: Any) -> None:
        if key in JOINED_TEXTS and isinstance(value, str):
            if value:
                self.pieces_of(key).append(value)
        elif value not in EMPTY:
            gather(self._extra, key, value)

    def _add_fields(self, fields: dict[str, Any]) -> None:
        for key, value in fields.items():
            if key in JOINED_FIELDS and isinstance(value, str):
                self._field_pieces.setdefault(key, []).append(value)
            elif key == "citation":  # by LiteLLM's name: one with a chunk
                gather(self._fields, "citations", [value])
            else:
                gather(self._fields, key, value)

    def pieces_of(self, field: str) -> list[str]:
        """Those that have come of a text, which may be added to."""
        return self.texts if field == "content" else self._pieces.setdefault(field, [])

    def text(self) -> str:
        """The answer so far; of the texts that cost tokens, what a human reads."""
        return "".join(self.texts)

    def billed_text(self) -> str:
        """All that the model wrote: answer, reasoning, refusal and arguments of calls."""
        arguments = [piece for call in self.calls.calls for piece in (call.name, *call.arguments)]
        others = [piece for kind in (self._pieces, self._field_pieces) for pieces in kind.values() for piece in pieces]
        return "".join([*self.texts, *others, *arguments, *self._function_arguments])

    def choice(self) -> Choices:
        """The choice as a whole answer; may be called at any time, and again."""
        values = {**self._choice_extra, "finish_reason": self.finish_reason, "index": self.index}
        if self.logprobs:
            values["logprobs"] = self.logprobs.whole()
        return Choices.model_validate(in_openai_words({**values, "message": self._message()}))

    def _message(self) -> Message:
        calls = [call.closed() for call in self.calls.calls]
        has_calls = bool(calls) or self._has_function
        values: dict[str, Any] = {
            "content": None if has_calls and not self.texts else self.text(),
            "role": self._role or "assistant",
            "tool_calls": calls or None,
            **joined(self._pieces),
            **self._extra,
        }
        for key in BLOCKS.keys() & values.keys():
            values[key] = BLOCKS[key](values[key])
        if self._audio:
            values["audio"] = self._audio.whole()
        if self._has_function:
            arguments = "".join(self._function_arguments)
            values["function_call"] = FunctionCall(name=self._function_name, arguments=arguments)
        if fields := {**joined(self._field_pieces), **self._fields}:
            values["provider_specific_fields"] = fields
        return Message.model_validate(values)


def joined(pieces: dict[str, list[str]]) -> dict[str, str]:
    return {key: "".join(texts) for key, texts in pieces.items()}
