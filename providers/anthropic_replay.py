"""An assistant's message sent back: the content blocks that it was made of.

What OpenAI's message has no place for is in its `provider_specific_fields`, where the decoder put it. There an
`outline` tells the order of the blocks, in messages where it matters: signed thinking has its place between the calls
that Anthropic ran, and an answer that has paused goes on only from the very same blocks.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.anthropic_content import content_blocks
from rillm.providers.anthropic_fields import (
    CALLS,
    COMPACTIONS,
    OTHERS,
    OUTLINE,
    RESULT,
    RESULTS,
    SEARCHES,
    SERVER_CALLS,
    Values,
)
from rillm.providers.tool_arguments import arguments_of
from rillm.streams.json_values import is_array, is_object, objects_in
from rillm.streams.thinking_blocks import is_ended

if TYPE_CHECKING:
    from rillm.providers.request import ChatCall

KEPT_OF_A_CALL: Final = ("cache_control", "caller")


def assistant_blocks(call: ChatCall, message: Values) -> list[Values]:
    """The blocks of an assistant's message.

    Raises:
        BadRequestError: the arguments of a call are no JSON object.
    """
    fields: Any = message.get("provider_specific_fields")
    kept = Kept(message, fields if is_object(fields) else {})
    content: Any = message.get("content") or ""
    ordered = kept.in_order(content) if isinstance(content, str) else None
    return kept.in_usual_order(content_blocks(call, content)) if ordered is None else ordered


class Kept:
    """The blocks of one message beside its text."""

    def __init__(self, message: Values, fields: Values) -> None:
        self._outline = objects_in(fields.get(OUTLINE))
        self._citations = citations(fields)
        self._thoughts = [unnumbered(one) for one in objects_in(message.get("thinking_blocks")) if is_ended(one)]
        self._calls = [tool_use(one) for one in objects_in(message.get("tool_calls"))]
        server_calls = objects_in(fields.get(CALLS))
        self._server_calls = [server_call(one) for one in server_calls if one.get("type") in SERVER_CALLS]
        results = (*objects_in(fields.get(SEARCHES)), *objects_in(fields.get(RESULTS)))
        self._results = [one for one in results if str(one.get("type")).endswith(RESULT)]
        self._compactions = objects_in(fields.get(COMPACTIONS))
        self._others = objects_in(fields.get(OTHERS))

    def in_usual_order(self, text: list[Values]) -> list[Values]:
        """Thinking, what Anthropic ran, the text, what the client has to run; calls without results come last."""
        results = {one.get("tool_use_id"): one for one in self._results}
        ended = [block for one in self._server_calls if one["id"] in results for block in (one, results[one["id"]])]
        begun = [one for one in self._server_calls if one["id"] not in results]
        return [*self._compactions, *self._thoughts, *ended, *self._others, *text, *self._calls, *begun]

    def in_order(self, text: str) -> list[Values] | None:
        """The blocks as the outline has them; None if there is none, or the message is not the one it is of."""
        left = [*self._thoughts, *self._calls, *self._server_calls, *self._results, *self._compactions, *self._others]
        cited, start, placed = iter(self._citations), 0, list[Values]()
        for place in self._outline:
            if place.get("type") == "text":
                end = start + place.get("length", 0)
                quotes = [one for one in islice(cited, place.get("citations", 0)) if "encrypted_index" in one]
                placed += [text_block(text[start:end], quotes)] if end > start else []
                start = end
                continue
            block = next((one for one in left if is_at(one, place)), None)
            if block is None:
                return None
            left.remove(block)
            placed.append(block)
        return placed if self._outline and start == len(text) and not left else None


def text_block(text: str, quotes: list[Values]) -> Values:
    """A text; of citations those with an index that Anthropic asks to have back."""
    return {"type": "text", "text": text, **({"citations": quotes} if quotes else {})}


def is_at(block: Values, place: Values) -> bool:
    """Whether an entry of the outline stands for this block."""
    is_same = place.get("id") in {None, block.get("id", block.get("tool_use_id"))}
    return is_same and block.get("type") == place.get("type")


def unnumbered(block: Values) -> Values:
    """Thinking without the number that `to_sse` gives it: Anthropic refuses what it does not know."""
    return {name: value for name, value in block.items() if name != "index"}


def tool_use(call: Values) -> Values:
    """A call that the client had to run."""
    function: Values = call.get("function") or {}
    block = {"type": "tool_use", "id": call.get("id"), "name": function.get("name"), "input": arguments_of(function)}
    return block | {name: call[name] for name in KEPT_OF_A_CALL if call.get(name)}


def server_call(call: Values) -> Values:
    """A call that Anthropic ran."""
    return {**{name: value for name, value in call.items() if name != "arguments"}, "input": arguments_of(call)}


def citations(fields: Values) -> list[Values]:
    """All citations, in one list or, as LiteLLM has them, in one for each text."""
    found: Any = fields.get("citations") or ()
    return [one for group in found for one in (group if is_array(group) else [group]) if is_object(one)]
