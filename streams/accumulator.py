"""What the chunks of one stream add up to: a `ModelResponse`, at any time and in linear time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rillm.streams.by_index import ByIndex
from rillm.streams.choice_accumulator import ChoiceAccumulator
from rillm.streams.json_values import EMPTY
from rillm.streams.model import set_hidden_params
from rillm.streams.response import ModelResponse
from rillm.streams.retraction import is_retraction
from rillm.streams.usage import Usage, as_usage, completed, estimated_usage, merge_usage

if TYPE_CHECKING:
    from rillm.streams.chunk import ModelResponseStream


class Accumulator:
    """The response so far. Keeps texts and counts, never the chunks themselves.

    A retraction begins it anew: only what follows counts, its usage too. Where one call goes on with the answer of
    another, the usage is the one that was reported last.
    """

    def __init__(self) -> None:
        self.started_at: datetime | None = None
        self._has_head = False
        self._choices = ByIndex(ChoiceAccumulator)
        self._head: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._usage: Usage | None = None
        self._last_hidden: dict[str, Any] = {}
        self.hidden_params: dict[str, Any] = {}

    def add(self, chunk: ModelResponseStream) -> None:
        """Add what `chunk` brings."""
        if not self._has_head:
            self._start(chunk)
        for choice in chunk.choices:
            accumulator = self._choices[choice.index]
            delta = choice.delta
            content = delta.content
            if content:
                accumulator.texts.append(content)
                if len(delta.__pydantic_fields_set__) == 1 and not (choice.finish_reason or choice.__pydantic_extra__):
                    if choice.logprobs:
                        accumulator.logprobs.add(choice.logprobs)
                    continue  # nearly every chunk
            elif is_retraction(chunk):
                self._begin_anew()
                return
            accumulator.add_rest(choice)
            self._last_hidden = chunk.__pydantic_private__ or {}
        extra = chunk.__pydantic_extra__
        if extra and extra != self._extra:
            self._add_extra(extra)

    def add_text(self, index: int, field: str, text: str) -> None:
        """Add a piece of text alone: to the content of a choice, its reasoning or its refusal."""
        self._choices[index].pieces_of(field).append(text)

    def _begin_anew(self) -> None:
        """Keep nothing but who answered, until another one does."""
        self._has_head = False
        self._choices.clear()
        self._extra.clear()
        self._usage = None
        self._last_hidden = {}

    def _start(self, chunk: ModelResponseStream) -> None:
        self.started_at = self.started_at or datetime.now()  # noqa: DTZ005 - LiteLLM's times are naive
        self._has_head = True
        self._head = {
            "id": chunk.id,
            "created": chunk.created,
            "model": chunk.model,
            "system_fingerprint": chunk.system_fingerprint,
            **({"service_tier": chunk.service_tier} if chunk.service_tier else {}),
        }
        self.hidden_params = chunk.hidden_params

    def _add_extra(self, extra: dict[str, Any]) -> None:
        for key, value in extra.items():
            if key == "usage":
                self.add_usage(value)
            elif value not in EMPTY or (value is not None and key not in self._extra):
                self._extra[key] = value

    def add_usage(self, report: Any) -> None:
        """Add a report of usage, which need not have been in a chunk; nothing in it is none.

        Raises:
            ValidationError: it is no report.
        """
        if report:
            self._usage = merge_usage(self._usage, as_usage(report))

    def finish(self) -> None:
        """Take every choice for finished: one without a finish_reason has none to tell but the usual."""
        for choice in self._choices.values() or (self._choices[0],):
            choice.finish_reason = choice.finish_reason or ("tool_calls" if choice.calls.calls else "stop")

    @property
    def usage(self) -> Usage | None:
        """As reported, in a chunk or beside them; None if nothing was."""
        reported = self._usage or self._last_hidden.get("usage") or self.hidden_params.get("usage")
        return None if reported is None else as_usage(reported)

    def billed_text(self) -> str:
        """All that the model wrote, of all choices: what an estimate of tokens counts."""
        return "".join(choice.billed_text() for choice in self._choices.values())

    def estimated_usage(self) -> Usage:
        """Tokens counted from the text, and of the prompt as far as the call has left an estimate."""
        return estimated_usage(self.hidden_params.get("prompt_tokens_estimate", 0), self.billed_text())

    def response(self) -> ModelResponse:
        """The response so far, its usage estimated as far as none was reported. It always has a choice."""
        choices = [self._choices[index].choice() for index in sorted(self._choices)] or [ChoiceAccumulator(0).choice()]
        usage = completed(self.usage, self.estimated_usage)
        values = {**self._head, "choices": choices, "usage": usage, **self._extra}
        response = ModelResponse.model_validate(values)
        set_hidden_params(response, self.hidden_params)
        return response
