"""A recorded stream: a file of JSON lines that a person can read, and a test can keep.

    {"cassette": 1, "recorded_at": "2026-11-25T05:00:00+00:00", "hidden_params": {…}, "notes": {…}}
    {"at": 0.310000, "chunk": {…}}
    {"at": 2.02, "end": "completed", "hidden_params": {"usage": {…}}}

`at` is in seconds since the subscription. The end is "completed", "cancelled" or "error", which tells the error. A file
without an end was cut off. What is known of the call is kept by name, so that no key, header or prompt can get in.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json

import rillm.streams.errors as our_errors
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import APIError, RillmError, StreamDecodeError, StreamTruncatedError
from rillm.streams.json_values import is_object
from rillm.streams.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = 1
HIDDEN: Final = ("custom_llm_provider", "price_provider", "provider_response_model", "usage", "response_cost")
TOLD: Final = ("message", "llm_provider", "model", "status_code", "retry_after", "code", "type", "param")


def head(chunk: ModelResponseStream | None, notes: Mapping[str, Any]) -> bytes:
    """The first line: what is known when the first chunk has come."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return line(cassette=VERSION, recorded_at=now, hidden_params=hidden(chunk), notes=redacted(dict(notes)))


def step(at: float, chunk: ModelResponseStream) -> bytes:
    """The line of a chunk."""
    return b'{"at":%.6f,"chunk":%b}\n' % (at, to_json(chunk))  # cheaper than a dict first


def end(at: float, chunk: ModelResponseStream | None, error: Exception | None, *, cancelled: bool) -> bytes:
    """The last line, of a stream with this last chunk."""
    how = "cancelled" if cancelled else "completed" if error is None else "error"
    told: dict[str, Any] = {} if error is None else {"error": failure(error)}
    return line(at=round(at, 6), end=how, **told, hidden_params=hidden(chunk))


def line(**values: Any) -> bytes:
    return to_json(values) + b"\n"


def hidden(chunk: ModelResponseStream | None) -> dict[str, Any]:
    params = {} if chunk is None else chunk.hidden_params
    return {name: params[name] for name in HIDDEN if params.get(name) is not None}


def failure(error: Exception) -> dict[str, Any]:
    """What a line tells of an error; of one that is not ours only its class, for its text may hold anything."""
    if not isinstance(error, RillmError):
        return {"class": type(error).__name__, "message": ""}
    told = {name: getattr(error, name, None) for name in TOLD}
    return {"class": type(error).__name__, **{name: value for name, value in told.items() if value is not None}}


def shown(text: bytes) -> str:
    return repr(text[:80].decode(errors="replace"))


def parsed(text: bytes, name: str) -> dict[str, Any]:
    """A line.

    Raises:
        StreamTruncatedError: it was cut off.
        StreamDecodeError: it is none of a cassette.
    """
    try:
        data = json.loads(text)
    except ValueError:
        if text.endswith(b"\n"):
            raise StreamDecodeError(f"{name} is no cassette: a line of it is not JSON: {shown(text)}") from None
        raise cut_off(name) from None
    if not is_object(data):
        raise StreamDecodeError(f"{name} is no cassette: a line of it is no object: {shown(text)}")
    if "cassette" in data and data["cassette"] != VERSION:
        raise StreamDecodeError(f"{name} is a cassette of version {data['cassette']}; this rillm reads {VERSION}.")
    return data


def chunk_in(data: dict[str, Any], hidden_params: dict[str, Any]) -> ModelResponseStream:
    chunk = ModelResponseStream.model_validate(data["chunk"])
    chunk._hidden_params = hidden_params  # noqa: SLF001 - LiteLLM's name for what is public  # pyright: ignore[reportPrivateUsage]
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
