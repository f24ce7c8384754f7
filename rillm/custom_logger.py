"""`CustomLogger`: a user's object that is told what happens to calls, by LiteLLM's method names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class CustomLogger:
    """Override what you want to hear of, and put an instance into `rillm.callbacks`.

    Of a method that there is twice, calls on an event loop take the async one if it is overridden, else the other, in
    a thread; calls by blocking take the plain one. Each is called once per event and in order:

    - `log_pre_api_call` before the request is sent, `log_post_api_call` when its answer has begun;
    - `log_stream_event` for each chunk of a stream, with the chunk;
    - `log_success_event` or `log_failure_event` when the call is over, with all that came. A call whose consumer has
      left is a failure with a `StreamCancelledError` in `kwargs["exception"]`.

    Times are naive local ones, as LiteLLM's are. What a method raises goes to loguru and changes nothing.
    """

    def log_pre_api_call(self, model: str, messages: Sequence[Any], kwargs: dict[str, Any]) -> None: ...

    def log_post_api_call(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: datetime, end_time: datetime | None
    ) -> None: ...

    def log_stream_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: datetime, end_time: datetime
    ) -> None: ...

    def log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: datetime, end_time: datetime
    ) -> None: ...

    def log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: datetime, end_time: datetime
    ) -> None: ...

    async def async_log_pre_api_call(self, model: str, messages: Sequence[Any], kwargs: dict[str, Any]) -> None: ...

    async def async_log_stream_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: datetime, end_time: datetime
    ) -> None: ...

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: datetime, end_time: datetime
    ) -> None: ...

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: datetime, end_time: datetime
    ) -> None: ...
