"""What the streamed fragments of one tool call add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rillm.streams.function import ChatCompletionMessageToolCall, CustomTool, Function
from rillm.streams.json_grammar import OBJECT, NotJsonError
from rillm.streams.json_scanner import JsonScanner, Visitor
from rillm.streams.json_values import merged

if TYPE_CHECKING:
    from rillm.streams.function import ChatCompletionDeltaToolCall


def scanner_of_arguments() -> JsonScanner:
    return JsonScanner(Visitor(), OBJECT, passes_over=False)


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
    _scanner: JsonScanner = field(default_factory=scanner_of_arguments)
    _scanned: int = 0  # pieces of the arguments
    _is_json: bool = True

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
        """Whether the arguments are a JSON object that is closed; looks at what has come since it was asked last."""
        return self._reads_as_json() and self._scanner.is_complete

    def is_open(self) -> bool:
        """Whether they are the beginning of one."""
        return self._reads_as_json() and self._scanner.has_begun and not self._scanner.is_complete

    def json(self) -> str:
        """The JSON object, where they are whole, without what a model says behind it."""
        return "".join(self.arguments)[: self._scanner.end]

    def has_arguments(self) -> bool:
        """Whether anything but space has come."""
        return not all(piece.isspace() for piece in self.arguments)

    def _reads_as_json(self) -> bool:
        unread = self.arguments[self._scanned :]
        self._scanned = len(self.arguments)
        try:
            for piece in unread if self._is_json else ():
                self._scanner.feed(piece)
        except NotJsonError:
            self._is_json = False
        return self._is_json

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
