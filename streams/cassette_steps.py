"""What is in a cassette, read as far as it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import from_json

import rillm.streams.errors as our_errors
from rillm.streams.cassette import VERSION
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import APIError, RillmError, StreamDecodeError, StreamTruncatedError
from rillm.streams.json_values import is_object
from rillm.streams.model import set_hidden_params
from rillm.streams.usage import as_usage

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable


class Step(NamedTuple):
    """What came after so many seconds: a chunk, an error, or with neither the good end."""

    at: float
    chunk: ModelResponseStream | None = None
    error: Exception | None = None


def shown(text: bytes) -> str:
    return repr(text[:80].decode(errors="replace"))


def parsed(text: bytes, name: str) -> dict[str, Any]:
    """A line.

    Raises:
        StreamTruncatedError: it was cut off.
        StreamDecodeError: it is none of a cassette.
    """
    try:
        data = from_json(text)
    except ValueError:
        if text.endswith(b"\n"):
            raise StreamDecodeError(f"{name} is no cassette: a line of it is not JSON: {shown(text)}") from None
        raise cut_off(name) from None
    if not is_object(data):
        raise StreamDecodeError(f"{name} is no cassette: a line of it is no object: {shown(text)}")
    if "cassette" in data and data["cassette"] != VERSION:
        raise StreamDecodeError(f"{name} is a cassette of version {data['cassette']}; this rillm reads {VERSION}.")
    return data


def steps(lines: Iterable[bytes], name: str) -> Generator[Step]:
    """What is in a cassette. All chunks have one dict of hidden params, in which is what is known so far.

    Raises:
        StreamTruncatedError: it was cut off here.
        StreamDecodeError: it is no cassette.
    """
    hidden_params: dict[str, Any] = {}
    for text in lines:
        data = parsed(text, name)
        hidden_params.update(known(data.get("hidden_params") or {}))
        if "chunk" in data:
            yield Step(data["at"], chunk_in(data, hidden_params))
        elif "end" in data:
            yield Step(data["at"], error=None if data["end"] == "completed" else error_in(data, name))
            return
    raise cut_off(name)


def known(told: dict[str, Any]) -> dict[str, Any]:
    """The hidden params that a line tells."""
    return {**told, "usage": as_usage(told["usage"])} if told.get("usage") else told


def chunk_in(data: dict[str, Any], hidden_params: dict[str, Any]) -> ModelResponseStream:
    chunk = ModelResponseStream.model_validate(data["chunk"])
    if chunk.get("usage") is not None:
        chunk.usage = as_usage(chunk.usage)
    set_hidden_params(chunk, hidden_params)
    return chunk


def error_in(data: dict[str, Any], name: str) -> Exception:
    """What a recorded end stands for; of a stream that was left early, that its recording is not whole."""
    if data["end"] != "error":
        return cut_off(name, "its consumer left before the end")
    told = dict(data["error"])
    kind: Any = getattr(our_errors, str(told.pop("class", "")), None)
    message, retry_after = told.pop("message", ""), told.pop("retry_after", None)
    if not (isinstance(kind, type) and issubclass(kind, RillmError)):
        kind = APIError
    error: RillmError = kind.__new__(kind)
    RillmError.__init__(
        error, message, told.get("llm_provider", ""), told.get("model", ""),
        status_code=told.get("status_code"), retry_after=retry_after, body=told,
    )  # fmt: skip
    return error


def cut_off(name: str, why: str = "it ends in mid-stream") -> StreamTruncatedError:
    return StreamTruncatedError(f"The cassette {name} is not whole: {why}.")
