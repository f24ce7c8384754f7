"""`loop_guard`: stop a model that has fallen into a loop, or let another one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from reactivex.disposable import SerialDisposable

from rillm.operators.loop_texts import LoopTexts
from rillm.operators.loop_watch import Watch
from rillm.streams.chunk import Delta, ModelResponseStream, StreamingChoices
from rillm.streams.errors import BadRequestError, RepeatedChunkError
from rillm.streams.pieces import another
from rillm.streams.retraction import retraction
from rillm.streams.stream import Stream, as_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reactivex import Observable, abc

    from rillm.operators.loop_watch import Found
    from rillm.operators.operator import Operator
    from rillm.operators.rewriting import Text

LOOP: Final = "loop"  # the field of a delta that tells of one


def loop_guard(
    times: int = 6,
    least: int = 1000,
    then: Literal["error", "stop"] | Callable[[RepeatedChunkError], Observable[Text]] = "error",
    retries: int = 1,
) -> Operator[Text, Text]:
    """End a stream whose model says the same again and again, wherever its chunks are cut.

        -so_so_-so_s-o_so_-so_so_-|
        [ loop_guard(times=3, least=9) ]
        -so_so_-(so_s,X)                X: RepeatedChunkError

    The content, the reasoning and the arguments of calls are looked at, of each choice by itself; so is a stream of
    strings. After every `least` characters the last ones are, and these are loops:

    - one block of prose again and again, `times` over and for `least` characters;
    - one block of anything, for four times as many: code, tables, rules and blanks repeat in honest answers, too;
    - the same words, for four times as many, while numbers in them go up by the same steps ("Step 17: …"). Numbers that
      change in another way are data, and a countdown comes to its end;
    - in four times as many, a last quarter that says nothing new, and that was mostly said `times` before, in whatever
      order and with whatever white space.

    So a loop is caught before it is two times `least` characters long in the first case, five times in the others. A
    cycle of more than `4 * least / times` characters is not seen. Nothing is held back, and no more than five times
    `least` characters are kept. `repeat_guard`, which every call has, sees only the same chunk again and again.

    Args:
        times: how often something is said, at least 2.
        least: how many characters that is, at least 1; 1000 are about 250 tokens of English.
        then: what becomes of the stream when the source has been let go, which is at once. "error"; "stop": a good end,
            with the finish_reason "length", as of any answer that was cut, for each choice that has not finished, and
            in the `provider_specific_fields` of the delta of the one that looped
            `{"loop": {"text": …, "times": …, "field": …}}`; or a function of the error that returns another stream.
            A chunk comes first that takes back what had come (`rillm.is_retraction`; strings cannot be taken back).
            The other stream is guarded as well.
        retries: how many other streams there may be; then the error passes.

    Errors: `RepeatedChunkError`, which is an `InternalServerError`; it has `.partial` where the guard stands in the
    `pipeline=` of a call. `BadRequestError` here for arguments that are none.

    >>> import rillm
    >>> lost = rillm.stream("mock/lost", mock_response="Let me check that. " * 200)
    >>> def again(error):
    ...     return rillm.stream("mock/found", mock_response="It is 42.", temperature=0.8)
    >>> next(lost.pipe(rillm.loop_guard(then=again), rillm.accumulate())).choices[0].message.content
    'It is 42.'
    """
    check(times, least, then, retries)

    def guarded(source: Observable[Text]) -> Stream[Text]:
        def subscribe(
            observer: abc.ObserverBase[Text], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            guard = Guard(times, least, then, observer, scheduler)
            guard.watch(source, retries)
            return guard.upstream

        return Stream(subscribe)

    return guarded


def check(times: int, least: int, then: object, retries: int) -> None:
    if not (times > 1 and least > 0 and retries >= 0):
        raise BadRequestError(f"A loop is at least 2 times and 1 character, not {times=}, {least=}, {retries=}.")
    if then not in ("error", "stop") and not callable(then):
        raise BadRequestError(f'What is done about a loop is "error", "stop" or a function, not {then!r}.')


class Guard:
    """One subscription: the source that is watched now, and what to do when it loops."""

    def __init__(
        self, times: int, least: int, then: Any, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None
    ) -> None:
        self.upstream = SerialDisposable()
        self._limits = times, least
        self._then = then
        self._observer = observer
        self._scheduler = scheduler

    def watch(self, source: Observable[Any], retries: int) -> None:
        """Hand on what comes from `source` until it loops; then there may be so many other ones."""
        watch = Watch(LoopTexts(*self._limits), self._observer, lambda found: self._end(found, retries))
        self.upstream.disposable = watch.subscription
        watch.subscribe_to(source, self._scheduler)

    def _end(self, found: Found, retries: int) -> None:
        if self._then == "stop":
            for chunk in cut(found) if isinstance(found.last, ModelResponseStream) else ():
                self._observer.on_next(chunk)
            self._observer.on_completed()
        elif self._then == "error" or not retries:
            self._observer.on_error(looping(found))
        else:
            self._go_on(found, retries - 1)

    def _go_on(self, found: Found, retries: int) -> None:
        try:
            other = as_stream(self._then(looping(found)))
        except Exception as error:  # noqa: BLE001 - somebody else's code
            self._observer.on_error(error)
            return
        if isinstance(found.last, ModelResponseStream):
            self._observer.on_next(retraction(found.last))
        if not self.upstream.is_disposed:  # the consumer may have left at the retraction
            self.watch(other, retries)


def cut(found: Found) -> Iterator[ModelResponseStream]:
    """The chunks that finish the choices of a stream of chunks; that of the loop has a note."""
    note = {LOOP: found.loop._asdict()}
    for index in found.unfinished:
        delta = Delta(provider_specific_fields=note if index == found.choice else None)
        yield another(found.last, StreamingChoices(finish_reason="length", index=index, delta=delta))


def looping(found: Found) -> RepeatedChunkError:
    loop, last = found.loop, found.last
    of = last if isinstance(last, ModelResponseStream) else ModelResponseStream()
    where = loop.field + (f" (choice {found.choice})" if found.choice else "")
    return RepeatedChunkError(
        f"The model is in a loop: at the end of its {where} it says {loop.text!r} at least {loop.times} times. "
        "Ask again with a higher temperature or a frequency penalty, as a function that is passed as then= can do, or "
        "raise times= or least= of loop_guard if that is wanted.",
        llm_provider=of.hidden_params.get("custom_llm_provider") or "",
        model=of.model or "",
    )
