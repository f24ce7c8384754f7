"""`progress`: a line on the terminal that shows how far a stream is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.operators.at_the_end import at_the_end
from rillm.operators.tap_end import isolated
from rillm.streams.clock import Clock
from rillm.streams.extras import from_extra
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc
    from rich.console import Console

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


def progress(console: Console | None = None) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Show a live line while a stream runs, and leave one when it is over (`pip install 'rillm[terminal]'`).

        -a-b-c-|
        [ progress() ]
        -a-b-c-|
        ⠋ gpt-4o-mini  3 tokens  1.0/s  7.0 s  $0.000002  a b c

    Model, tokens so far (estimated), tokens a second since the first, time, cost in US dollars where it is known, and
    the last words. The line is drawn anew when a chunk comes, ten times a second at most, by no thread of its own:
    while nothing comes it stands still. Streams at the same time, such as merged ones, have a line each. What is
    printed meanwhile appears above them, line by line. However a stream ends, the terminal is as it was before, with
    one line more.

    Where there is no terminal, as in a pipe or a log file, only that line is written. In a notebook the live line needs
    ipywidgets.

    Args:
        console: where to; by default stderr.

    Errors: `MissingExtraError`, at once, without rich. What fails in it is reported to loguru and changes nothing.

    >>> import io, rillm
    >>> from rich.console import Console
    >>> console = Console(file=io.StringIO())
    >>> for chunk in rillm.stream("mock/echo", mock_response="Hello you").pipe(rillm.progress(console)):
    ...     pass
    >>> console.file.getvalue().split()[:4]
    ['✓', 'echo', '20', 'tokens']
    """
    from_extra("terminal", "rich.live")
    from rillm.operators.progress_board import board_with, standard_console  # noqa: PLC0415 - it needs the extra
    from rillm.operators.progress_row import Row  # noqa: PLC0415 - as above

    shown_on = console or standard_console()

    def shown(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            clock = Clock(scheduler)
            row = Row(clock)
            board = board_with(row, shown_on)
            is_well = isolated(board.begin)
            now, emit = clock.now, observer.on_next

            def show(chunk: ModelResponseStream) -> None:
                nonlocal is_well
                row.add(chunk)
                if now() >= board.due and is_well:
                    is_well = isolated(board.draw, now())
                emit(chunk)

            def leave(error: Exception | None, cancelled: bool, _: object) -> None:  # noqa: FBT001 - as it is called
                isolated(board.remove, row, error, cancelled=cancelled)

            ended = source.pipe(at_the_end(leave))
            return ended.subscribe(
                row.meter.measured(show), observer.on_error, observer.on_completed, scheduler=scheduler
            )

        return Stream(subscribe)

    return shown
