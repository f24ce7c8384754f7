"""`events`: what each chunk brings, and what is complete with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.by_index import ByIndex
from rillm.streams.choice_events import ChoiceEvents
from rillm.streams.chunk_log import ChunkLog, only_piece
from rillm.streams.events import ChunkEvent, made
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.events import ChatCompletionStreamEvent


def events() -> Operator[ModelResponseStream, ChatCompletionStreamEvent]:
    """Tell what each chunk brings, and what is complete with it, by the events of the OpenAI SDK.

        -Hel---------------------lo---------------------=stop-----------------|
        [ events() ]
        -(chunk,content.delta)---(chunk,content.delta)--(chunk,content.done)--|

    Names, fields and order are those of `client.chat.completions.stream()`; the classes are in `rillm.stream_events`.
    For each chunk: `chunk`; then for each of its choices the pieces, `reasoning.delta` (ours), `content.delta`,
    `refusal.delta`, `tool_calls.function.arguments.delta`, `logprobs.content.delta`, `logprobs.refusal.delta`; then a
    `.done` for what is complete. Texts are when a call begins or the choice is finished, reasoning also when the answer
    begins, a call when the next one begins or the choice is finished. What is cut off by an error is never done.

    What is different here:

    - Each event has the `choice_index`; empty pieces of text are no events.
    - `snapshot`, and `arguments` of a piece, are put together when they are looked at: a stream costs the same for
      each chunk however long it gets, and an event that was kept still shows what there was at its time.
    - A call followed by another is done at once only if its arguments are a whole JSON object, else when its choice
      is: some servers send calls side by side. One that comes together with its finish_reason is done, too.
    - A model that goes on with a text after its `.done` gets another one, with all of the text.
    - `parsed_arguments` of a `.done` is there for all functions, not for strict ones alone; nothing else is parsed.

    Custom tools have no events beside `chunk`, as there.

    >>> import rillm
    >>> for event in rillm.stream("mock/echo", mock_response=["Hel", "lo"]).pipe(rillm.events()):
    ...     if event.type == "content.delta":
    ...         print(event.delta, event.snapshot)
    ...     elif event.type == "content.done":
    ...         print("done:", event.content)
    Hel Hel
    lo Hello
    done: Hello
    """

    def told(source: Observable[ModelResponseStream]) -> Stream[ChatCompletionStreamEvent]:
        def subscribe(
            observer: abc.ObserverBase[ChatCompletionStreamEvent], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            log = ChunkLog()
            choices = ByIndex(ChoiceEvents)
            emit = observer.on_next

            def on_next(chunk: ModelResponseStream) -> None:
                piece = only_piece(chunk)
                emit(made(ChunkEvent, chunk=chunk, _log=log, _count=log.add(chunk, piece)))
                if piece:  # nearly every chunk
                    index, field, text = piece
                    for event in choices[index].of_piece(field, text):
                        emit(event)
                    return
                for choice in chunk.choices:
                    for event in choices[choice.index].of(choice):
                        emit(event)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return told
