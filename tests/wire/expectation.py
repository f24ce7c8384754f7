"""What a recorded answer is in our words: how the raw facts of a format are to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rillm.streams.json_values import is_array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rillm import ModelResponse


def as_reported(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    return usage


def as_expected(expected: Mapping[str, Any]) -> Any:
    return expected["finish_reason"]


def citations_of(response: ModelResponse) -> int:
    """Those of the answer; single ones are gathered in a list of their own, as in LiteLLM."""
    fields = response.choices[0].message.provider_specific_fields or {}
    return sum(len(one) if is_array(one) else 1 for one in fields.get("citations", ()))


def server_calls_of(response: ModelResponse) -> int:
    fields = response.choices[0].message.provider_specific_fields or {}
    return len(fields.get("server_tool_calls", ()))


@dataclass(frozen=True)
class Expectation:
    """One format.

    Attributes:
        usage: from the usage as reported to the fields that ours has to have.
        reasons: from raw finish reasons to OpenAI's; one that is missing stays as it is.
        raw_reason: where the raw finish reason is.
        needs_reason: whether an answer without one was cut off.
        ends_with_data: whether the end of the data is the only end that there is.
        says_model, says_id: whether its chunks do.
        arguments_are_objects: whether calls carry JSON rather than text: their text is a dump of ours.
        finish_follows_calls: whether calls for the client make a "stop" "tool_calls"; what was cut off stays so.
        citations, server_calls: how many there are in a response of ours; None where the format has none.
    """

    usage: Callable[[Mapping[str, Any]], Mapping[str, Any]] = as_reported
    reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    raw_reason: Callable[[Mapping[str, Any]], Any] = as_expected
    needs_reason: bool = False
    ends_with_data: bool = False
    says_model: bool = True
    says_id: bool = True
    arguments_are_objects: bool = False
    finish_follows_calls: bool = True
    citations: Callable[[ModelResponse], int] | None = citations_of
    server_calls: Callable[[ModelResponse], int] | None = server_calls_of


OPENAI_CHAT = Expectation(finish_follows_calls=False, citations=None, server_calls=None)
