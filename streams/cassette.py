"""A recorded stream: a file of JSON lines that a person can read, and a test can keep.

    {"cassette": 1, "recorded_at": "2026-11-25T05:00:00+00:00", "hidden_params": {…}, "notes": {…}}
    {"at": 0.310000, "chunk": {…}}
    {"at": 2.02, "end": "completed", "hidden_params": {"usage": {…}}}

`at` is in seconds since the subscription. The end is "completed", "cancelled" or "error", which tells the error. A file
without an end was cut off. What is known of the call is kept by name, so that no key, header or prompt can get in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel
from pydantic_core import to_json

from rillm.streams.redaction import redacted
from rillm.streams.rillm_error import RillmError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rillm.streams.chunk import ModelResponseStream

VERSION: Final = 1
HIDDEN: Final = (
    "custom_llm_provider", "price_provider", "provider_response_model", "prompt_tokens_estimate", "usage",
    "response_cost",
)  # fmt: skip
TOLD: Final = ("message", "llm_provider", "model", "status_code", "retry_after", "code", "type", "param")


def head(chunk: ModelResponseStream | None, notes: Mapping[str, Any], begun: datetime) -> bytes:
    """The first line: what is known when the first chunk has come."""
    at = begun.isoformat(timespec="seconds")
    return line(cassette=VERSION, recorded_at=at, hidden_params=hidden(chunk), notes=redacted(dict(notes)))


def chunk_line(at: float, chunk: ModelResponseStream) -> bytes:
    return b'{"at":%.6f,"chunk":%b}\n' % (at, to_json(chunk))  # cheaper than a dict first


def end(
    at: float, chunk: ModelResponseStream | None, error: Exception | None = None, *, cancelled: bool = False
) -> bytes:
    """The last line, of a stream with this last chunk."""
    how = "cancelled" if cancelled else "completed" if error is None else "error"
    told: dict[str, Any] = {} if error is None else {"error": failure(error)}
    return line(at=round(at, 6), end=how, **told, hidden_params=hidden(chunk))


def line(**values: Any) -> bytes:
    return to_json(values) + b"\n"


def hidden(chunk: ModelResponseStream | None) -> dict[str, Any]:
    """The hidden params that are told; of a usage what was reported, for what was not is estimated."""
    params = {} if chunk is None else chunk.hidden_params
    told = {name: params[name] for name in HIDDEN if params.get(name) is not None}
    usage = told.get("usage")
    return {**told, "usage": usage.model_dump(exclude_unset=True)} if isinstance(usage, BaseModel) else told


def failure(error: Exception) -> dict[str, Any]:
    """What a line tells of an error; of one that is not ours only its class, for its text may hold anything."""
    if not isinstance(error, RillmError):
        return {"class": type(error).__name__, "message": ""}
    told = {name: getattr(error, name, None) for name in TOLD}
    return {"class": type(error).__name__, **{name: value for name, value in told.items() if value is not None}}
