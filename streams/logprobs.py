"""How sure a model was of its tokens: https://platform.openai.com/docs/api-reference/chat/object."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from pydantic import Field, ValidationError

from rillm.streams.json_values import is_object
from rillm.streams.model import Model


class TopLogprob(Model):
    """A token that might have come instead, with the natural logarithm of its probability."""

    token: str
    bytes: list[int] | None = None
    logprob: float


class ChatCompletionTokenLogprob(TopLogprob):
    """A token that came, with the natural logarithm of its probability."""

    top_logprobs: list[TopLogprob] = Field(default_factory=list[TopLogprob])


class ChoiceLogprobs(Model):
    content: list[ChatCompletionTokenLogprob] | None = None
    refusal: list[ChatCompletionTokenLogprob] | None = None


# Other providers send lists of their own, or a number: what is not OpenAI's stays as it came.
Logprobs = Annotated[ChoiceLogprobs | Any, Field(union_mode="left_to_right")]


def as_logprobs(value: Any) -> Any:
    """Logprobs by attribute where they are OpenAI's, else what was given."""
    if is_object(value):
        with suppress(ValidationError):
            return ChoiceLogprobs.model_validate(value)
    return value
