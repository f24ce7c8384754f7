"""What one stream has used so far."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from rillm.streams.pieces import changed
from rillm.streams.token_counter import token_counter
from rillm.streams.usage import SUMMANDS, Usage, as_usage, completed, merge_usage

if TYPE_CHECKING:
    from rillm.streams.chunk import ModelResponseStream


class TokenMeter:
    """Tokens of a stream: as the provider reported them, and as they are counted here from then on.

    A report is of all that had come by then. Anthropic tells of the prompt at the start, Gemini of both with every
    chunk, OpenAI at the end; several reports are never summed.

    Attributes:
        prompt_tokens: so far.
        model, hidden_params: of the latest chunk.
    """

    def __init__(self) -> None:
        self.prompt_tokens = 0
        self.model: str | None = None
        self.hidden_params: dict[str, Any] = {}
        self._hidden: dict[str, Any] | None = self.hidden_params
        self._counter = token_counter()
        self._count = self._counter.count
        self._in_chunks: Usage | None = None
        self._report: Usage | None = None
        self._is_partly_told = True
        self._told: int | None = None  # completion tokens, by the latest report
        self._counted = 0  # how many had been counted when it came
        self._shown: tuple[int, int, bool] | None = None

    def add(self, chunk: ModelResponseStream) -> None:
        """Count what `chunk` brings, and take the report that came with it, in it or beside it."""
        self._count(chunk)
        if chunk.__pydantic_private__ is not self._hidden:
            self._begin(chunk)
        extra = chunk.__pydantic_extra__
        if extra and "usage" in extra:
            self._take(extra["usage"])
        if self._in_chunks is not None or "usage" in self.hidden_params:
            self._look()

    def _begin(self, chunk: ModelResponseStream) -> None:
        self._hidden = chunk.__pydantic_private__
        self.model = chunk.model
        self.hidden_params = {} if self._hidden is None else self._hidden  # that dict, into which a report comes later
        self.prompt_tokens = self.hidden_params.get("prompt_tokens_estimate") or 0

    def _take(self, value: Any) -> None:
        report = as_report(value)
        if report is not None and not report.is_estimated:
            self._in_chunks = merge_usage(self._in_chunks, report)

    def _look(self) -> None:
        """Take the numbers of the latest report, if there is one."""
        report = self._report = self._in_chunks or as_report(self.hidden_params.get("usage"))
        if report is None:
            return
        told = report.completion_tokens if "completion_tokens" in report.model_fields_set else None
        if told != self._told:
            self._told, self._counted = told, self._counter.tokens
        if "prompt_tokens" in report.model_fields_set:
            self.prompt_tokens = report.prompt_tokens
        self._is_partly_told = not report.model_fields_set >= SUMMANDS

    @property
    def completion_tokens(self) -> int:
        """So far."""
        return (self._told or 0) + self._counter.tokens - self._counted

    @property
    def at_most(self) -> int:
        """No fewer than `completion_tokens`; known without counting."""
        return (self._told or 0) + self._counter.at_most - self._counted

    def may_exceed(self, completion_tokens: int) -> bool:
        """Whether there may be more; known without counting."""
        return self._counter.may_exceed(completion_tokens - (self._told or 0) + self._counted)

    def usage(self) -> Usage:
        """As it stands now, marked as an estimate if any of it is one."""
        return self._usage(*self._counts())

    def news(self) -> Usage | None:
        """The same, if it has changed since this was asked for; it is asked for with each chunk."""
        now = self._counts()
        if now == self._shown:
            return None
        self._shown = now
        return self._usage(*now)

    def _counts(self) -> tuple[int, int, bool]:
        """Of the prompt and of the answer so far, and whether any of them were counted here."""
        since = self._counter.tokens - self._counted
        return self.prompt_tokens, (self._told or 0) + since, since > 0 or self._is_partly_told

    def _usage(self, prompt: int, completion: int, is_estimated: bool) -> Usage:  # noqa: FBT001 - as it is counted
        report = self._report
        counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        if report is None:
            return changed(_estimate(), counts)
        if is_estimated:
            return changed(report, counts, {**report.extra, "estimated": True})
        return changed(report, {})  # some decoders bring theirs up to date in place

    def final(self) -> Usage:
        """As it stands when the stream has ended well: what was reported, wherever it came."""
        self._look()
        return completed(self._report, self.usage)


def as_report(value: Any) -> Usage | None:
    """A report of usage in any form; None if it is none."""
    if value and not isinstance(value, Usage):
        with suppress(ValidationError):
            return as_usage(value)
        return None
    return value or None


@cache
def _estimate() -> Usage:
    return Usage.model_validate({"estimated": True})
