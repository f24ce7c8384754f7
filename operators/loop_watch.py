"""`Watch`: the subscription of `loop_guard` to one source, until that loops; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reactivex.disposable import SingleAssignmentDisposable

from rillm.streams.texts import REASONING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import Observable, abc

    from rillm.operators.loop_detector import Loop
    from rillm.operators.loop_texts import LoopTexts


class Found(NamedTuple):
    """A loop, and where it is.

    Attributes:
        choice: the one that loops.
        last: the item that showed it.
        unfinished: the choices that have begun and not ended.
    """

    loop: Loop
    choice: int
    last: Any
    unfinished: Sequence[int]


class Watch:
    """Hands on what comes from a source. When it loops, lets go of it and calls `end`; nothing comes from then on."""

    def __init__(self, texts: LoopTexts, observer: abc.ObserverBase[Any], end: Callable[[Found], None]) -> None:
        self.subscription = SingleAssignmentDisposable()
        self._texts = texts
        self._observer = observer
        self._end = end

    def subscribe_to(self, source: Observable[Any], scheduler: abc.SchedulerBase | None) -> None:
        emit: abc.OnNext[Any] = self._observer.on_next
        hear, contents, thoughts = self._texts.hear, self._texts.contents, self._texts.thoughts

        def on_next(value: Any) -> None:
            emit(value)
            if isinstance(value, str):
                loop = contents[0].feed(value)
                if loop:
                    found(loop, 0, value)
                return
            for choice in value.choices:
                delta = choice.delta
                text, extra = delta.content, delta.__pydantic_extra__
                thought = extra and extra.get(REASONING)
                # Nearly every chunk. A call beside a text is of a whole answer: there is nothing left to stop.
                if (text or thought) and choice.finish_reason is None:
                    loop = contents[choice.index].feed(text) if text else None
                    if thought:
                        loop = thoughts[choice.index].feed(thought) or loop
                else:
                    loop = hear(choice, value)
                if loop:
                    found(loop, choice.index, value)

        def found(loop: Loop, choice: int, last: Any) -> None:
            nonlocal emit
            emit = ignore  # who pushes while being subscribed to does not hear that it is over
            self._found(Found(loop, choice, last, self._texts.unfinished))

        self.subscription.disposable = source.subscribe(
            on_next, self._on_error, self._on_completed, scheduler=scheduler
        )

    def _found(self, found: Found) -> None:
        if not self.subscription.is_disposed:  # nor has the consumer left
            self.subscription.dispose()
            self._end(found)

    def _on_error(self, error: Exception) -> None:
        if not self.subscription.is_disposed:
            self._observer.on_error(error)

    def _on_completed(self) -> None:
        if not self.subscription.is_disposed:
            self._observer.on_completed()


def ignore(_: object) -> None: ...
