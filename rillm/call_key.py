"""What the answer of a call depends on, as a hash: under which it is kept in a cache."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from rillm.listeners import PARAMETERS as LISTENERS
from rillm.parameters import for_callbacks, without_bookkeeping
from rillm.providers.openai_request import plain
from rillm.providers.resolve import resolve
from rillm.streams.errors import BadRequestError
from rillm.target import plain_messages, plans_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSION: Final = 1  # of what is hashed
REMEDY: Final = "name it, as in cache(store, key=...)."
# What decides how a call is made and who is told of it, not what is asked; for the address see `asked`.
HOW: Final = LISTENERS | {
    "api_base", "base_url", "custom_llm_provider", "drop_params", "first_token_timeout", "idle_timeout",
    "input_cost_per_token", "max_frame_bytes", "max_retries", "metadata", "num_retries", "output_cost_per_token",
    "pipeline", "stream_timeout", "timeout", "total_timeout",
}  # fmt: skip


def call_key(model: str, messages: Sequence[Any], params: Mapping[str, Any]) -> str:
    """A hash of who is asked what, fallbacks included.

    Raises:
        BadRequestError: there is something of which it cannot be known whether it is the same in another call.
    """
    if params.get("pipeline"):
        raise BadRequestError(f"With pipeline= nobody knows what an answer depends on: {REMEDY}")
    plans = [asked(*plan) for plan in plans_of(model, dict(params))]
    try:
        text = json.dumps([VERSION, plain_messages(messages), plans], default=described)
    except (TypeError, ValueError) as error:
        raise BadRequestError(f"A call that is not JSON has no key ({error}): {REMEDY}") from None
    return sha256(text.encode()).hexdigest()


def asked(model: str, params: Mapping[str, Any]) -> list[Any]:
    """What is asked of one target. The order of fields within a parameter counts: a model sees it."""
    provider, name = resolve(model, params.get("custom_llm_provider"))
    address = ""
    with suppress(BadRequestError):  # a mock has none
        address = provider.url(params.get("api_base") or params.get("base_url"))
    said = without_bookkeeping(for_callbacks(dict(params)))
    arn = params.get("model_id")  # beside the credentials, and a model's name
    return [provider.name, name, address, arn, sorted((one, plain(said[one])) for one in said.keys() - HOW)]


def described(value: object) -> str:
    """What a mock fails with; of anything else it is not known what it is.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, Exception):
        return repr(value)
    raise TypeError(f"there is a {type(value).__name__}")
