"""`continue_with`: let another model go on where a stream breaks in mid-sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import reactivex
from reactivex import Observable
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable

from rillm.operators.fallback_to import fallback_to
from rillm.operators.guarding import told
from rillm.operators.rest_of import rest_of
from rillm.operators.retry_before_first_token import retryable
from rillm.streams.accumulator import Accumulator
from rillm.streams.combine import concat, of
from rillm.streams.errors import BadRequestError, RillmError
from rillm.streams.json_grammar import NotJsonError
from rillm.streams.json_scanner import JsonScanner, Visitor
from rillm.streams.retraction import retraction
from rillm.streams.stream import Stream, as_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.response import ModelResponse

    Backup = Callable[[ModelResponse], Observable[ModelResponseStream]] | Observable[ModelResponseStream]


def continue_with(
    backup: Backup,
    mode: Literal["continue", "restart"] = "continue",
    dedupe_overlap: bool = True,  # noqa: FBT001, FBT002 - a switch that is mostly given by name
    when: Callable[[Exception], bool] = retryable,
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Let `backup` go on with an answer whose stream breaks, from where it broke.

        -Hel-lo_wor-X
        [ continue_with(other) ]
        -Hel-lo_wor-(ld!,=stop,|)    other: world!

    What comes is one answer: the chunks of the rest have the id, the time and the model of the first one, and the role
    comes once. Where the rest cannot be had, the answer begins anew: a chunk takes back what had come
    (`rillm.is_retraction`), and then the whole of another one follows. `accumulate` and recordings end with that alone.
    It is so where

    - the backup fails before it has said anything new, such as one that does not go on with what others have begun;
    - there is no text to go on with, but reasoning alone, or there are tool calls, several choices or a JSON document.

    Where nothing has been said yet, there is nothing to take back: the backup answers. Nothing is taken back before
    there is something better: if the backup fails as well, what had come stands. An answer that has finished is whole,
    whatever breaks then.

    How long a model takes to see that something broke is for `timeouts` to say. A call ends by itself, with its own
    callbacks, usage and cost; the usage of the answer is the one that was reported last. For a third model, write
    another `continue_with` behind this one.

    Args:
        backup: is called with the response so far, and makes the stream that goes on. Its text is empty where the
            answer is to begin anew. A stream in its place has never heard what was said: it always begins anew.
        mode: "restart" begins anew even where the backup could go on.
        dedupe_overlap: whether the beginning of the rest that was said already is left out: the end of what was said
            from a word on, all of it, the blank or the empty line at its end, which Anthropic's models say again. What
            could still be that is held back, a word or two. An answer that repeats itself already may go on so, and
            nothing of it is left out. False for those that go on to the letter.
        when: after which errors of the source; without it those that may pass, such as lost connections, timeouts and
            overloads.

    Errors: that of the backup, with all that had come in its `.partial`, and the one of the source as its note.

    Raises:
        BadRequestError: `mode` is something else.

    >>> import rillm
    >>> from rillm.testing import cut
    >>> messages = [{"role": "user", "content": "Where do rivers begin?"}]
    >>> def other(partial):
    ...     said = partial.choices[0].message.content
    ...     begun = [{"role": "assistant", "content": said}] if said else []
    ...     return rillm.stream("mock/other", messages + begun, mock_response="the snow, most of them.")
    >>> broken = rillm.stream("mock/one", messages, mock_response="High up, in the snow.").pipe(cut(after=4))
    >>> next(broken.pipe(rillm.continue_with(other), rillm.accumulate())).choices[0].message.content
    'High up, in the snow, most of them.'
    """
    if mode not in {"continue", "restart"}:
        raise BadRequestError(f"mode= has to be 'continue' or 'restart', not {mode!r}.")

    ask = backup if callable(backup) else always(backup)

    def asked(partial: ModelResponse) -> Stream[ModelResponseStream]:
        return as_stream(reactivex.defer(lambda _: ask(partial)))

    def following(partial: ModelResponse, last: ModelResponseStream | None) -> Stream[ModelResponseStream]:
        anew = asked(Accumulator().response())
        if last is None:
            return anew
        # It is handed on when the other answer says something, and not before.
        anew = concat(of(retraction(last)), anew).pipe(fallback_to())
        if mode == "restart" or not callable(backup) or not can_go_on(partial):
            return anew
        said = partial.choices[0].message.content if dedupe_overlap else None
        return asked(partial).pipe(rest_of(last, said), fallback_to(anew))

    def continued(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            answer = _Answer(following, when, observer, scheduler)
            answer.listen(fallback_to()(source), answer.fail_over)
            return answer.upstream

        return Stream(subscribe)

    return continued


class _Answer:
    """One subscription: what has come of the answer, and who says it."""

    def __init__(
        self,
        following: Callable[[ModelResponse, ModelResponseStream | None], Stream[ModelResponseStream]],
        when: Callable[[Exception], bool],
        observer: abc.ObserverBase[ModelResponseStream],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self.upstream = SerialDisposable()
        self._following = following
        self._when = when
        self._observer = observer
        self._scheduler = scheduler
        self._came = Accumulator()
        self._last: ModelResponseStream | None = None

    def listen(self, stream: Observable[ModelResponseStream], on_error: Callable[[Exception], None]) -> None:
        add, emit = self._came.add, self._observer.on_next

        def on_next(chunk: ModelResponseStream) -> None:
            self._last = chunk
            add(chunk)
            emit(chunk)

        subscription = SingleAssignmentDisposable()
        self.upstream.disposable = subscription  # before the stream can fail, which is replaced by then
        subscription.disposable = stream.subscribe(
            on_next, on_error, self._observer.on_completed, scheduler=self._scheduler
        )

    def fail_over(self, error: Exception) -> None:
        try:
            is_wanted = self._when(error)
        except Exception as reason:  # noqa: BLE001 - somebody else's code
            self._observer.on_error(reason)
            return
        partial = self._came.response()
        if not is_wanted:
            self._observer.on_error(error)
        elif all(choice.finish_reason for choice in partial.choices):
            self._observer.on_completed()
        else:
            error_of_source = f"{type(error).__name__}: {error}"
            self.listen(self._following(partial, self._last), lambda reason: self._fail(reason, error_of_source))

    def _fail(self, error: Exception, error_of_source: str) -> None:
        error.add_note(f"The stream that was to be continued had failed: {error_of_source}")
        self._observer.on_error(told(error, self._came) if isinstance(error, RillmError) else error)


def always(stream: Observable[ModelResponseStream]) -> Callable[[ModelResponse], Observable[ModelResponseStream]]:
    """A backup that has never heard what was said."""
    return lambda _: stream


def can_go_on(partial: ModelResponse) -> bool:
    """Whether what has come is a text alone, which anybody can go on with."""
    message = partial.choices[0].message
    has_calls = bool(message.tool_calls or message.function_call)
    return not has_calls and not is_json(message.content or "") and [one.index for one in partial.choices] == [0]


def is_json(text: str) -> bool:
    """Whether a text is an object or array of JSON, whole or as far as it has come: nothing yet, it may be."""
    scanner = JsonScanner(Visitor(), passes_over=False)
    try:
        scanner.feed(text)
    except NotJsonError:
        return False
    return not (scanner.is_complete and text[scanner.end :].strip())
