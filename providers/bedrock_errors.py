"""What goes wrong on Amazon Bedrock after its answer has begun.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_Errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from rillm.providers.failures import FAILURES, failure
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.amazon_event_stream import ExceptionFrame
    from rillm.streams.errors import RillmError

# By their names in lower case: a stream writes "throttlingException", an HTTP response "ThrottlingException". A model's
# own failure is 424 there; "retry your request", says the documentation, and so does 500.
STATUSES: Final[Mapping[str, int]] = {
    "accessdeniedexception": 403,
    "internalserverexception": 500,
    "modelnotreadyexception": 429,
    "modelstreamerrorexception": 500,
    "modeltimeoutexception": 408,
    "resourcenotfoundexception": 404,
    "serviceunavailableexception": 503,
    "throttlingexception": 429,
    "validationexception": 400,
}


def error_of(frame: ExceptionFrame) -> RillmError:
    """The error that an exception in a stream stands for; a model's own status counts where it tells one."""
    try:
        body = from_json(frame)
    except ValueError:
        body = frame.decode(errors="replace")
    details: dict[str, Any] = body if is_object(body) else {"message": body}
    message = details.get("message") or details.get("Message") or details.get("originalMessage") or frame.event
    original = details.get("originalStatusCode")
    status = original if original in FAILURES else STATUSES.get(frame.event.lower(), 500)
    return failure({**details, "message": message, "type": frame.event}, status=status)
