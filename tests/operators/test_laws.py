"""What holds for every operator that rillm exports."""

from __future__ import annotations

import doctest
import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler

import rillm
from rillm.providers.openai_chat import OpenAIChatDecoder
from rillm.streams.driver import Driver
from rillm.streams.stream import from_source
from rillm.testing import play
from rillm.testing.chunks import shown
from tests.kit.chunks import chunk
from tests.kit.sources import SILENCE, Script, both, collect

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import abc

    from rillm import Operator, Stream

    Collect = Callable[[Any], list[Any]]

CHUNKS = [chunk("a"), chunk("b"), chunk(None, finish="stop")]
FRAMES = [b'{"choices":[{"delta":{"content":"a"}}]}', b'{"choices":[{"delta":{},"finish_reason":"stop"}]}', b"[DONE]"]
# Each operator with what it is given.
OPERATORS: dict[Callable[..., Any], tuple[Operator[Any, Any], list[Any]]] = {
    rillm.accumulate: (rillm.accumulate(), CHUNKS),
    rillm.callback_tap: (rillm.callback_tap(), CHUNKS),
    rillm.cost_tap: (rillm.cost_tap(lambda _: None), CHUNKS),
    rillm.loop_guard: (rillm.loop_guard(), CHUNKS),
    rillm.merge_reasoning: (rillm.merge_reasoning(), CHUNKS),
    rillm.normalize: (rillm.normalize(OpenAIChatDecoder), FRAMES),
    rillm.repeat_guard: (rillm.repeat_guard(2), CHUNKS),
    rillm.share: (rillm.share(), CHUNKS),
    rillm.tap_end: (rillm.tap_end(lambda _: None), CHUNKS),
    rillm.text: (rillm.text(), CHUNKS),
    rillm.timeouts: (rillm.timeouts(idle=60), CHUNKS),
}

every_operator = pytest.mark.parametrize(("operator", "items"), OPERATORS.values(), ids=[f.__name__ for f in OPERATORS])
every_other_than_share = pytest.mark.parametrize(  # which subscribes in its own way, whoever comes first
    ("operator", "items"),
    [value for function, value in OPERATORS.items() if function is not rillm.share],
    ids=[function.__name__ for function in OPERATORS if function is not rillm.share],
)
every_function = pytest.mark.parametrize("function", OPERATORS, ids=lambda function: function.__name__)


def test_none_is_forgotten() -> None:
    functions = [value for value in vars(rillm).values() if inspect.isfunction(value)]
    assert {f for f in functions if f.__module__.startswith("rillm.operators.")} == OPERATORS.keys()


@both
@every_operator
def test_an_error_passes(collect: Collect, operator: Operator[Any, Any], items: list[Any]) -> None:
    error = ValueError("X")
    script = Script(items[:1], error)
    with pytest.raises(ValueError, match="X") as caught:
        collect(from_source(script).pipe(operator))
    assert caught.value is error
    assert script.live == 0


@every_operator
def test_what_is_pushed_is_what_is_pulled(operator: Operator[Any, Any], items: list[Any]) -> None:
    pushed: list[Any] = []
    operator(rillm.of(*items)).subscribe(pushed.append)
    assert [*map(shown, pushed)] == [*map(shown, collect(operator(rillm.of(*items))))]


@both
@every_operator
def test_a_good_end_passes(collect: Collect, operator: Operator[Any, Any], items: list[Any]) -> None:
    script = Script(items)
    made: Stream[Any] = from_source(script).pipe(operator)
    assert isinstance(made, rillm.Stream)
    assert collect(made)
    assert script.live == 0


class Watched:
    """A plain observable: it emits at once, does not end, and remembers its subscriptions."""

    def __init__(self, items: list[Any]) -> None:
        self.schedulers: list[object] = []
        self.disposed = 0
        self._items = items
        self.observable: Observable[Any] = Observable(self._subscribe)

    def _subscribe(self, observer: abc.ObserverBase[Any], scheduler: object = None) -> abc.DisposableBase:
        self.schedulers.append(scheduler)
        for item in self._items:
            observer.on_next(item)
        return Disposable(self._dispose)

    def _dispose(self) -> None:
        self.disposed += 1


@every_other_than_share
def test_dispose_reaches_the_source(operator: Operator[Any, Any], items: list[Any]) -> None:
    watched = Watched(items[:1])
    subscription = operator(watched.observable).subscribe(scheduler=VirtualTimeScheduler())
    assert (watched.disposed,) == (0,)
    subscription.dispose()
    assert watched.disposed == 1


@every_operator
def test_close_reaches_the_source(operator: Operator[Any, Any], items: list[Any]) -> None:
    script = Script(items[:1], SILENCE)
    made: Stream[Any] = operator(from_source(script)).pipe(ops.start_with("begun"))
    assert next(made) == "begun"
    made.close()
    assert script.live == 0


@every_other_than_share
def test_the_scheduler_reaches_the_source(operator: Operator[Any, Any], items: list[Any]) -> None:
    scheduler = VirtualTimeScheduler()
    watched = Watched(items[:1])
    operator(watched.observable).subscribe(scheduler=scheduler).dispose()
    assert watched.schedulers == [scheduler]


@every_operator
def test_a_driver_reaches_the_source(operator: Operator[Any, Any], items: list[Any]) -> None:
    watched = Watched(items)
    enough = [ops.take(1), ops.take_until(reactivex.timer(0.01))]
    collect(operator(watched.observable).pipe(*enough))
    assert [isinstance(scheduler, Driver) for scheduler in watched.schedulers] == [True]


@every_operator
def test_subscriptions_share_no_state(operator: Operator[Any, Any], items: list[Any]) -> None:
    made = operator(from_source(Script(items)))
    for _ in made:
        break
    assert len(collect(made)) == len(collect(made)) > 0


@every_other_than_share
def test_subscriptions_at_a_time_share_no_state(operator: Operator[Any, Any], items: list[Any]) -> None:
    made = operator(from_source(Script(items)))
    pairs = list(zip(made, made, strict=True))
    assert len(pairs) == len(collect(made))


# Whose picture shows no chunks: frames, a response, two consumers.
NOT_PLAYED = {rillm.accumulate, rillm.normalize, rillm.share}
# What is used in a box of a picture beside the names of rillm.
IN_BOXES: dict[str, Any] = dict.fromkeys(["action", "f", "g", "h"], id)


@pytest.mark.parametrize("function", [*OPERATORS.keys() - NOT_PLAYED], ids=lambda function: function.__name__)
def test_the_picture_is_what_happens(function: Callable[..., Any]) -> None:
    lines = (inspect.getdoc(function) or "").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"    [ {function.__name__}("))
    before, box, after = (re.split(r"\s{2,}", line.strip())[0] for line in lines[at - 1 : at + 2])
    operator = eval(box.strip("[ ]"), {**{name: getattr(rillm, name) for name in rillm.__all__}, **IN_BOXES})  # noqa: S307 - our own docstring
    assert play(operator, before).marbles == after


@every_function
def test_the_file_is_named_as_the_function(function: Callable[..., Any]) -> None:
    assert function.__module__ == f"rillm.operators.{function.__name__}"


@every_function
def test_the_docstring_has_a_marble_picture_and_an_example(function: Callable[..., Any]) -> None:
    text = inspect.getdoc(function) or ""
    before, box, after = text.partition(f"    [ {function.__name__}(")
    assert box
    assert before.splitlines()[-1].strip().startswith("-")
    assert after.splitlines()[1].strip().startswith("-")
    assert "--" not in before.splitlines()[0]
    (example,) = [one for one in doctest.DocTestFinder().find(function, function.__name__) if one.examples]
    assert doctest.DocTestRunner().run(example).failed == 0
