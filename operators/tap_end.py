"""`tap_end`: see how a stream ended, once, with the response so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - for whoever asks for the types of Ending
from functools import cached_property
from traceback import format_exc
from typing import TYPE_CHECKING, ParamSpec

from rillm.operators.at_the_end import at_the_end
from rillm.streams.accumulator import Accumulator
from rillm.streams.errors import RillmError
from rillm.streams.mid_stream import in_stream
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.response import ModelResponse

P = ParamSpec("P")


@dataclass(frozen=True)
class Ending:
    """How a stream ended: well, with an `error`, or `cancelled` because the consumer left.

    Attributes:
        error: what it ended with; None if it ended well or was left.
        cancelled: whether the consumer left.
    """

    came: Accumulator = field(default_factory=Accumulator, repr=False)
    error: Exception | None = None
    cancelled: bool = False

    @cached_property
    def response(self) -> ModelResponse | None:
        """What came, put together when it is asked for; its usage is the reported one, else an estimate.

        None if nothing came.
        """
        return self.came.response() if self.came.started_at else None

    @property
    def first_chunk_at(self) -> datetime | None:
        """When the first chunk came; None if nothing came."""
        return self.came.started_at


def tap_end(action: Callable[[Ending], None]) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Call `action` exactly once, before the consumer learns that the stream is over. Errors get their `.partial`.

        -a-b-c-|              -a-b-X                     -a-b- (consumer leaves)
        [ tap_end(action) ]   [ tap_end(action) ]        [ tap_end(action) ]
        -a-b-c-|              -a-b-X                     -a-b-
               action               action(error)             action(cancelled)

    An exception in `action` is reported to loguru and changes nothing.

    >>> import rillm
    >>> stream = rillm.stream("mock/echo", mock_response="Hello")
    >>> for chunk in stream.pipe(rillm.tap_end(lambda ending: print(ending.response.choices[0].message.content))):
    ...     pass
    Hello
    """

    def tapped(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            accumulator = Accumulator()
            add, emit = accumulator.add, observer.on_next

            def end(error: Exception | None, cancelled: bool, _: object) -> None:  # noqa: FBT001 - as it is called
                ending = Ending(accumulator, error, cancelled)
                if isinstance(error, RillmError) and ending.response is not None:
                    in_stream(error).partial = error.partial or ending.response
                isolated(action, ending)

            def on_next(chunk: ModelResponseStream) -> None:
                add(chunk)
                emit(chunk)

            ended = source.pipe(at_the_end(end))
            return ended.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return tapped


def isolated(action: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
    """Run what must not break the stream; False if it raised, which is reported."""
    try:
        action(*args, **kwargs)
    except Exception:  # noqa: BLE001 - a callback is somebody else's code
        report_failure()
        return False
    return True


def report_failure() -> None:
    """Tell loguru of the exception that is being handled."""
    from loguru import logger  # noqa: PLC0415 - loaded when there is something to say

    # Not `exception`, which shows the variables of every frame, and keys among them.
    logger.error("A callback of a stream raised; the stream is not affected\n{}", format_exc())
