"""Requests as the encoders make them, without sending any."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rillm.providers.formats import FORMATS
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.providers.request import Request

HI = [{"role": "user", "content": "Hi"}]
ADD: dict[str, Any] = {
    "type": "function",
    "function": {"name": "add", "parameters": {"type": "object", "properties": {}}},
}


def encoded(  # noqa: PLR0913 - what a test may want to say
    provider: str,
    messages: Sequence[Any] = HI,
    *,
    model: str = "m",
    base: str | None = None,
    format_: str | None = None,
    drop_params: bool = False,
    api_version: str | None = None,
    **params: Any,
) -> Request:
    """The request of a call, in the provider's usual format or `format_`."""
    row = PROVIDERS[provider]
    call = ChatCall(row, model, messages, params, row.url(base), api_version, drop_params)
    return FORMATS[format_ or row.format].encode(call)


def recordings(format_: str, provider: str = "*") -> list[Any]:
    """A parameter for the folder of each recording of a format with its request; one that is skipped without any."""
    root = os.environ.get("WIRE_CORPUS")
    if not root:
        return [pytest.param({}, marks=pytest.mark.skip(reason="WIRE_CORPUS names no folder of recorded streams"))]
    folders = [path.parent for path in sorted(Path(root).glob(f"{provider}/*/request.json"))]
    metas = [(folder, json.loads((folder / "meta.json").read_bytes())) for folder in folders]
    return [pytest.param(folder, id=meta["case"]) for folder, meta in metas if meta["format"] == format_]


def recorded_requests(format_: str, provider: str = "*") -> list[Any]:
    """The same for the bodies of the requests."""
    return [
        pytest.param(json.loads((one.values[0] / "request.json").read_bytes()), id=one.id) if one.id else one
        for one in recordings(format_, provider)
    ]
