"""A response in the words of a table of cases: only what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rillm import Choices, ModelResponse
    from rillm.streams.function import ChatCompletionMessageToolCall

EMPTY: tuple[Any, ...] = (None, "", [], {})
KNOWN = ("content", "role", "tool_calls", "reasoning_content")


def summary(response: ModelResponse) -> dict[str, Any]:
    """One choice as a flat table, several under `choices`; reported usage; the fields that the provider added."""
    choices = [choice_summary(choice) for choice in response.choices]
    reported = None if response.usage.is_estimated else response.usage.model_dump(exclude_none=True)
    values = choices[0] if len(choices) == 1 else {"choices": choices}
    return without_empty({**values, **response.extra, "usage": reported})


def choice_summary(choice: Choices) -> dict[str, Any]:
    message = choice.message
    rest = {key: value for key, value in message.model_dump(exclude_none=True).items() if key not in KNOWN}
    others = choice.model_dump(exclude_none=True, exclude={"message", "index", "finish_reason"})
    return without_empty(
        {
            "index": choice.index,
            "text": message.content,
            "reasoning": message.get("reasoning_content"),
            "calls": [call_summary(call) for call in message.tool_calls or ()],
            "finish_reason": choice.finish_reason,
            **rest,
            **others,
        }
    )


def call_summary(call: ChatCompletionMessageToolCall) -> tuple[str | None, str | None, str]:
    """Id, name and arguments; of a custom tool's call its input."""
    if call.custom is not None:
        return call.id, call.custom.name, call.custom.input
    return call.id, call.function.name, call.function.arguments


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """Index 0 is the usual one and goes without saying."""
    return {key: value for key, value in values.items() if value not in EMPTY and (key, value) != ("index", 0)}
