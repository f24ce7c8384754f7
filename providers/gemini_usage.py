"""Google's token counts in OpenAI's counting.

Thoughts count as completion, and what Google's own tools gave the model to read as prompt: all four are billed, and
`totalTokenCount` is their sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.streams.json_values import is_array, is_object
from rillm.streams.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

# Our fields and the counts that they are the sum of.
SUMS: Final = {
    "prompt_tokens": ("promptTokenCount", "toolUsePromptTokenCount"),
    "completion_tokens": ("candidatesTokenCount", "thoughtsTokenCount"),
    "total_tokens": ("totalTokenCount",),
}
# The details of ours: from one count, and from a list of counts by modality.
DETAILS: Final = {
    "prompt_tokens_details": ("cached_tokens", "cachedContentTokenCount", "promptTokensDetails"),
    "completion_tokens_details": ("reasoning_tokens", "thoughtsTokenCount", "candidatesTokensDetails"),
}
INTERACTION_SUMS: Final = {
    "prompt_tokens": ("total_input_tokens", "total_tool_use_tokens"),
    "completion_tokens": ("total_output_tokens", "total_thought_tokens"),
    "total_tokens": ("total_tokens",),
}
INTERACTION_DETAILS: Final = (
    ("prompt_tokens_details", "cached_tokens", "total_cached_tokens"),
    ("completion_tokens_details", "reasoning_tokens", "total_thought_tokens"),
)
MODALITIES: Final = {
    "AUDIO": "audio_tokens",
    "IMAGE": "image_tokens",
    "TEXT": "text_tokens",
    "VIDEO": "video_tokens",
}


class RunningUsage:
    """The usage of one response, which is reported with every chunk.

    It is one object, brought up to date in place: to hand each report on would cost more than the text beside it.
    """

    def __init__(self) -> None:
        self.usage: Usage | None = None

    def report(self, counts: Any) -> Usage | None:
        """Take a report; returns the usage if it is the first one, so that the stream learns of it."""
        values = openai_usage(counts) if is_object(counts) else {}
        if not values:
            return None
        if self.usage is None:
            self.usage = Usage.model_validate(values)
            return self.usage
        latest = Usage.model_validate({**self.usage.model_dump(exclude_unset=True), **values})
        fields: Any = self.usage.__dict__
        fields.update(latest.__dict__)
        self.usage.model_fields_set.update(latest.model_fields_set)
        return None

    def grow(self, counts: Mapping[str, int]) -> bool:
        """Take of a report what a piece of text changes; False if there is more in it, for `report`."""
        if self.usage is None:
            return "promptTokenCount" not in counts
        if "candidatesTokenCount" in counts:
            fields: Any = self.usage.__dict__
            completion = counts["candidatesTokenCount"] + counts.get("thoughtsTokenCount", 0)
            fields["completion_tokens"] = completion
            fields["total_tokens"] = fields["prompt_tokens"] + completion
            self.usage.model_fields_set.add("completion_tokens")
        return True


def openai_usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a usage that `counts` reports; none where it reports no tokens."""
    values: dict[str, Any] = summed(counts, SUMS)
    for name, (detail, count, modalities) in DETAILS.items():
        details = by_modality(counts.get(modalities))
        if isinstance(counts.get(count), int):
            details[detail] = counts[count]
        if details:
            values[name] = details
    return values


def interaction_usage(counts: Any) -> dict[str, Any]:
    """As `openai_usage`, of what an interaction reports."""
    if not is_object(counts):
        return {}
    values: dict[str, Any] = summed(counts, INTERACTION_SUMS)
    for name, detail, count in INTERACTION_DETAILS:
        if isinstance(counts.get(count), int):
            values[name] = {detail: counts[count]}
    return values


def summed(counts: Mapping[str, Any], sums: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """The sums of the counts that are there."""
    reported = {
        name: [counts[part] for part in parts if isinstance(counts.get(part), int)] for name, parts in sums.items()
    }
    return {name: sum(parts) for name, parts in reported.items() if parts}


def by_modality(counts: Any) -> dict[str, int]:
    """Tokens of each modality from a list of `ModalityTokenCount`."""
    tokens: dict[str, int] = {}
    for count in counts if is_array(counts) else ():
        name = MODALITIES.get(str(count.get("modality"))) if is_object(count) else None
        if name and isinstance(count.get("tokenCount"), int):
            tokens[name] = tokens.get(name, 0) + count["tokenCount"]
    return tokens
