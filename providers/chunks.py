"""Chunks for decoders whose wire format is not OpenAI's."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from rillm.streams.chunk import Delta, ModelResponseStream, StreamingChoices
from rillm.streams.errors import StreamDecodeError
from rillm.streams.logprobs import ChatCompletionTokenLogprob, ChoiceLogprobs
from rillm.streams.model import field_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rillm.streams.logprobs import TopLogprob

    Setter = Callable[[BaseModel, Any], None]

M = TypeVar("M", bound=BaseModel)


def chunk_of(
    delta: dict[str, Any], *, index: int = 0, finish_reason: str | None = None, logprobs: Any = None, **top: Any
) -> ModelResponseStream:
    """A chunk with one choice; `top` are its other fields: `id`, `created`, `model`, `usage`, or `choices` themselves.

    `logprobs`: of the choice's tokens, in OpenAI's shape.

    Raises:
        StreamDecodeError: a value that the provider sent is of a wrong type.

    >>> chunk_of({"refusal": "No."}, finish_reason="stop").choices[0].finish_reason
    'stop'
    """
    if not isinstance(delta.get("reasoning_content", ""), str):  # no field of the model, so it is not validated below
        raise StreamDecodeError(
            "What the provider sent is not what the format allows, at choices.0.delta.reasoning_content."
        )
    choice: dict[str, Any] = {"index": index, "delta": delta}
    if finish_reason is not None:
        choice["finish_reason"] = finish_reason
    if logprobs is not None:
        choice["logprobs"] = logprobs
    try:
        return ModelResponseStream.model_validate({"choices": [choice], **top})
    except ValidationError as error:
        where = field_of(error)
        raise StreamDecodeError(f"What the provider sent is not what the format allows, at {where}.") from None


def head_chunk(**top: Any) -> ModelResponseStream:
    """A chunk without a choice: what is known before the answer begins."""
    return chunk_of({}, **top, choices=[])


def end_chunk(  # noqa: PLR0913 - they are what is told of an end
    native: str | None,
    reasons: Mapping[str, str],
    *,
    others: str | None = None,
    called: bool = False,
    index: int = 0,
    usage: Any = None,
    **fields: Any,
) -> ModelResponseStream:
    """The chunk that ends an answer.

    Args:
        native: the provider's word for why, kept in `provider_specific_fields["native_finish_reason"]`.
        reasons: OpenAI's word for each of the provider's.
        others: the word for all that are missing there; without it they stay as they are.
        called: whether the client has calls to run, which OpenAI has a word for. Where the answer was cut off, the
            last of them may be cut off as well: then they are not to be run.
        index: of the choice.
        usage: in OpenAI's counting.
        fields: what else is to be kept of the end.

    >>> end_chunk("END", {"END": "stop"}, called=True).choices[0].finish_reason
    'tool_calls'
    >>> end_chunk("TOO_LONG", {"TOO_LONG": "length"}, called=True).choices[0].finish_reason
    'length'
    """
    reason = (reasons.get(native, others or native) if native else None) or "stop"
    if native:
        fields["native_finish_reason"] = native
    return chunk_of(
        {"provider_specific_fields": fields} if fields else {},
        index=index,
        finish_reason="tool_calls" if called and reason == "stop" else reason,
        usage=usage,
    )


def text_chunk(text: str, index: int = 0, logprobs: Any = None) -> ModelResponseStream:
    """A chunk with a piece of the answer: `chunk_of({"content": text}, …)`, in half the time.

    `text` and `logprobs` must be of the right types: they are not validated.

    >>> text_chunk("Hi") == chunk_of({"content": "Hi"})
    True
    """
    blank = _blank()
    delta = _made(Delta, {**blank.delta, "content": text}, {"content"})
    told = {"index", "delta"} if logprobs is None else {"index", "delta", "logprobs"}
    choice = _made(StreamingChoices, {**blank.choice, "index": index, "delta": delta, "logprobs": logprobs}, told)
    return _made(ModelResponseStream, {**blank.chunk, "choices": [choice]}, {"choices"})


def token_logprobs(token: object, logprob: object, top: list[TopLogprob]) -> ChoiceLogprobs:
    """The logprobs of a chunk with one token, as validation makes them, in half the time.

    Args:
        token: its text, checked like `logprob` because it comes from the wire.
        logprob: the natural logarithm of its probability.
        top: those that were likely in its place.

    Raises:
        TypeError: a value is of a wrong type.

    >>> token_logprobs("Hi", -0.5, []).content[0].logprob
    -0.5
    """
    if not isinstance(token, str) or not isinstance(logprob, (float, int)):
        raise TypeError("a token's text or logprob is of a wrong type")
    fields = {"token": token, "logprob": float(logprob), "bytes": None, "top_logprobs": top}
    made = _made(ChatCompletionTokenLogprob, fields, {*fields})
    return _made(ChoiceLogprobs, {"content": [made], "refusal": None}, {"content"})


class Blank(NamedTuple):
    """The fields of a chunk, its choice and their delta that say nothing."""

    chunk: dict[str, Any]
    choice: dict[str, Any]
    delta: dict[str, Any]


@cache
def _blank() -> Blank:
    chunk = chunk_of({"content": ""})
    return Blank(vars(chunk), vars(chunk.choices[0]), vars(chunk.choices[0].delta))


# What validation fills, by the slots' own setters: `setattr` of a pydantic model costs as much as all the rest.
_set_fields: Setter = BaseModel.__dict__["__dict__"].__set__
_set_names: Setter = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra: Setter = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private: Setter = BaseModel.__dict__["__pydantic_private__"].__set__


def _made(kind: type[M], fields: dict[str, Any], names: set[str]) -> M:
    made = object.__new__(kind)
    _set_fields(made, fields)
    _set_names(made, names)
    _set_extra(made, {})
    _set_private(made, None)
    return made
