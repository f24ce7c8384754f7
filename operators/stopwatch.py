"""`Stopwatch`: what the operators that measure time have in common; not public."""

from __future__ import annotations

from array import array
from operator import sub
from typing import TYPE_CHECKING, Any

from rillm.streams.retraction import is_retraction
from rillm.streams.texts import size, texts_of
from rillm.streams.tidy import has_something
from rillm.streams.token_meter import as_report
from rillm.streams.usage import BYTES_PER_TOKEN, Usage, completed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm.streams.chunk import ModelResponseStream, StreamingChoices
    from rillm.streams.clock import Clock


class Stopwatch:
    """How long one subscription has waited for its chunks, and how much they said. Keeps eight bytes a chunk.

    Tokens are those that the provider reported, else a quarter of the bytes, as a response has them in its usage.

    Attributes:
        first_chunk: seconds of waiting until there was one; None before.
        moments: after how much waiting, by the clock, each chunk came that says something.
        hidden: the `_hidden_params` of the stream.
        model: its name in the chunks.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun, self._waited_before = clock.now(), clock.waited()
        self._busy_before = 0.0
        self._bytes = 0
        self._last: ModelResponseStream | None = None
        self._report: Any = None
        self._shows_thoughts = False
        self.first_chunk: float | None = None
        self.moments = array("d")
        self.hidden: dict[str, Any] = {}
        self.model = ""

    def measured(self, emit: Callable[[ModelResponseStream], None]) -> Callable[[ModelResponseStream], None]:
        """`emit`, with each chunk measured before it is handed on."""
        waited, add_moment, hand_on = self._clock.waited, self.moments.append, self._clock.handing(emit)

        def on_next(chunk: ModelResponseStream) -> None:
            moment = waited()
            if self._last is None:
                self._begin(chunk, moment)
            self._last = chunk
            says_something = False
            for choice in chunk.choices:
                text = choice.delta.content
                if text and len(choice.delta.__pydantic_fields_set__) == 1:  # nearly every chunk
                    self._bytes += len(text) if text.isascii() else size(text)
                    says_something = True
                else:
                    says_something |= self._says_something(choice)
            if says_something:
                add_moment(moment)
            elif is_retraction(chunk):
                self._begin_anew()
            else:
                self._take_report(chunk)
            hand_on(chunk)

        return on_next

    def _begin(self, chunk: ModelResponseStream, waited: float) -> None:
        if self.first_chunk is None:
            self.first_chunk = waited - self._waited_before
            self._busy_before = self.consumer
        self.hidden, self.model = chunk.hidden_params, chunk.model or ""

    def _begin_anew(self) -> None:
        """What was said does not count; the time that it took does."""
        self._last = self._report = None
        self._bytes = 0

    def _says_something(self, choice: StreamingChoices) -> bool:
        """Whether there is anything that the model wrote. A finish_reason is nothing said."""
        self._bytes += sum(size(text) for _, text in texts_of(choice))
        self._shows_thoughts |= bool(choice.delta.extra.get("reasoning_content"))
        return bool(choice.delta.content) or (choice.finish_reason is None and has_something(choice))

    def _take_report(self, chunk: ModelResponseStream) -> None:
        self._report = chunk.extra.get("usage") or self._report

    @property
    def first_token(self) -> float | None:
        """Seconds of waiting until something was said; None before."""
        return self.moments[0] - self._waited_before if self.moments else None

    @property
    def between_tokens(self) -> list[float]:
        """Seconds of waiting between one chunk that says something and the next."""
        return list(map(sub, self.moments[1:], self.moments))

    @property
    def total(self) -> float:
        """Seconds since the subscription."""
        return self._clock.now() - self._begun

    @property
    def consumer(self) -> float:
        """Those of them in which nothing was waited for."""
        return max(0.0, self.total - (self._clock.waited() - self._waited_before))

    @property
    def usage(self) -> Usage:
        """As reported in a chunk or beside them, else counted from what was said."""
        if self._last is not None:
            self._take_report(self._last)
        return completed(as_report(self._report or self.hidden.get("usage")), self.estimate)

    def estimate(self) -> Usage:
        """Tokens counted from what was said, marked as an estimate."""
        prompt = self.hidden.get("prompt_tokens_estimate", 0)
        tokens = -(-self._bytes // BYTES_PER_TOKEN)
        return Usage.model_validate({"completion_tokens": tokens, "prompt_tokens": prompt, "estimated": True})

    def shown_tokens(self, usage: Usage) -> int:
        """Tokens of what was said: thoughts that the provider kept to itself came in no chunk."""
        details = usage.completion_tokens_details
        kept = 0 if self._shows_thoughts or details is None else details.reasoning_tokens or 0
        return max(0, usage.completion_tokens - kept)

    def speed(self, tokens: int, waits: Sequence[float]) -> float | None:
        """Tokens a second, if `tokens` came and these waits were between them; those of the first moment took no time.

        None where none came later, or where the consumer was at work for longer than it waited: what the model did
        meanwhile cannot be seen.
        """
        seconds = sum(waits)
        if not seconds or self.consumer - self._busy_before > seconds:
            return None
        first = next(number for number, wait in enumerate(waits, 1) if wait)
        return tokens * (len(self.moments) - first) / len(self.moments) / seconds
