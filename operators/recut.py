"""`recutting`: the texts of a stream in other pieces, and all else where it was; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rillm.streams.chunk import ModelResponseStream
from rillm.streams.pieces import piece, with_delta
from rillm.streams.retraction import is_retraction
from rillm.streams.stream import Stream
from rillm.streams.texts import CONTENT, REASONING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.operators.rewriting import Rewriter
    from rillm.streams.chunk import StreamingChoices

NO_TEXTS: Final = {CONTENT: None, REASONING: None}

# A piece of a text, small until it is made a chunk: the last chunk that brought some of it, its choice, field and text.
Piece: TypeAlias = tuple[ModelResponseStream, int, str, str]
Item: TypeAlias = ModelResponseStream | Piece | str


def recutting(make: Callable[[], Rewriter], shown: Callable[[Item], Any]) -> Operator[Any, Any]:
    """Cut strings, or of each choice of chunks the reasoning and the content. A chunk that is one piece stays itself.

    Errors: whatever a cutter raises, after all that had come.

    Args:
        make: makes what cuts one text.
        shown: makes what comes out of strings, of pieces, and of chunks as they came or without their texts.
    """

    def recut(source: Observable[Any]) -> Stream[Any]:
        def subscribe(
            observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            cut = Recut(make)
            emit = observer.on_next
            is_over = False

            def on_next(item: Any) -> None:
                if is_over:
                    return
                try:
                    cut.feed(item)
                except Exception as error:  # noqa: BLE001 - a cutter may call somebody else's code
                    on_error(error)
                else:
                    let_out()

            def let_out() -> None:
                for item in cut.take():
                    emit(shown(item))

            def end() -> None:
                nonlocal is_over
                is_over = True
                cut.end()
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


class Begun:
    """A text that has begun: what cuts it, and the last chunk that brought some of it, None for strings."""

    def __init__(self, field: str, cutter: Rewriter) -> None:
        self.field = field
        self.cutter = cutter
        self.chunk: ModelResponseStream | None = None


class Recut:
    """One stream of strings, or of chunks: of each choice its reasoning and its content are cut."""

    def __init__(self, make: Callable[[], Rewriter]) -> None:
        self._make = make
        self._begun: dict[int, Begun] = {}
        self._out: list[Item] = []

    def take(self) -> list[Item]:
        """What can be let out now."""
        out, self._out = self._out, []
        return out

    def feed(self, item: Any) -> None:
        if not isinstance(item, ModelResponseStream):
            self._say(None, 0, CONTENT, item)
            return
        texts, ended = look_at(item)
        if not texts:
            self._pass(item)
            return
        for text in texts:
            self._say(*text)
        for choice in ended:
            self._end(choice)
        if self._out == texts:
            self._out = [item]
        elif brings_more(item):
            self._out.insert(len(self._out) if ended else 0, without_texts(item, texts))

    def end(self) -> None:
        """What is held back can be let out."""
        for choice in list(self._begun):
            self._end(choice)

    def _pass(self, chunk: ModelResponseStream) -> None:
        """Without a text of its own."""
        if is_retraction(chunk):
            self._begun.clear()
        elif brings_more(chunk):
            for choice in [choice.index for choice in chunk.choices] or list(self._begun):
                self._end(choice)
        self._out.append(chunk)

    def _say(self, chunk: ModelResponseStream | None, choice: int, field: str, text: str) -> None:
        begun = self._begun.get(choice)
        if begun is None or begun.field != field:
            self._end(choice)
            begun = self._begun[choice] = Begun(field, self._make())
        begun.chunk = chunk
        self._put(begun, choice, begun.cutter.feed(text))

    def _end(self, choice: int) -> None:
        if choice in self._begun:
            begun = self._begun.pop(choice)
            self._put(begun, choice, begun.cutter.end())

    def _put(self, begun: Begun, choice: int, texts: Sequence[str]) -> None:
        chunk, field = begun.chunk, begun.field
        self._out += texts if chunk is None else [(chunk, choice, field, text) for text in texts]


def look_at(chunk: ModelResponseStream) -> tuple[list[Piece], list[int]]:
    """The texts of a chunk, and the choices whose text ends with it: they finish, or go on with calls."""
    texts: list[Piece] = []
    ended: list[int] = []
    for choice in chunk.choices:
        fields = choice.__dict__  # past pydantic, which costs as much as all the rest here
        index, delta = fields["index"], fields["delta"]
        said, extra = delta.__dict__, delta.__pydantic_extra__
        if extra and extra.get(REASONING):
            texts.append((chunk, index, REASONING, extra[REASONING]))
        if said[CONTENT]:
            texts.append((chunk, index, CONTENT, said[CONTENT]))
        if fields["finish_reason"] is not None or said["tool_calls"] or said["function_call"]:
            ended.append(index)
    return texts, ended


def brings_more(chunk: ModelResponseStream) -> bool:
    """Whether a chunk brings anything beside texts."""
    extra = chunk.__pydantic_extra__
    return bool(extra and "usage" in extra) or any(map(has_more, chunk.choices))


def has_more(choice: StreamingChoices) -> bool:
    fields, delta = choice.__dict__, choice.delta
    return (
        fields["finish_reason"] is not None
        or bool(fields["logprobs"] or choice.__pydantic_extra__)
        or any({**delta.__dict__, **(delta.__pydantic_extra__ or NO_TEXTS), **NO_TEXTS}.values())
    )


def without_texts(chunk: ModelResponseStream, texts: Sequence[Piece]) -> ModelResponseStream:
    for _, choice, field, _ in texts:
        chunk = with_delta(chunk, choice, field, None)
    return chunk


def has_text(item: Item) -> bool:
    """Whether it is a text, or a chunk that has one."""
    return not isinstance(item, ModelResponseStream) or bool(look_at(item)[0])


def made(item: Item) -> Any:
    """What it is to the consumer: a piece is made a chunk."""
    return piece(*item) if type(item) is tuple else item
