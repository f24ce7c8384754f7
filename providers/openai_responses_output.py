"""The output of a response as it comes: which parts of it have been told, and which are still to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.chunks import chunk_of
from rillm.providers.openai_responses_calls import CALLS, Calls
from rillm.providers.openai_responses_items import MESSAGE, cited, done_by_server, reasoned, refused, said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

    Chunks = Sequence[ModelResponseStream]
    Event = Mapping[str, Any]

REASONING = "reasoning"


class Output:
    """The output so far.

    What an item says comes in deltas, then whole with the item, and again at the end of the response. Deltas count;
    what came in none is taken from the item, as some servers send arguments, or everything, only so.
    """

    def __init__(self) -> None:
        self._calls = Calls()
        self._streamed: set[object] = set()  # items, by place and id, whose text has come
        self._latest: object = None
        self._citations: dict[object, int] = {}
        self._done: set[object] = set()

    @property
    def has_calls(self) -> bool:
        """Whether the client has something to run."""
        return self._calls.count > 0

    def text(self, event: Event) -> Chunks:
        text = event.get("delta")
        if not text:
            return ()
        self._mark(event)
        return (said(text, event.get("logprobs")),)

    def refusal(self, event: Event) -> Chunks:
        text = event.get("delta")
        if not text:
            return ()
        self._mark(event)
        return (refused(text),)

    def reasoning(self, event: Event) -> Chunks:
        text = event.get("delta")
        if not text:
            return ()
        self._mark(event)
        return (chunk_of({"reasoning_content": text}),)

    def citation(self, event: Event) -> Chunks:
        place = place_of(event)
        self._citations[place] = self._citations.get(place, 0) + 1
        return (cited([event["annotation"]]),)

    def added(self, event: Event) -> Chunks:
        item = event["item"]
        return self._calls.begin(item, event.get("output_index")) if item.get("type") in CALLS else ()

    def said_to_tool(self, event: Event) -> Chunks:
        call = self._calls.find(event.get("item_id"), event.get("output_index"))
        return self._calls.say(call, event.get("delta")) if call else ()  # else the item will have all of it

    def done(self, event: Event) -> Chunks:
        item = event["item"]
        # The key to its secrets may come with the response only: https://github.com/earendil-works/pi/pull/6608
        is_last = item.get("type") != REASONING or bool(item.get("encrypted_content") or item.get("content"))
        return self._item(item, event.get("output_index"), is_last=is_last)

    def rest(self, items: Sequence[Event]) -> Chunks:
        """What of the whole output has not come yet."""
        return [
            chunk
            for index, item in enumerate(items)
            if not {index, item.get("id")} & self._done
            for chunk in self._item(item, index, is_last=True)
        ]

    def _mark(self, event: Event) -> None:
        place = place_of(event)
        if place != self._latest:
            self._latest = place
            self._streamed.add(place)

    def _item(self, item: Event, index: int | None, *, is_last: bool) -> Chunks:
        names = {index, item.get("id")} - {None}
        if is_last:
            self._done |= names
        has_come = bool(names & self._streamed)
        self._streamed |= names
        kind = item.get("type")
        if kind == MESSAGE:
            return self._message(item, index, has_come=has_come)
        if kind == REASONING:
            return [*self._thoughts(item, has_come=has_come), *([reasoned(item)] if is_last else ())]
        if kind not in CALLS:
            return (done_by_server(item),)
        call = self._calls.find(item.get("id"), index)
        if call is None:
            return self._calls.begin(item, index)
        return () if call.has_said else self._calls.say(call, item.get(call.said))

    def _message(self, item: Event, index: int | None, *, has_come: bool) -> Chunks:
        chunks: list[ModelResponseStream] = []
        citations: list[Any] = []
        for part in item.get("content") or ():
            if part.get("text") and not has_come:
                chunks.append(said(part["text"], part.get("logprobs")))
            if part.get("refusal") and not has_come:
                chunks.append(refused(part["refusal"]))
            citations += part.get("annotations") or ()
        new = citations[max(self._citations.get(index, 0), self._citations.get(item.get("id"), 0)) :]
        if new:
            chunks.append(cited(new))
        if item.get("phase"):
            chunks.append(chunk_of({"provider_specific_fields": {"phase": item["phase"]}}))
        return chunks

    def _thoughts(self, item: Event, *, has_come: bool) -> Chunks:
        if has_come:
            return ()
        parts = [*(item.get("summary") or ()), *(item.get("content") or ())]
        return [chunk_of({"reasoning_content": part["text"]}) for part in parts]


def place_of(event: Event) -> object:
    """Where in the output something belongs; some servers tell the item only."""
    index = event.get("output_index")
    return event.get("item_id") if index is None else index
