"""`Logging`: what LiteLLM's users make to tell a hand-made stream which call it belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rillm.call_record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence


class Logging:
    """A call that was made elsewhere, for `CustomStreamWrapper`.

    Args:
        model, messages, stream, call_type: of the call.
        start_time: when it began, seconds since the epoch or a naive local `datetime`.
        litellm_call_id, litellm_trace_id: its ids.
        function_id, options: for LiteLLM's sake; not looked at.

    Attributes:
        model_call_details: what callbacks were told, once the stream has ended.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - LiteLLM's
        self,
        model: str,
        messages: Sequence[Any],
        stream: bool | None,  # noqa: FBT001 - LiteLLM's
        call_type: str,
        start_time: float | datetime,
        litellm_call_id: str,
        function_id: str = "",
        litellm_trace_id: str | None = None,
        **options: Any,
    ) -> None:
        del function_id, options
        self.model = model
        self.messages = messages
        self.stream = stream
        self.call_type = call_type
        self.start_time = start_time
        self.litellm_call_id = litellm_call_id
        ids = {"litellm_call_id": litellm_call_id, "litellm_trace_id": litellm_trace_id}
        self.record = Record(list(messages or ()), ids, call_type, stream=bool(stream))
        self.record.model = model
        local = start_time if isinstance(start_time, datetime) else datetime.fromtimestamp(start_time)  # noqa: DTZ006
        self.record.started = self.record.asked = local
        self.model_call_details: dict[str, Any] = {
            "model": model,
            "messages": messages,
            "stream": stream,
            "call_type": call_type,
            "litellm_call_id": litellm_call_id,
            "start_time": local,
        }

    @property
    def completion_start_time(self) -> datetime | None:
        """When the first chunk came."""
        return self.record.first_chunk_at
