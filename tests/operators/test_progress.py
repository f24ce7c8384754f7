from __future__ import annotations

import gc
import io
import re
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops
from rich.console import Console

import rillm
from rillm import progress
from rillm.streams.stream import Stream, from_source
from rillm.testing import chunk, play
from tests.kit.screen import screen
from tests.kit.sources import SILENCE, Script, acollect, both, collect

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    Collect = Callable[[Any], list[Any]]

MODEL = "gpt-4o-mini"
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
FRAME = re.compile(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] ([^\r\n\x1b]*)")
part = partial(chunk, model=MODEL)
VALUES = {
    "Usage": part(usage={"prompt_tokens": 1000, "completion_tokens": 500}),
    "Evil": part("a\x1b[2J\x07[bold]b\nc"),
    "Wide": part("河の始まり" * 40),
    "Other": part("x", index=1),
}


def pushed(stream: Stream[Any]) -> None:
    stream.subscribe(lambda _: None, lambda _: None)


def terminal(width: int = 60) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def frames(console: Console) -> list[str]:
    """What the live line has shown before the end, without its spinner."""
    return FRAME.findall(written(console))[:-1]


def played(console: Console, marbles: str, **fields: Any) -> Console:
    """A stream in virtual time."""
    values = {**{name: part(name) for name in re.findall(r"[a-z]+", marbles)}, **VALUES}
    play(progress(console), marbles, values=values, **fields)
    return console


@pytest.mark.parametrize(
    ("marbles", "shown"),
    [
        (
            "-aaaa---bbbb-|",
            [
                "waiting for the model",
                "gpt-4o-mini  1 token  1.0 s  $0.000001  aaaa",
                "gpt-4o-mini  2 tokens  0.3/s  8.0 s  $0.000001  aaaabbbb",
            ],
        ),
        (
            "-a-Other-|",
            [
                "waiting for the model",
                *[f"gpt-4o-mini  1 token  {t}  $0.000001  a" for t in ("1.0 s", "0.5/s  3.0 s")],
            ],
        ),
        ("-Usage-|", ["waiting for the model", "gpt-4o-mini  500 tokens  1.0 s  $0.000450  "]),
        ("-Evil-|", ["waiting for the model", "gpt-4o-mini  4 tokens  1.0 s  $0.000002  a [2J [bold]b c"]),
    ],
)
def test_the_line(marbles: str, shown: list[str]) -> None:
    assert frames(played(terminal(), marbles)) == shown


@pytest.mark.parametrize(
    ("marbles", "leave", "left"),
    [
        ("-aaaa---bbbb-|", None, "✓ gpt-4o-mini  2 tokens  0.2/s  13.0 s  $0.000001"),
        ("-aaaa--Usage-|", None, "✓ gpt-4o-mini  500 tokens  41.7/s  13.0 s  $0.000450"),
        ("-aaaa---X", None, "✗ gpt-4o-mini  1 token  0.1/s  8.0 s  $0.000001  RuntimeError"),
        ("-aaaa-----b", 5, "- gpt-4o-mini  1 token  0.2/s  5.0 s  $0.000001  cancelled"),
        ("---X", None, "✗ 0 tokens  3.0 s  RuntimeError"),
        ("---|", None, "✓ 0 tokens  3.0 s"),
    ],
)
@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_is_left(marbles: str, leave: float | None, left: str, *, is_terminal: bool) -> None:
    console = terminal() if is_terminal else Console(file=io.StringIO(), width=20)
    written_ = written(played(console, marbles, leave=leave))
    assert screen(written_) == [left, ""]
    assert is_terminal or written_ == f"{left}\n"


def test_a_wide_text_stays_on_its_line() -> None:
    console = played(terminal(width=60), "-Wide-|")
    line = frames(console)[-1]
    assert line.endswith("始まり")
    assert console.measure(line).maximum < 60


def test_a_narrow_terminal() -> None:
    console = played(terminal(width=20), "-aaaa--bbbb-|")
    assert frames(console)[1:] == ["gpt-4o-mini  1 tok", "gpt-4o-mini  2 tok"]
    assert screen(written(console)) == ["✓ gpt-4o-mini  2 tokens  0.2/s  12.0 s  $0.000001", ""]


def test_a_terminal_without_unicode() -> None:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="ascii"), force_terminal=True, color_system=None)
    played(console, "-aaaa-|")
    console.file.flush()
    assert raw.getvalue().decode("ascii").endswith("+ gpt-4o-mini  1 token  0.2/s  6.0 s  $0.000001\n")


def test_it_is_drawn_ten_times_a_second_at_most() -> None:
    console = played(terminal(), "a" + "-b" * 500 + "|", tick=0.01)
    assert 95 <= len(frames(console)) <= 105


@pytest.mark.parametrize("consume", [collect, acollect, pushed])
@pytest.mark.parametrize(
    ("steps", "take", "mark"),
    [([[part("a")]], 99, "✓"), ([[part("a")], rillm.Timeout("late")], 99, "✗"), ([[part("a")], SILENCE], 1, "-")],
)
def test_the_terminal_is_as_it_was(
    consume: Callable[[Stream[Any]], Any], steps: list[Any], take: int, mark: str
) -> None:
    console, threads = terminal(), set(threading.enumerate())
    seen: list[set[threading.Thread]] = []
    stream: Stream[Any] = from_source(Script(*steps)).pipe(
        progress(console), ops.take(take), ops.do_action(lambda _: seen.append(set(threading.enumerate())))
    )
    with suppress(rillm.Timeout):
        consume(stream)
    assert screen(written(console))[0].startswith(f"{mark} {MODEL}")
    assert (written(console).count(HIDE), written(console).count(SHOW)) == (1, 1)
    assert seen == [threads]


def test_several_at_once_have_a_line_each() -> None:
    console = terminal(width=100)

    def several(source: Observable[Any]) -> Stream[Any]:
        return rillm.merge(*(source.pipe(ops.take(chunks), progress(console)) for chunks in (2, 4, 3)))

    values = {name: part(name * 4) for name in "abcd"}
    play(several, "-a-b-c-d-|", values=values)
    left = [line.split("  ")[1] for line in screen(written(console)) if line]
    assert left == ["2 tokens", "3 tokens", "4 tokens"]
    assert re.search("  aaaabbbbcccc\n.*  aaaabbbb\r", written(console))
    assert (written(console).count(HIDE), written(console).count(SHOW)) == (1, 1)


@both
def test_several_at_once_on_threads_and_tasks(collect: Collect) -> None:
    console = terminal()
    streams = [from_source(Script([part("a")], 0.02, [part("b")])).pipe(progress(console)) for _ in "abc"]
    collect(rillm.merge(*streams))
    assert [line[:1] for line in screen(written(console)) if line] == ["✓"] * 3
    assert (written(console).count(HIDE), written(console).count(SHOW)) == (1, 1)


def test_consoles_have_boards_of_their_own() -> None:
    one, other = terminal(), terminal()
    streams = [from_source(Script([part("a")], [part("b")])).pipe(progress(console)) for console in (one, other)]
    list(rillm.merge(*streams))
    for console in (one, other):
        assert len(screen(written(console))) == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("file", "is_above"), [(Terminal, True), (io.StringIO, False)])
def test_what_is_printed_meanwhile(monkeypatch: pytest.MonkeyPatch, file: type[io.StringIO], *, is_above: bool) -> None:
    """On a terminal it is above the line; what goes to a pipe goes there."""
    console, out = terminal(), file()
    monkeypatch.setattr(sys, "stdout", out)
    for _ in from_source(Script([part("a")])).pipe(progress(console)):
        print("note")  # noqa: T201 - what a consumer does
    assert sys.stdout is out
    assert ("note" in screen(written(console)), out.getvalue()) == (is_above, "" if is_above else "note\n")


def test_nothing_keeps_a_console() -> None:
    console = terminal()
    seen = weakref.ref(console)
    list(from_source(Script([part("a")])).pipe(progress(console)))
    del console
    gc.collect()
    assert seen() is None


class Broken(io.StringIO):
    """Takes so many writes."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self._left = writes

    def write(self, text: str) -> int:
        self._left -= 1
        if self._left < 0:
            raise OSError
        return len(text)


@both
@pytest.mark.parametrize("writes", range(5))
def test_a_console_that_fails_changes_nothing(collect: Collect, writes: int) -> None:
    console = Console(file=Broken(writes), force_terminal=True)
    source = Script([part("a"), part("b")])
    assert len(collect(from_source(source).pipe(progress(console)))) == 2
    with pytest.raises(rillm.Timeout):
        collect(from_source(Script([part("a")], rillm.Timeout("late"))).pipe(progress(console)))


def test_by_default_it_is_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    list(rillm.stream("mock/m", mock_response="Hello").pipe(progress()))
    out, err = capsys.readouterr()
    assert (out, err[:3]) == ("", "✓ m")


def test_subscriptions_share_no_line() -> None:
    console = Console(file=io.StringIO())
    stream = from_source(Script([part("a")], [part("b")])).pipe(progress(console))
    list(zip(stream, stream, strict=True))
    assert written(console).count("✓ gpt-4o-mini  1 token") == 2


@both
def test_leaving_closes_the_source(collect: Collect) -> None:
    source = Script([part("a")], SILENCE)
    collect(from_source(source).pipe(progress(Console(file=io.StringIO())), ops.take(1)))
    assert source.live == 0


PROGRAM = """
import sys
sys.modules["rich.live"] = None
import rillm
try:
    rillm.progress()
except rillm.MissingExtraError as error:
    print(error.message)
"""


def test_it_needs_an_extra() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603
    assert "pip install 'rillm[terminal]'" in done.stdout
