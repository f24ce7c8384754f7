"""Chunks on a terminal: the answer on stdout, the model's thoughts dim on stderr, and how fast they came."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from rillm.operators.cost_tap import Cost
    from rillm.streams.chunk import ModelResponseStream

DIM: Final = "\x1b[2m{}\x1b[0m"
NOBODY_TO_PAY: Final = ("local", "mock")


class Stopwatch:
    """When the call began, and when its first and its last piece came."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.first: float | None = None
        self.last = self.began

    def piece(self) -> None:
        self.last = time.perf_counter()
        self.first = self.first or self.last


class Line:
    """A file that gets pieces of a text, each at once, and a line break at the end if there is none."""

    def __init__(self, file: TextIO, style: str = "{}") -> None:
        self._file = file
        self._style = style
        self.open = False

    def write(self, piece: str) -> None:
        self.open = not piece.endswith("\n")
        self._file.write(self._style.format(piece))
        self._file.flush()

    def end(self) -> None:
        if self.open:
            self.open = False
            self._file.write("\n")
            self._file.flush()


def show(chunks: Iterable[ModelResponseStream], watch: Stopwatch) -> None:
    """Write the first choice's pieces as they come, and end the line however the stream ends."""
    answer, thoughts = Line(sys.stdout), Line(sys.stderr, thought_style())
    try:
        for chunk in chunks:
            choice = chunk.choices[0]
            content, thought = choice.delta.content, choice.delta.get("reasoning_content")
            if choice.index or not (content or thought):
                continue
            watch.piece()
            if thought:
                thoughts.write(thought)
            if content:
                thoughts.end()
                answer.write(content)
    except KeyboardInterrupt:
        thoughts.open = not answer.open  # the terminal has written ^C
        raise
    finally:
        thoughts.end()
        answer.end()


def thought_style() -> str:
    """Dim where stderr is a terminal that has not been asked for plain text (https://no-color.org)."""
    return DIM if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else "{}"


def stats_line(cost: Cost, watch: Stopwatch) -> str:
    """Time to the first token, speed after it, tokens and cost.

    >>> from rillm import Cost, ModelResponse, Usage
    >>> watch = Stopwatch()
    >>> watch.began, watch.first, watch.last = 0.0, 0.25, 2.25
    >>> usage = Usage(prompt_tokens=8, completion_tokens=41)
    >>> stats_line(Cost(0.0000258, usage, ModelResponse()), watch)
    'first token 0.25 s, 20.0 tokens/s, 8 tokens in, 41 out, $0.000026'
    """
    usage = cost.usage
    counted = f"{usage.prompt_tokens} tokens in, {usage.completion_tokens} out"
    parts = [
        f"first token {watch.first - watch.began:.2f} s" if watch.first else "no text",
        *speed(usage.completion_tokens, watch),
        f"{counted} (estimated)" if cost.estimated else counted,
        price(cost),
    ]
    return ", ".join(parts)


def speed(tokens: int, watch: Stopwatch) -> list[str]:
    """Tokens after the first by the time that they took; nothing for an answer that came all at once."""
    if watch.first is None or tokens < 2 or watch.last <= watch.first:  # noqa: PLR2004 - the first one and another
        return []
    return [f"{(tokens - 1) / (watch.last - watch.first):.1f} tokens/s"]


def price(cost: Cost) -> str:
    if cost.usd is not None:
        return f"${cost.usd:.6f}"
    free = cost.response.hidden_params.get("custom_llm_provider") in NOBODY_TO_PAY
    return "no cost" if free else "cost unknown"
