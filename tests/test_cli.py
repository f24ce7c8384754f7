"""The command as a user has it: a process of its own, with real pipes, signals and terminals."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from rillm.cli import LOCAL, MOCK, default_model, described, value_of
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Generator

SECONDS = 30.0  # after which something is taken to hang
COMMAND = (sys.executable, "-m", "rillm")


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words only
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **environment},
    )


@contextmanager
def started(
    *arguments: str, terminal: int | None = None, stdin: int = subprocess.DEVNULL
) -> Generator[subprocess.Popen[bytes]]:
    """A command that is read while it runs. Ctrl-C works in it even where this process ignores it."""
    environment = {**os.environ, "NO_COLOR": ""}
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    pipe = subprocess.PIPE if terminal is None else terminal
    stdin = stdin if terminal is None else terminal
    try:
        process = subprocess.Popen(  # noqa: S603 - as above
            [*COMMAND, *arguments], stdin=stdin, stdout=pipe, stderr=pipe, env=environment
        )
    finally:
        signal.signal(signal.SIGINT, handler)
    with process:
        try:
            yield process
        finally:
            process.kill()


class Provider:
    """A server of OpenAI's format that sends a piece when it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.chat: tuple[str, ...] = ()
        self.pieces: queue.Queue[dict[str, object] | None] = queue.Queue()
        self.requests: list[dict[str, Any]] = []
        self.left = threading.Event()

    def say(self, **delta: object) -> None:
        self.pieces.put(delta)

    def end(self) -> None:
        self.pieces.put(None)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(json.loads(handler.rfile.read(int(handler.headers["Content-Length"]))))
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for delta in iter(lambda: self.pieces.get(timeout=SECONDS), None):
            try:
                handler.wfile.write(b"data: %s\n\n" % json.dumps({"choices": [{"delta": delta}]}).encode())
            except OSError:
                self.left.set()
                return
        handler.wfile.write(b"data: [DONE]\n\n")


@pytest.fixture
def provider() -> Generator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            provider.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name above
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/v1"
        provider.chat = ("chat", "-m", "openai_like/gpt-4o-mini", "--api-base", address, "Hi")
        yield provider
        provider.end()
        server.shutdown()
        thread.join()


def test_an_answer() -> None:
    done = run("chat", "-m", "mock/x", "Hi", "-o", "mock_response", "Hello\nyou")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello\nyou\n", "")


def test_an_answer_that_ends_its_line_gets_no_second_one() -> None:
    assert run("chat", "-m", "mock/x", "Hi", "-o", "mock_response", "Hello\n").stdout == "Hello\n"


def test_version() -> None:
    assert run("--version").stdout == f"rillm {version('rillm')}\n"


@pytest.mark.parametrize(
    ("prompt", "stdin", "content"),
    [
        ("Hi", "", "Hi"),
        (None, "piped\n", "piped"),
        ("-", "piped\n", "piped"),
        ("Summarise.", "two\nlines\n", "two\nlines\n\nSummarise."),
        ("Hi", " \n", "Hi"),
    ],
)
def test_the_prompt(provider: Provider, prompt: str | None, stdin: str, content: str) -> None:
    provider.end()
    done = run(*provider.chat[:-1], *([prompt] if prompt else []), stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    assert provider.requests[0]["messages"] == [{"role": "user", "content": content}]


def test_the_options(provider: Provider) -> None:
    provider.end()
    options = "--system Brief. --temperature 0.5 --max-tokens 9 -o seed 7 -o user me"
    assert run(*provider.chat, *options.split()).returncode == 0
    request = provider.requests[0]
    assert request["messages"][0] == {"role": "system", "content": "Brief."}
    assert {key: request[key] for key in ("temperature", "max_tokens", "seed", "user")} == {
        "temperature": 0.5,
        "max_tokens": 9,
        "seed": 7,
        "user": "me",
    }


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("true", True), ('["a"]', ["a"]), ("text", "text"), ("", ""), ("[a", "[a")]
)
def test_the_value_of_an_option(text: str, value: object) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["chat", "-m", "nonsense", "Hi"], 1, "You passed model='nonsense'"),
        (["chat", "-m", "openai/gpt-4o-mini", "Hi"], 1, "OPENAI_API_KEY"),
        (["chat", "-m", "mock/x", "Hi", "-o", "mock_response", "rillm.RateLimitError"], 1, "mock rate limit"),
        (["chat", "-m", "mock/x", "Hi", "-o", "mock_delay", "x"], 1, "TypeError"),
        (["chat", "-m", "mock/x", " "], 2, "no prompt"),
    ],
)
def test_an_error_is_one_line(arguments: list[str], status: int, message: str) -> None:
    done = run(*arguments, OPENAI_API_KEY="")
    assert (done.returncode, done.stdout) == (status, "")
    assert re.fullmatch(rf"rillm: .*{re.escape(message)}.*\n", done.stderr)


def test_debugging_shows_the_traceback() -> None:
    done = run("chat", "-m", "nonsense", "Hi", RILLM_DEBUG="1")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")


@pytest.mark.parametrize("arguments", [[], ["chat", "--nonsense"], ["chat", "Hi", "-t", "warm"], ["chat", "a", "b"]])
def test_wrong_usage(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: rillm")


def test_an_error_of_several_lines_becomes_one() -> None:
    assert described(BadRequestError("one\n two", "openai")) == "one two (openai)"


def test_what_came_before_an_error_stays(provider: Provider) -> None:
    provider.say(content="Half an")
    with started(*provider.chat, "--stats") as process:
        assert process.stdout
        assert process.stdout.read(7) == b"Half an"
        provider.say(content=7)
        provider.end()
        rest, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, rest) == (1, b"\n")
    assert [line[:13] for line in errors.splitlines()] == [b"rillm: first ", b"rillm: A chun"]


def test_statistics() -> None:
    done = run("chat", "-m", "mock/x", "Hi", "--stats", "-o", "mock_chunk_delay", "0.01")
    assert done.stdout == "This is a mock request\n"
    figures = r"first token \d+\.\d\d s, \d+\.\d tokens/s, 10 tokens in, 20 out, no cost"
    assert re.fullmatch(rf"rillm: {figures}\n", done.stderr)


def test_statistics_of_a_priced_model() -> None:
    done = run("chat", "-m", "openai/gpt-4o-mini", "Hi", "--stats", "-o", "mock_response", "Hello", OPENAI_API_KEY="")
    assert done.stderr.endswith("10 tokens in, 20 out, $0.000013\n")


def test_statistics_without_reported_usage(provider: Provider) -> None:
    provider.say(content="Hello")
    provider.end()
    assert run(*provider.chat, "--stats").stderr.endswith("4 tokens in, 2 out (estimated), cost unknown\n")


def test_the_default_model(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    installed = {"xllamacpp": "a spec"}
    monkeypatch.setattr("rillm.cli.find_spec", installed.get)
    assert (default_model(), capsys.readouterr().err) == (LOCAL, "")
    installed.clear()
    assert default_model() == MOCK
    assert "pip install 'rillm[local]'" in capsys.readouterr().err


def test_thoughts_go_to_stderr(provider: Provider) -> None:
    for delta in ({"reasoning_content": "Hm"}, {"reasoning_content": "m."}, {"content": "Yes."}):
        provider.say(**delta)
    provider.end()
    done = run(*provider.chat)
    assert (done.stdout, done.stderr) == ("Yes.\n", "Hmm.\n")


def test_ctrl_c_keeps_what_came_and_closes_the_stream(provider: Provider) -> None:
    provider.say(content="Half an")
    with started(*provider.chat, "--stats") as process:
        assert process.stdout
        assert process.stdout.read(7) == b"Half an"
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, rest) == (130, b"\n")
    assert re.fullmatch(rb"rillm: first token .* 4 tokens in, 2 out \(estimated\), cost unknown\n", errors)
    said_to_nobody(provider)


def test_ctrl_c_before_anything_came(provider: Provider) -> None:
    with started(*provider.chat, "--stats") as process:
        wait_for_request(provider)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=SECONDS) == (b"", b"\n")
    assert process.returncode == 130


def test_a_silent_pipe_is_explained() -> None:
    with started("chat", "-m", "mock/x", "Hi", stdin=subprocess.PIPE) as process:
        assert process.stderr
        assert process.stderr.readline().startswith(b"rillm: reading the prompt from stdin")
        assert process.communicate(timeout=SECONDS) == (b"This is a mock request\n", b"")


def test_a_reader_that_has_seen_enough(provider: Provider) -> None:
    provider.say(content="one\n")
    with started(*provider.chat) as process:
        assert process.stdout
        assert process.stdout.readline() == b"one\n"
        process.stdout.close()
        said_to_nobody(provider)
        assert process.wait(SECONDS) == 0
        assert process.stderr
        assert process.stderr.read() == b""


def wait_for_request(provider: Provider) -> None:
    while not provider.requests:
        provider.left.wait(0.01)


def said_to_nobody(provider: Provider) -> None:
    """Go on talking until the other side is found to have left."""
    for _ in range(int(SECONDS * 100)):
        provider.say(content="more\n")
        if provider.left.wait(0.01):
            return
    pytest.fail("The connection is still open.")


posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")


@pytest.fixture
def terminal() -> Generator[tuple[int, int]]:
    """Our side of a terminal, and the command's."""
    ours, theirs = os.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def read(descriptor: int, length: int) -> str:
    """At least so many characters."""
    text = ""
    while len(text) < length:
        text += os.read(descriptor, 1024).decode()
    return text


@posix
def test_a_terminal_gets_each_token_before_the_next_one_is_sent(provider: Provider, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    with started(*provider.chat, terminal=theirs) as process:
        for delta, seen in (
            ({"reasoning_content": "Hm."}, "\x1b[2mHm.\x1b[0m"),
            ({"content": "One"}, "\r\nOne"),
            ({"content": " two"}, " two"),
            ({"content": " three"}, " three"),
        ):
            provider.say(**delta)
            assert read(ours, len(seen)) == seen
        provider.end()
        assert read(ours, 2) == "\r\n"
        assert process.wait(SECONDS) == 0


@posix
def test_a_terminal_waits_for_no_input(provider: Provider, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    with started(*provider.chat[:-1], terminal=theirs) as process:
        assert read(ours, 30).startswith("rillm: there is no prompt")
        assert process.wait(SECONDS) == 2
