"""A recorded stream: a file of JSON lines that a person can read, and a test can keep.

    {"cassette": 1, "recorded_at": "2026-11-25T05:00:00+00:00", "hidden_params": {…}, "notes": {…}}
    {"at": 0.31, "chunk": {…}}
    {"at": 2.02, "end": "completed", "hidden_params": {"usage": {…}}}

`at` is in seconds since the subscription. The end is "completed", "cancelled" or "error", which tells the error. A file
without an end was cut off. What is known of the call is kept by name, so that no key, header or prompt can get in.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import BaseModel, SecretStr
from pydantic_core import from_json, to_jsonable_python

import rillm.streams.errors as our_errors
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import APIError, RillmError, StreamDecodeError, StreamTruncatedError
from rillm.streams.json_values import is_object
from rillm.streams.model import set_hidden_params
from rillm.streams.usage import as_usage

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from datetime import datetime

VERSION: Final = 1
HIDDEN: Final = (
    "custom_llm_provider", "price_provider", "provider_response_model", "prompt_tokens_estimate", "usage",
    "response_cost",
)  # fmt: skip
TOLD: Final = ("message", "llm_provider", "model", "status_code", "retry_after", "code", "type", "param")
SECRET: Final = "**********"  # noqa: S105 - as pydantic shows one
SECRETS: Final = ("key", "token", "secret", "password", "authorization", "cookie", "header", "credential")


class Step(NamedTuple):
    """What came after so many seconds: a chunk, an error, or with neither the good end."""

    at: float
    chunk: ModelResponseStream | None = None
    error: Exception | None = None


def head(chunk: ModelResponseStream | None, notes: Mapping[str, Any], begun: datetime) -> str:
    """The first line: what is known when the first chunk has come."""
    at = begun.isoformat(timespec="seconds")
    return line(cassette=VERSION, recorded_at=at, hidden_params=hidden(chunk), notes=without_secrets(dict(notes)))


def chunk_line(chunk: ModelResponseStream, at: float) -> str:
    return f'{{"at":{at},"chunk":{chunk.model_dump_json()}}}\n'


def end(chunk: ModelResponseStream | None, at: float, how: str, **told: Any) -> str:
    """The last line; `chunk` is the last one."""
    return line(at=at, end=how, **told, hidden_params=hidden(chunk))


def hidden(chunk: ModelResponseStream | None) -> dict[str, Any]:
    params = {} if chunk is None else chunk.hidden_params
    return {name: as_told(params[name]) for name in HIDDEN if params.get(name) is not None}


def as_told(value: Any) -> Any:
    """`value` as JSON; of a usage what was reported, for what was not is estimated."""
    return (
        value.model_dump(mode="json", exclude_unset=True) if isinstance(value, BaseModel) else to_jsonable_python(value)
    )


def failure(error: Exception) -> dict[str, Any]:
    """What a line tells of an error; of one that is not ours only its class, for its text may hold anything."""
    if not isinstance(error, RillmError):
        return {"class": type(error).__name__, "message": ""}
    told = {name: getattr(error, name, None) for name in TOLD}
    return {"class": type(error).__name__, **{name: value for name, value in told.items() if value is not None}}


def without_secrets(value: Any, name: str = "") -> Any:
    """`value` as JSON: what pydantic calls a secret, or what stands under a name that says so, is not shown."""
    if isinstance(value, SecretStr) or (name and any(secret in name.lower() for secret in SECRETS)):
        return SECRET
    if is_object(value):
        return {str(key): without_secrets(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return to_jsonable_python(value, fallback=str)


def line(**values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"


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
