"""How many tokens a call took, in OpenAI's counting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import model_validator

from rillm.streams.by_hand import for_direct_use, given, plain
from rillm.streams.json_values import is_object, merged
from rillm.streams.model import Model
from rillm.streams.usage_details import CompletionTokensDetails, PromptTokensDetails, in_openai_shape

if TYPE_CHECKING:
    from rillm.streams.usage_details import ServerToolUse

if TYPE_CHECKING:
    from collections.abc import Callable

BYTES_PER_TOKEN = 4  # OpenAI's rule of thumb for English; UTF-8 bytes rather than characters serve other scripts too
SUMMANDS = frozenset({"prompt_tokens", "completion_tokens"})


class Usage(Model):
    """Tokens of one call: `prompt_tokens` include cached ones, `completion_tokens` include reasoning.

    `estimated` is True (and there at all) only where the provider reported nothing.
    """

    completion_tokens: int = 0
    prompt_tokens: int = 0
    total_tokens: int = 0
    completion_tokens_details: CompletionTokensDetails | None = None
    prompt_tokens_details: PromptTokensDetails | None = None

    if TYPE_CHECKING:  # there only when reported
        cost: float  # US dollars, by the provider's own reckoning
        server_tool_use: ServerToolUse
        cache_creation_input_tokens: int
        cache_read_input_tokens: int

    @for_direct_use
    def __init__(  # noqa: PLR0913, PLR0917 - what a provider may report
        self,
        prompt_tokens: int | None = None,
        completion_tokens: int | None = None,
        total_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        prompt_tokens_details: PromptTokensDetails | dict[str, Any] | None = None,
        completion_tokens_details: CompletionTokensDetails | dict[str, Any] | None = None,
        **extra: Any,
    ) -> None:
        """A report of what is not None. `total_tokens` defaults to the sum; `reasoning_tokens` go into the details."""
        self._fill(
            {
                **given(
                    prompt_tokens=prompt_tokens,
                    completion_tokens=completion_tokens,
                    total_tokens=total_tokens,
                    reasoning_tokens=reasoning_tokens,
                    prompt_tokens_details=plain(prompt_tokens_details),
                    completion_tokens_details=plain(completion_tokens_details),
                ),
                **extra,
            }
        )

    @model_validator(mode="before")
    @classmethod
    def _in_openai_shape(cls, data: Any) -> Any:
        return in_openai_shape(data) if is_object(data) else data

    @model_validator(mode="after")
    def _with_total(self) -> Self:
        if "total_tokens" not in self.model_fields_set:
            self.total_tokens = self.prompt_tokens + self.completion_tokens
            self.model_fields_set.discard("total_tokens")  # a sum of ours must not overrule a report
        return self

    @property
    def is_estimated(self) -> bool:
        """Whether this was counted here because the provider reported nothing."""
        return bool(self.get("estimated", False))


def as_usage(value: Any) -> Usage:
    """A report in any form: a usage of ours, a dict, the OpenAI SDK's object.

    Raises:
        ValidationError: it is no report.
    """
    return Usage.model_validate(plain(value))


def merge_usage(earlier: Usage | None, later: Usage) -> Usage:
    """The last report wins, field by field; an explicit 0 is a report. Several reports are never summed."""
    if earlier is None or covers(later, earlier):
        return later
    values = merged(earlier.model_dump(exclude_unset=True), later.model_dump(exclude_unset=True))
    if "total_tokens" not in later.model_fields_set and not later.model_fields_set.isdisjoint(SUMMANDS):
        values.pop("total_tokens", None)  # the earlier one was a sum of other numbers
    return Usage.model_validate(values)


def covers(later: Usage, earlier: Usage) -> bool:
    """Whether nothing of `earlier` is left beside `later`: numbers for the same fields, as some send all along."""
    names = earlier.model_fields_set
    return names <= later.model_fields_set and all(isinstance(later.__dict__.get(name), int) for name in names)


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` has: a quarter of its UTF-8 bytes, at least 1 if there is any."""
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)


def estimated_usage(prompt_tokens: int, text: str) -> Usage:
    """A usage counted from the text, marked as an estimate."""
    completion_tokens = estimate_tokens(text)
    return Usage.model_validate(
        {"completion_tokens": completion_tokens, "prompt_tokens": prompt_tokens, "estimated": True}
    )


def completed(reported: Usage | None, estimate: Callable[[], Usage]) -> Usage:
    """`reported`, or `estimate()` of what it does not tell: of an answer cut short, often the prompt alone is known."""
    if reported is None:
        return estimate()
    if reported.model_fields_set & {"completion_tokens", "total_tokens"}:
        return reported
    return merge_usage(estimate(), reported)
