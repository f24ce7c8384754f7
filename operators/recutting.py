"""`recutting`: what `smooth` does without a delay, the texts of a stream in other pieces; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.operators.recut import Item, Recut
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.operators.rewriting import Rewriter


def recutting(make: Callable[[], Rewriter], shown: Callable[[Item], Any]) -> Operator[Any, Any]:
    """Cut strings, or of each choice of chunks the reasoning and the content. A chunk that is one piece stays itself.

    Errors: whatever a cutter raises, after all that had come.

    Args:
        make: makes what cuts one text.
        shown: makes what comes out.
    """

    def recut(source: Observable[Any]) -> Stream[Any]:
        def subscribe(
            observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            texts = Recut(make)
            emit = observer.on_next
            is_over = False

            def on_next(item: Any) -> None:
                if is_over:
                    return
                try:
                    texts.feed(item)
                except Exception as error:  # noqa: BLE001 - a cutter may call somebody else's code
                    on_error(error)
                else:
                    let_out()

            def let_out() -> None:
                for item in texts.take():
                    emit(shown(item))

            def end() -> None:
                nonlocal is_over
                is_over = True
                texts.end()
                let_out()

            def on_error(error: Exception) -> None:
                end()
                observer.on_error(error)

            def on_completed() -> None:
                end()
                observer.on_completed()

            return source.subscribe(on_next, on_error, on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return recut
