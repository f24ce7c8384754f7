"""What `progress` shows of one stream; not public."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.text import Text

from rillm.operators.cost_tap import usd_of
from rillm.operators.stopwatch import Stopwatch
from rillm.streams.retraction import is_retraction
from rillm.streams.texts import texts_of
from rillm.streams.usage import Usage

if TYPE_CHECKING:
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.clock import Clock

REMEMBERED: Final = 64  # pieces of the text, of which the last words are shown
SOON: Final = 0.2  # seconds; what came faster has no speed to speak of
WAITING: Final = "waiting for the model"
GAP: Final = "  "


class Row:
    """One stream: a line while it runs, and another one when it is over."""

    def __init__(self, clock: Clock) -> None:
        self._words: deque[str] = deque(maxlen=REMEMBERED)
        self.meter = Stopwatch(clock)

    def add(self, chunk: ModelResponseStream) -> None:
        """Show what the first choice says, and nothing of what is taken back."""
        if is_retraction(chunk):
            self._words.clear()
        for choice in chunk.choices:
            if not choice.index:
                self._words.extend(text for _, text in texts_of(choice))

    def line(self, mark: str, width: int) -> Text:
        """As it stands."""
        if self.meter.first_chunk is None:
            return Text.assemble((mark, "cyan"), " ", (WAITING, "dim"), no_wrap=True, overflow="crop")
        reported, estimate = self.meter.usage, self.meter.estimate()
        tokens = max(reported.completion_tokens, estimate.completion_tokens)
        figures = self._figures(Usage(prompt_tokens=reported.prompt_tokens, completion_tokens=tokens))
        room = width - cell_len(mark + figures) - 4
        words = (self._last_words(room), "dim")
        return Text.assemble((mark, "cyan"), f" {figures}{GAP}", words, no_wrap=True, overflow="crop")

    def last_line(self, error: Exception | None, *, cancelled: bool, ascii_only: bool) -> Text:
        """As it has ended."""
        outcome = "cancelled" if cancelled else type(error).__name__ if error else ""
        mark, style = ("-", "yellow") if cancelled else ("✗", "red") if error else ("✓", "green")
        if ascii_only:
            mark = {"✗": "x", "✓": "+"}.get(mark, mark)
        figures = self._figures(self.meter.usage)
        return Text.assemble((mark, style), " ", GAP.join(part for part in (figures, outcome) if part))

    def _figures(self, usage: Usage) -> str:
        meter, tokens = self.meter, usage.completion_tokens
        seconds = meter.total
        saying = 0.0 if meter.first_token is None else seconds - meter.first_token
        cost = usd_of(meter.hidden, meter.model, usage) if meter.model else None
        parts = [
            printable(meter.model),
            "1 token" if tokens == 1 else f"{tokens} tokens",
            f"{tokens / saying:.1f}/s" if saying >= SOON else "",
            f"{seconds:.1f} s",
            "" if cost is None else f"${cost:.6f}",
        ]
        return GAP.join(part for part in parts if part)

    def _last_words(self, room: int) -> str:
        words = " ".join(printable("".join(self._words)).split())[-max(room, 1) :]
        while words and cell_len(words) > room:
            words = words[1:]
        return words


def printable(text: str) -> str:
    """A model may write what moves a terminal's cursor, or worse."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
