"""Function calls of Google's: whole, or with arguments that are streamed."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from rillm.providers.gemini_arguments import ArgumentWriter, dumped
from rillm.streams.json_values import is_object, objects_in


class Calls:
    """The calls of one candidate, as fragments of OpenAI's tool calls.

    A call begins with its name, and is over with the first part without `willContinue`, which may say nothing else.
    Older models give no ids: those of ours come of `seed`, so that the same bytes give the same chunks.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0
        self._open: ArgumentWriter | None = None

    @property
    def can_be_run(self) -> bool:
        """Whether there are calls, and none lacks its end."""
        return self._count > 0 and self._open is None

    def fragments(self, part: dict[str, Any]) -> list[dict[str, Any]]:
        """What a part with a `functionCall` adds."""
        call = part["functionCall"]
        if not is_object(call):
            return []
        fragments: list[dict[str, Any]] = []
        if call.get("name"):
            if self._open is not None:  # its end is missing
                fragments.append(self._fragment(self._open.close()))
            self._count += 1
            self._open = ArgumentWriter()
            head = self._fragment(self._arguments(call, self._open), name=call["name"])
            head["id"] = call.get("id") or self._id()
            if part.get("thoughtSignature"):
                head["provider_specific_fields"] = {"thought_signature": part["thoughtSignature"]}
            fragments.append(head)
        elif self._open is not None and (text := self._arguments(call, self._open)):
            fragments.append(self._fragment(text))
        return fragments

    def _arguments(self, call: dict[str, Any], writer: ArgumentWriter) -> str:
        """The text that a part adds to the arguments of the open call, which it may close."""
        whole, partials = call.get("args"), call.get("partialArgs")
        if is_object(whole) and whole:
            self._open = None
            return dumped(whole)
        text = "".join(writer.write(partial) for partial in objects_in(partials))
        if call.get("willContinue"):
            return text
        self._open = None
        return text + writer.close()

    def _id(self) -> str:
        return "call_" + blake2b(f"{self._seed}/{self._count}".encode(), digest_size=12).hexdigest()

    def _fragment(self, arguments: str, **function: Any) -> dict[str, Any]:
        return {"index": self._count - 1, "function": {**function, "arguments": arguments}}
