"""`repeat_guard`: stop a model that says the same chunk again and again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rillm.streams.errors import BadRequestError, RepeatedChunkError
from rillm.streams.retraction import is_retraction
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

DEFAULT_LIMIT = 100
LENIENCY = 10
# Short texts, blanks and Markdown rules, table lines and bullets do repeat in honest answers.
HARMLESS = re.compile(r"\W*|..?", re.DOTALL)


def repeat_guard(
    limit: int | Callable[[], int] | None = None,
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Let the same text through `limit` times in a row; fail at the next.

        -a-a-the-the-the-the-|
        [ repeat_guard(3) ]
        -a-a-the-the-the-X            X: RepeatedChunkError

    Each choice is counted by itself, by its content. Texts of one or two characters, whitespace and Markdown rules
    count only at ten times the limit. Chunks without content neither count nor break a row.

    Args:
        limit: how often, at least 1; a function is asked once per subscription. Default 100, as LiteLLM's
            `REPEATED_STREAMING_CHUNK_LIMIT`.

    Errors: `RepeatedChunkError`, which is an `InternalServerError`.

    >>> import rillm
    >>> stream = rillm.stream("mock/loop", mock_response=["again"] * 5)
    >>> guarded = stream.pipe(rillm.repeat_guard(3))
    >>> try:
    ...     for chunk in guarded:
    ...         print(chunk.choices[0].delta.content)
    ... except rillm.RepeatedChunkError:
    ...     print("stopped")
    again
    again
    again
    stopped
    """

    def guarded(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            most = checked(limit() if callable(limit) else limit)
            last: dict[int, str] = {}
            rows: dict[int, int] = {}
            emit = observer.on_next

            def on_next(chunk: ModelResponseStream) -> None:
                for choice in chunk.choices:
                    text = choice.delta.content
                    if not text:
                        if is_retraction(chunk):
                            last.clear()
                        continue
                    index = choice.index
                    if last.get(index) != text:
                        last[index] = text
                        rows[index] = 1
                    else:
                        rows[index] += 1
                        if rows[index] > most and rows[index] > allowed(text, most):
                            observer.on_error(repeated(text, rows[index], chunk))
                            return
                emit(chunk)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return guarded


def checked(limit: object) -> int:
    """A limit as a number: None is the default.

    Raises:
        BadRequestError: it is no number of at least 1.
    """
    if limit is None:
        return DEFAULT_LIMIT
    if isinstance(limit, int | str) and str(limit).isdigit() and int(limit) > 0:
        return int(limit)
    raise BadRequestError(f"The limit of repeated chunks has to be a number of at least 1, not {limit!r}.")


def allowed(text: str, limit: int) -> int:
    """How often `text` may stand in a row."""
    return limit * LENIENCY if HARMLESS.fullmatch(text) else limit


def repeated(text: str, times: int, chunk: ModelResponseStream) -> RepeatedChunkError:
    return RepeatedChunkError(
        f"The model is repeating the same chunk = {text[:80]!r}, {times} times in a row. Raise the limit by "
        "repeat_guard(limit) or rillm.REPEATED_STREAMING_CHUNK_LIMIT if that is wanted.",
        llm_provider=chunk.hidden_params.get("custom_llm_provider") or "",
        model=chunk.model or "",
    )
