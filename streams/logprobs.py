"""How sure a model was of its tokens: https://platform.openai.com/docs/api-reference/chat/object."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from rillm.streams.json_values import gather, is_object
from rillm.streams.model import Model

FIELDS: Final = ("token", "logprob", "bytes", "top_logprobs")


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


Row = tuple[Any, ...] | TopLogprob
PACKED: Final = (ChatCompletionTokenLogprob, TopLogprob)


class OpenLogprobs:
    """The logprobs of one choice so far, in the shape of any provider.

    OpenAI's tokens are kept as tuples of what they say: with an object for each, all of which the garbage collector
    looks at time and again, they would cost more than all the rest of their chunks.
    """

    def __init__(self) -> None:
        self._tokens: defaultdict[str, list[Row]] = defaultdict(list)
        self._others: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self._tokens or self._others)

    def add(self, logprobs: Any) -> None:
        """Add a chunk's."""
        if logprobs.__class__ is ChoiceLogprobs:
            if logprobs.content is not None:
                self._tokens["content"].extend(map(packed, logprobs.content))
            if logprobs.refusal is not None:
                self._tokens["refusal"].extend(map(packed, logprobs.refusal))
            if logprobs.__pydantic_extra__:
                self._gather(logprobs.__pydantic_extra__)
        elif is_object(logprobs):
            self._gather(logprobs)
        elif isinstance(logprobs, int | float):  # Together's, under the name that legacy completions have for it
            self._gather({"token_logprobs": [logprobs]})

    def _gather(self, others: dict[str, Any]) -> None:
        for name, value in others.items():
            gather(self._others, name, value)

    def whole(self) -> Any:
        """Those of the whole choice; may be called at any time, and again."""
        return as_logprobs({**self._others, **{name: [*map(unpacked, rows)] for name, rows in self._tokens.items()}})


def packed(token: TopLogprob) -> Row:
    """What a token says, if it says no more than OpenAI's do."""
    if token.__class__ not in PACKED or token.__pydantic_extra__:  # `isinstance` of a model costs as much as the rest
        return token
    fields = token.__dict__
    as_bytes = fields["bytes"] and tuple(fields["bytes"])
    if token.__class__ is TopLogprob:
        return (fields["token"], fields["logprob"], as_bytes)
    others = fields["top_logprobs"]
    return (fields["token"], fields["logprob"], as_bytes, tuple(map(packed, others)) if others else ())


def unpacked(row: Row) -> Any:
    """What validation makes a token of again."""
    if not isinstance(row, tuple):
        return row
    values: dict[str, Any] = dict(zip(FIELDS, row, strict=False))
    if "top_logprobs" in values:
        values["top_logprobs"] = [*map(unpacked, values["top_logprobs"])]
    return values


def as_logprobs(value: Any) -> Any:
    """Logprobs by attribute where they are OpenAI's, else what was given."""
    if is_object(value):
        with suppress(ValidationError):
            return ChoiceLogprobs.model_validate(value)
    return value
