"""Chunks of what is in a response beside the calls that the client has to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.chunks import chunk_of, text_chunk
from rillm.providers.openai_responses_calls import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

    Item = Mapping[str, Any]

MESSAGE = "message"
RUN_BY_SERVERS = ("_call", "_list_tools", "_approval_request")  # how the types of such calls end


def said(text: Any, logprobs: Any) -> ModelResponseStream:
    """A piece of the answer, with the log probabilities of its tokens if there are any."""
    if not logprobs:
        return text_chunk(checked(text))
    choice = {"index": 0, "delta": {"content": text}, "logprobs": {"content": logprobs}}
    return chunk_of({}, choices=[choice])


def refused(text: Any) -> ModelResponseStream:
    return chunk_of({"refusal": checked(text)})


def cited(annotations: list[Any]) -> ModelResponseStream:
    """Citations: under LiteLLM's name on the message, and where those of every provider are."""
    return chunk_of({"annotations": annotations, "provider_specific_fields": {"citations": [*annotations]}})


def reasoned(item: Item) -> ModelResponseStream:
    """Reasoning as it has to be sent back, under LiteLLM's name."""
    return chunk_of({"reasoning_items": [without_nulls(item)]})


def done_by_server(item: Item) -> ModelResponseStream:
    """A call that the provider has run, named by its type where it has no name; or what else is to be sent back."""
    if not is_run_by_server(item):  # results, compactions
        return chunk_of({"provider_specific_fields": {"output_items": [without_nulls(item)]}})
    call = {"name": item["type"].removesuffix("_call"), **without_nulls(item)}
    return chunk_of({"provider_specific_fields": {"server_tool_calls": [call]}})


def is_run_by_server(item: Item) -> bool:
    """Whether an item is a call of a tool of the provider's, as this format has it."""
    return str(item.get("type")).endswith(RUN_BY_SERVERS)


def order_of(items: Sequence[Item]) -> list[str]:
    """The order of the output by ids, where it says more than text before calls; "message" stands for the text.

    Providers refuse reasoning that is sent back without what followed it.
    """
    if all(item.get("type") in {MESSAGE, *CALLS} for item in items):
        return []
    return [name_of(item) for item in items]


def name_of(item: Item) -> str:
    """What an item of a turn is called in its order."""
    if item.get("type") == MESSAGE:
        return MESSAGE
    return str(item.get("call_id" if item.get("type") in CALLS else "id"))


def without_nulls(item: Item) -> dict[str, Any]:
    return {key: value for key, value in item.items() if value is not None}


def checked(text: Any) -> str:
    """The text.

    Raises:
        TypeError: it is none.
    """
    if isinstance(text, str):
        return text
    raise TypeError("a text is not one")
