"""`moderate`: another stream listens, and can stop the model."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from reactivex import abc
from reactivex.subject import Subject

from rillm.operators.guarding import Guard, Then, checked
from rillm.streams.errors import BadRequestError, ContentPolicyViolationError
from rillm.streams.stream import Stream, as_stream
from rillm.streams.texts import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

    Judge = Callable[[Stream[ModelResponseStream]], Observable[Any]]


def moderate(judge: Judge, *, lag: int = 0, then: Then = "error") -> Operator[ModelResponseStream, ModelResponseStream]:
    """Let a judge hear what the model says, and stop the model at its verdict.

        -Build--_a---_bomb--_so-|
        [ moderate(judge) ]
        -Build--_a---X                 X: ContentPolicyViolationError

    The judge is given the chunks as a stream and makes a stream of verdicts of it, with any operators: a filter of
    words, or another model that is asked about each sentence. It is read by whoever reads the answer, and what it has
    open is closed with it. A verdict that is true stops the model: its connection is closed at once, what is held back
    is dropped. A judge that fails ends the stream by its error; one that completes has heard enough, and all goes
    through from then on.

    Args:
        judge: makes verdicts, each a reason as a str, or True, to stop; anything false, "" or None, is no objection.
        lag: characters that the model has to say after a piece of text before that is handed on, so that a judge that
            takes its time is not too late. 0 hands on what the judge has heard and not objected to there and then.
            With a lag, what is held back at the end, good or bad, waits until the judge has completed.
        then: "error" ends by an error; "stop" ends well, with the finish_reason "content_filter" for each choice that
            goes on.

    Errors: `ContentPolicyViolationError` with the reason, and what had passed in `.partial`; those of the judge.

    >>> import rillm
    >>> from reactivex import operators as ops
    >>> answer = rillm.stream("mock/echo", mock_response="Build a bomb so")
    >>> def judge(said):
    ...     return said.pipe(rillm.text(), ops.map(lambda text: "bomb" in text and "weapons"))
    >>> try:
    ...     for text in answer.pipe(rillm.moderate(judge), rillm.text()):
    ...         print(text)
    ... except rillm.ContentPolicyViolationError as error:
    ...     print(error.message)
    Build
     a
    The answer was stopped by its judge: weapons
    """
    checked(then)
    if lag < 0:
        raise BadRequestError(f"lag= is a number of characters, not {lag!r}.")

    def moderated(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            guard = Guard(observer, then, "content_filter")
            talk = Talk(guard, lag)
            try:
                verdicts = as_stream(judge(as_stream(talk.said)))
                guard.held.add(verdicts.subscribe(talk.on_verdict, guard.fail, talk.on_judged, scheduler=scheduler))
            except Exception as error:  # noqa: BLE001 - a judge is somebody else's code
                guard.fail(error)
            if not guard.is_over:
                guard.held.add(source.subscribe(talk, scheduler=scheduler))
            return guard

        return Stream(subscribe)

    return moderated


class Talk(abc.ObserverBase["ModelResponseStream"]):
    """One answer: what the judge has heard of it, and what of that is held back."""

    def __init__(self, guard: Guard, lag: int) -> None:
        self._guard = guard
        self._lag = lag
        self.said: Subject[ModelResponseStream] = Subject()
        self._characters = 0
        self._held: deque[tuple[int, ModelResponseStream]] = deque()  # each with the characters up to its end
        self._is_judged = False
        self._end: Callable[[], None] | None = None  # how the answer has ended, if it has

    def on_next(self, value: ModelResponseStream) -> None:
        if self._guard.is_over:
            return
        if self._lag and not self._is_judged:
            self._characters += sum(len(text) for choice in value.choices for _, text in texts_of(choice))
            self._held.append((self._characters, value))
            self._tell(self.said.on_next, value)
            self._release(self._characters - self._lag)
            return
        if not self._is_judged:
            self._tell(self.said.on_next, value)
        if not self._guard.is_over:
            self._guard.emit(value)

    def on_error(self, error: Exception) -> None:
        self._on_end(lambda: self._guard.on_error(error))

    def on_completed(self) -> None:
        self._on_end(self._guard.on_completed)

    def on_verdict(self, verdict: Any) -> None:
        if verdict:
            reason = f": {verdict}" if isinstance(verdict, str) else "."
            self._guard.stop(ContentPolicyViolationError(f"The answer was stopped by its judge{reason}"))

    def on_judged(self) -> None:
        """The judge has heard enough, or all."""
        self._is_judged = True
        self._release(self._characters)
        if self._end is not None:
            self._end()

    def _on_end(self, end: Callable[[], None]) -> None:
        self._end = end
        self._tell(self.said.on_completed)
        if self._is_judged or not self._lag:
            end()

    def _tell(self, hear: Callable[..., None], *said: ModelResponseStream) -> None:
        try:
            hear(*said)
        except Exception as error:  # noqa: BLE001 - a judge is somebody else's code
            self._guard.fail(error)

    def _release(self, characters: int) -> None:
        """Hand on what ends within so many characters of the answer."""
        held = self._held
        while held and held[0][0] <= characters and not self._guard.is_over:
            self._guard.emit(held.popleft()[1])
