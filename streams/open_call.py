"""What the streamed fragments of one tool call add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from rillm.streams.function import ChatCompletionMessageToolCall, CustomTool, Function
from rillm.streams.json_values import merged

if TYPE_CHECKING:
    from rillm.streams.function import ChatCompletionDeltaToolCall


@dataclass(slots=True)
class OpenCall:
    """A call whose fragments are still coming. The free text that a custom tool gets counts as its arguments."""

    number: int
    index: int | None = None
    id: str = ""
    name: str = ""
    type: str = "function"
    arguments: list[str] = field(default_factory=list[str])
    extra: dict[str, Any] = field(default_factory=dict[str, Any])
    custom: dict[str, Any] = field(default_factory=dict[str, Any])

    def add(self, fragment: ChatCompletionDeltaToolCall) -> None:
        custom = fragment.custom
        self.index = fragment.index if fragment.index is not None else self.index
        self.id = self.id or fragment.id or ""
        self._add_name(name_of(fragment))
        if custom is not None:
            self.type = "custom"
            self.custom.update(custom.extra)
        elif fragment.type and "type" in fragment.model_fields_set:
            self.type = fragment.type
        arguments = fragment.function.arguments or (custom.input if custom else "")
        if arguments:
            self.arguments.append(arguments)
        for key, value in fragment.extra.items():
            self.extra[key] = merged(self.extra.get(key), value)

    def _add_name(self, piece: str) -> None:
        """A name comes whole, in pieces before the arguments, longer each time, or again with each fragment."""
        if not self.name or piece.startswith(self.name):
            self.name = piece or self.name
        elif not self.arguments:
            self.name += piece

    def is_whole(self) -> bool:
        """Whether the arguments so far are a JSON object."""
        last = next((piece for piece in reversed(self.arguments) if not piece.isspace()), "")
        if not last.rstrip().endswith("}"):  # spares parsing all of them again at each fragment
            return False
        try:
            return isinstance(from_json("".join(self.arguments)), dict)
        except ValueError:
            return False

    def closed(self) -> ChatCompletionMessageToolCall:
        """The call so far, its arguments as they were streamed."""
        values: dict[str, Any] = {"id": self.id or None, "type": self.type, **self.extra}
        arguments = "".join(self.arguments)
        if self.type == "custom":
            values["custom"] = CustomTool.model_validate({**self.custom, "name": self.name, "input": arguments})
        else:
            values["function"] = Function(name=self.name or None, arguments=arguments)
        return ChatCompletionMessageToolCall.model_validate(values)


def name_of(fragment: ChatCompletionDeltaToolCall) -> str:
    return fragment.function.name or (fragment.custom.name if fragment.custom else None) or ""
