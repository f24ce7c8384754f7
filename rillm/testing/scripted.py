"""`scripted`: calls are answered by a test, without a key and a network, whoever makes them."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeAlias

from rillm.providers.resolve import resolve
from rillm.providers.stand_in import StandIn, stand_in, standing_in
from rillm.testing.scripted_source import ScriptedSource

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from reactivex import Observable

    from rillm.streams.response import ModelResponse
    from rillm.streams.source import Source

ANY = "*"
Said: TypeAlias = "str | Exception | Sequence[Any] | Mapping[str, Any] | ModelResponse | Observable[Any]"
Answer: TypeAlias = "Said | Callable[[ScriptedCall], Said]"


class UnexpectedCallError(AssertionError):
    """A call that no script has an answer for. No retry or fallback of the call follows."""


@dataclass(eq=False)
class ScriptedCall:
    """A request that was made: a try of a call, for what fails may be tried again.

    Attributes:
        model: with its provider, "openai/gpt-4o-mini".
        messages: as they were at that moment.
        params: what it said beside, to the provider or of the way there: `tools`, `temperature`, `api_key`, …
        is_open: whether its answer goes on: it has neither ended nor been left.
    """

    model: str
    messages: list[Any]
    params: dict[str, Any] = field(repr=False)
    is_open: bool = False


@contextmanager
def scripted(model: str = ANY, *answers: Answer, rest: Answer | None = None) -> Generator[list[ScriptedCall]]:
    """Answer calls of a model by a script, whoever makes them and how: sync, async, streamed, whole.

    Yields the list of the calls that were made. The code that is tested need not know of it, and needs no key. Nothing
    leaves the process meanwhile: a call that no script has an answer for is an `UnexpectedCallError`, raised where it
    is made and again at the end, lest the tested code swallow it. Answers that nobody asked for are an error as well.
    Scripts for several models are nested; for each call the innermost counts that is for its model.

    Args:
        model: whose calls: "openai/gpt-4o-mini", "openai/*", or all.
        answers: one for each call, in order. A text or anything else that `mock_response=` takes: an exception, raised
            by the call; a list of texts, chunks and, for failures in mid-stream, exceptions; a whole response. Or a
            stream of chunks, such as `answer("Hi").pipe(cut(after=1))`. Or a function that is given the
            `ScriptedCall` and returns one of these.
        rest: what all further calls get.

    Failed tries are made again as always, but without waiting. With neither answers nor `rest`, no call may be made at
    all: a fixture for a whole suite.

    >>> import rillm
    >>> from rillm.testing import scripted
    >>> with scripted("openai/gpt-4o-mini", "Hello.", rillm.RateLimitError("Too many rivers."), rest="Again.") as calls:
    ...     for question in ("Hi", "Are you there?"):
    ...         messages = [{"role": "user", "content": question}]
    ...         print(rillm.completion("openai/gpt-4o-mini", messages).choices[0].message.content)
    Hello.
    Again.
    >>> [call.messages[0]["content"] for call in calls]
    ['Hi', 'Are you there?', 'Are you there?']
    """
    script = Script(whole_name(model), deque(answers), rest, stand_in())
    with standing_in(script):
        yield script.calls
    script.check()


def whole_name(model: str) -> str:
    """The model with its provider's own name, as calls are told by it; a pattern stays as it is.

    Raises:
        BadRequestError: there is no such provider.
    """
    if ANY in model:
        return model
    provider, name = resolve(model)
    return f"{provider.name}/{name}"


@dataclass
class Script:
    """The answers for one model. Calls of others are left to the script around it."""

    model: str
    answers: deque[Answer]  # that have not been asked for
    rest: Answer | None
    outer: StandIn | None
    calls: list[ScriptedCall] = field(default_factory=list[ScriptedCall])
    unexpected: list[UnexpectedCallError] = field(default_factory=list[UnexpectedCallError])

    def source(self, model: str, messages: Sequence[Any], params: Mapping[str, Any]) -> Source[bytes]:
        if self.outer is not None and not fnmatchcase(model, self.model):
            return self.outer.source(model, messages, params)

        def take() -> tuple[ScriptedCall, Said]:
            said = {name: value for name, value in params.items() if name != "drop_params" or value}
            call = ScriptedCall(model, deepcopy(list(messages)), said)
            answer = self._next(call)
            self.calls.append(call)
            return call, answer(call) if callable(answer) else answer

        return ScriptedSource(take)

    def _next(self, call: ScriptedCall) -> Answer:
        why = f"the script is for {self.model}"
        if fnmatchcase(call.model, self.model):
            if self.answers:
                return self.answers.popleft()
            if self.rest is not None:
                return self.rest
            why = f"the script for {self.model} has no further answer"
        if [one.messages for one in self.calls[-1:]] == [call.messages]:
            why += " (what failed is tried again, unless the call says num_retries=0)"
        error = UnexpectedCallError(f"An unexpected call of {call.model}: {why}. Its messages: {call.messages}")
        self.unexpected.append(error)
        raise error

    def check(self) -> None:
        """What the tested code may have kept to itself, or left out."""
        if self.unexpected:
            raise self.unexpected[0]
        if self.answers:
            left = ", ".join(map(repr, self.answers))
            raise AssertionError(f"The script for {self.model} has answers that nobody has asked for: {left}.")
