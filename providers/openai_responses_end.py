"""How a response ends: finish reason, usage, errors; https://platform.openai.com/docs/api-reference/responses/object."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.chunks import chunk_of
from rillm.providers.failures import error_object, failure
from rillm.providers.openai_responses_items import order_of
from rillm.streams.errors import StreamTruncatedError
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.errors import RillmError

    Response = Mapping[str, Any]

CHAT_WORDS: Final[Mapping[str, str]] = MappingProxyType({
    "input_tokens": "prompt_tokens", "input_tokens_details": "prompt_tokens_details",
    "output_tokens": "completion_tokens", "output_tokens_details": "completion_tokens_details",
})  # fmt: skip
CANCELLED: Final = 499  # by a request of its own; the status that proxies have for it
BAD_REQUESTS: Final = frozenset({"invalid_prompt", "bio_policy", "misalignment_policy_violation"})


def beginning(response: Response) -> ModelResponseStream:
    """A chunk with id, time and model of a response; of a wrong type they are no reason to lose the answer."""
    name, created, model = response.get("id"), response.get("created_at"), response.get("model")
    return chunk_of(
        {},
        choices=[],
        id=name if isinstance(name, str) else None,
        created=int(created) if isinstance(created, int | float) else None,
        model=model if isinstance(model, str) else None,
    )


def finish(response: Response, status: str, *, has_calls: bool) -> ModelResponseStream:
    """The chunk that ends an answer, with all that is known only then."""
    details = response.get("incomplete_details")
    native = status if status == "completed" or not is_object(details) else str(details.get("reason") or status)
    fields: dict[str, Any] = {"native_finish_reason": native}
    order = order_of(response.get("output") or ())
    if order:
        fields["output_order"] = order
    reason = "tool_calls" if has_calls else "stop"
    if status == "incomplete":  # what a call was to say may be cut off as well
        reason = "content_filter" if native == "content_filter" else "length"
    return chunk_of({"provider_specific_fields": fields}, finish_reason=reason, **counts(response))


def counts(response: Response) -> dict[str, Any]:
    """What was used, in the fields of a chunk: tokens and the service tier, as far as they are told."""
    told: dict[str, Any] = {}
    usage = response.get("usage")
    if is_object(usage):
        told["usage"] = {CHAT_WORDS.get(key, key): value for key, value in usage.items()}
    if isinstance(response.get("service_tier"), str):
        told["service_tier"] = response["service_tier"]
    return told


def no_answer(response: Response, status: str) -> RillmError:
    """The error of a response that came to no good end."""
    if status in {"queued", "in_progress"}:
        return StreamTruncatedError(f"The answer is not finished: its status is {status!r}.")
    if status == "cancelled":
        return failure({"message": "The response was cancelled."}, status=CANCELLED)
    return said_error(response.get("error") or {"message": f"The provider gave no reason for the status {status!r}."})


def said_error(body: Any) -> RillmError:
    """The error of an event, whose fields are in `error` or beside its type."""
    details = {key: value for key, value in error_object(body).items() if (key, value) != ("type", "error")}
    code = str(details.get("code"))
    return failure(details, status=400 if code in BAD_REQUESTS or "image" in code else None)
