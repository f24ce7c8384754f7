"""From how a call ended to what a user's callback is called with: LiteLLM's `(kwargs, response, start, end)`."""

from __future__ import annotations

import asyncio
import inspect
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rillm.operators.callback_tap import callback_tap
from rillm.operators.cost_tap import cost_of
from rillm.settings import setting
from rillm.streams.errors import StreamCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from rillm.operators.operator import Operator
    from rillm.operators.tap_end import Ending
    from rillm.streams.chunk import ModelResponseStream

    Callback = Callable[[dict[str, Any], Any, datetime, datetime], Any]
    Listener = Callable[[Ending], None]


def callbacks_of(
    details: dict[str, Any],
    success: Sequence[Callback] = (),
    failure: Sequence[Callback] = (),
    cancel: Sequence[Callback] = (),
    on_end: Listener | None = None,
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """The tap that tells a call's end to the callbacks of the settings, then to those of the call.

    Args:
        details: the kwargs that are known before the call begins.
        success, failure, cancel: callbacks of this call alone. Without any for cancelled calls, those for failures
            are called.
        on_end: told last, however the call ended.
    """
    started = datetime.now()  # noqa: DTZ005 - LiteLLM's times are naive

    def listeners(callbacks: Sequence[Callback]) -> list[Listener]:
        told = [listener(callback, details, started) for callback in callbacks]
        return [set_cost, *told, *([on_end] if on_end else ())]

    failures = [*setting("failure_callback"), *failure]
    cancels = [*setting("cancel_callback"), *cancel] or failures
    return callback_tap(listeners([*setting("success_callback"), *success]), listeners(failures), listeners(cancels))


def set_cost(ending: Ending) -> None:
    """Leave the cost in `_hidden_params["response_cost"]` of response and chunks."""
    if ending.response is not None:
        cost_of(ending.response)


def listener(callback: Callback, details: dict[str, Any], started: datetime) -> Listener:
    """Call `callback` the way LiteLLM does. A coroutine that it returns runs as a task of the running loop."""

    def listen(ending: Ending) -> None:
        ended = datetime.now()  # noqa: DTZ005 - as above
        result = callback(kwargs_of(ending, details, started, ended), ending.response, started, ended)
        if inspect.iscoroutine(result):
            start(result)

    return listen


def start(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run what an async callback returned, in a task of the running loop; an exception in it goes to loguru.

    Raises:
        RuntimeError: no event loop runs here.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        coroutine.close()
        raise RuntimeError(
            "an async callback needs a running event loop: use acompletion, or a plain function"
        ) from None
    task = loop.create_task(coroutine)
    _tasks.add(task)
    task.add_done_callback(_finish)


def _finish(task: asyncio.Task[Any]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and task.exception() is not None:
        from loguru import logger  # noqa: PLC0415 - loaded when there is something to say

        logger.error("An async callback raised: {!r}", task.exception())


_tasks: set[asyncio.Task[Any]] = set()  # an event loop itself holds its tasks only weakly


def kwargs_of(ending: Ending, details: dict[str, Any], started: datetime, ended: datetime) -> dict[str, Any]:
    """The first argument of a callback."""
    kwargs = {
        **details,
        "start_time": started,
        "end_time": ended,
        "completion_start_time": ending.first_chunk_at or ended,
        "response_cost": ending.response.hidden_params.get("response_cost") if ending.response else None,
    }
    error = StreamCancelledError("The consumer left before the stream had ended.") if ending.cancelled else ending.error
    if error is not None:
        kwargs["exception"] = error
    return kwargs
