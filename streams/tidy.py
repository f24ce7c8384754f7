"""The promises that every chunk of a default stream keeps, whatever the provider sent.

One id, one `created`, one `model` a stream; all of this begins anew after a retraction. Always a `choices[0].delta`.
The role on a choice's first delta and nowhere else. No empty deltas. Exactly one finish chunk a choice, at the end.
Usage only where the caller asked for it. Calls are numbered from 0, each with an index of its own.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from rillm.streams.chunk import Delta, ModelResponseStream, StreamingChoices
from rillm.streams.finish_reasons import in_openai_words
from rillm.streams.json_values import EMPTY
from rillm.streams.model import set_hidden_params
from rillm.streams.retraction import is_retraction
from rillm.streams.tool_calls import OpenCalls
from rillm.streams.usage import Usage, completed, merge_usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Tidy:
    """The state of one stream. `model` is the name that the caller asked for, None to keep the provider's."""

    def __init__(
        self,
        model: str | None,
        hidden_params: dict[str, Any],
        *,
        keep_leading: bool = False,
        roles_as_sent: bool = False,
    ) -> None:
        self.hidden_params = hidden_params
        self._asked = model
        self._keep_leading = keep_leading
        self._roles_as_sent = roles_as_sent
        self._begin()

    def _begin(self) -> None:
        """Forget what an answer was, if there was one."""
        self.hidden_params.pop("usage", None)
        self._id = ""
        self._created = 0
        self._model = self._asked
        self._system_fingerprint: str | None = None
        self._service_tier: str | None = None
        self._extra: dict[str, Any] = {}
        self._begun: set[int] = set()
        self._finish_reasons: dict[int, str] = {}
        self._finish_extra: dict[int, dict[str, Any]] = {}
        self._finish_fields: dict[int, dict[str, Any]] = {}
        self._calls: dict[int, OpenCalls] = {}

    def admit(self, chunk: ModelResponseStream) -> bool:
        """Bring `chunk` into shape; False if nothing in it is for the consumer."""
        if not self._id:
            self._identify(chunk)
        fields: Any = chunk.__dict__  # past pydantic's __setattr__, which costs as much as all the rest here
        fields["id"] = self._id
        fields["created"] = self._created
        fields["model"] = self._model
        set_hidden_params(chunk, self.hidden_params)
        extra = chunk.__pydantic_extra__
        if extra and extra != self._extra:
            self._take_extra(extra)
        choices = chunk.choices
        for choice in choices:
            delta = choice.delta
            if (
                choice.finish_reason is not None
                or delta.role
                or delta.tool_calls
                or not (delta.content and choice.index in self._begun)
            ):
                if is_retraction(chunk):
                    self._begin()
                    return True
                fields["choices"] = kept = [choice for choice in choices if self._admit_choice(choice)]
                return bool(kept)
        return bool(choices) or (self._keep_leading and not self._begun)

    def _identify(self, chunk: ModelResponseStream) -> None:
        if not chunk.id and not chunk.choices:
            return  # Azure's verdict on the prompt, which comes before the answer has a name
        self._id = chunk.id or f"chatcmpl-{uuid.uuid4()}"
        self._created = chunk.created or int(time.time())
        self._model = self._model or chunk.model
        self._system_fingerprint = chunk.system_fingerprint
        self._service_tier = chunk.service_tier
        self.hidden_params["provider_response_model"] = chunk.model

    def _take_extra(self, extra: dict[str, Any]) -> None:
        if "usage" in extra:
            self._take_usage(extra.pop("usage"))
        extra.pop("obfuscation", None)  # padding
        if extra:
            self._extra = {**self._extra, **extra}

    def _take_usage(self, usage: Any) -> None:
        if not usage:
            return
        with suppress(ValidationError):  # what cannot be read is no report, and no reason to lose the answer
            self.hidden_params["usage"] = merge_usage(self.hidden_params.get("usage"), Usage.model_validate(usage))

    def _admit_choice(self, choice: StreamingChoices) -> bool:
        delta = choice.delta
        if choice.finish_reason:
            self._finish_reasons[choice.index] = choice.finish_reason
            self._finish_extra.setdefault(choice.index, {}).update(choice.extra)
            choice.extra.clear()
            if delta.provider_specific_fields:
                self._finish_fields.setdefault(choice.index, {}).update(delta.provider_specific_fields)
                delta.provider_specific_fields = None
        if choice.finish_reason is not None:
            choice.finish_reason = None
        if delta.tool_calls:
            calls = self._calls.setdefault(choice.index, OpenCalls())
            for fragment, number in zip(delta.tool_calls, calls.add(delta.tool_calls), strict=True):
                fragment.index = number
        if choice.index not in self._begun:
            if choice.index in self._finish_reasons and not has_something(choice):
                return False
            if not (self._roles_as_sent and self._begun):
                delta.role = delta.role or "assistant"
            self._begun.add(choice.index)
            return True
        delta.role = None
        return has_something(choice)

    def is_finished(self) -> bool:
        """Whether each choice that began has its finish_reason."""
        return bool(self._finish_reasons) and self._begun <= self._finish_reasons.keys()

    def finish(self) -> Iterator[ModelResponseStream]:
        """The chunks that end the stream well: a finish_reason for each choice."""
        for index in sorted(self._begun | self._finish_reasons.keys()) or [0]:
            implied = "tool_calls" if index in self._calls else "stop"
            reason = self._finish_reasons.get(index, implied)
            role = None if index in self._begun else "assistant"
            fields = {"provider_specific_fields": self._finish_fields[index]} if index in self._finish_fields else {}
            values = {
                **self._finish_extra.get(index, {}),
                "finish_reason": reason,
                "index": index,
                "delta": Delta.model_validate({"role": role, **fields}),
            }
            yield self._chunk([StreamingChoices.model_validate(in_openai_words(values))])

    def usage_chunk(self, estimate: Callable[[], Usage]) -> ModelResponseStream:
        """The chunk that follows for those who asked for usage; an estimate where the provider reported none.

        One empty delta rather than OpenAI's empty list: `chunk.choices[0].delta` is safe on every chunk.
        """
        return self._chunk([StreamingChoices()], usage=completed(self.hidden_params.get("usage"), estimate))

    def _chunk(self, choices: list[StreamingChoices], **extra: Any) -> ModelResponseStream:
        if not self._id:
            self._identify(ModelResponseStream())
        chunk = ModelResponseStream.model_validate(
            {
                "id": self._id,
                "created": self._created,
                "model": self._model,
                "system_fingerprint": self._system_fingerprint,
                "service_tier": self._service_tier,
                "choices": choices,
                **self._extra,
                **extra,
            }
        )
        set_hidden_params(chunk, self.hidden_params)
        return chunk


def has_something(choice: StreamingChoices) -> bool:
    """Whether a choice brings anything beside its role."""
    delta = choice.delta
    return bool(
        delta.content
        or delta.tool_calls
        or delta.function_call
        or delta.audio
        or delta.provider_specific_fields
        or choice.logprobs
        or any(value not in EMPTY for value in delta.extra.values())
        or any(value not in EMPTY for value in choice.extra.values())
    )


def says_something(chunk: ModelResponseStream) -> bool:
    """Whether a chunk brings anything of the answer: text, reasoning, a call. A role alone is nothing said."""
    return any(has_something(choice) for choice in chunk.choices)
