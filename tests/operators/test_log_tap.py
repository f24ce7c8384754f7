from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from loguru import logger
from reactivex import operators as ops

import rillm
from rillm import log_tap
from rillm.streams.json_values import is_array
from rillm.streams.redaction import LONGEST, without_secrets
from rillm.streams.stream import from_source
from rillm.testing import chunk
from tests.kit.calls import KEY
from tests.kit.sources import SILENCE, Script, both, collect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Collect = Callable[[Any], list[Any]]

USAGE = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
PRICE = 1000 * 0.15e-6 + 500 * 0.6e-6
MODEL = "gpt-4o-mini"
HELLO, END = "Hello", "the end"


def a_chunk(name: str) -> rillm.ModelResponseStream:
    """A new one, for the cost of a stream is noted on it."""
    fields: dict[str, Any] = {"finish": "length", "usage": USAGE} if name == END else {"content": name}
    return chunk(**fields, model=MODEL, id="chatcmpl-1")


@pytest.fixture
def records() -> Iterator[list[dict[str, Any]]]:
    """What a sink gets that writes JSON lines."""
    lines: list[dict[str, Any]] = []
    sink = logger.add(lambda message: lines.append(json.loads(message)["record"]), serialize=True, level=0)
    yield lines
    logger.remove(sink)


def logged(records: list[dict[str, Any]], collect: Collect, steps: list[Any], take: int = 99, **fields: Any) -> Any:
    blocks = [[*map(a_chunk, step)] if is_array(step) else step for step in steps]
    with suppress(Exception):
        collect(from_source(Script(*blocks)).pipe(log_tap(**fields), ops.take(take)))
    (record,) = records
    return record


@both
@pytest.mark.parametrize(
    ("steps", "take", "level", "fields", "words"),
    [
        (
            [[HELLO, END]],
            99,
            "INFO",
            {
                "outcome": "ok",
                "model": MODEL,
                "response_id": "chatcmpl-1",
                "finish_reason": "length",
                "usage": {**USAGE},
                "cost_usd": pytest.approx(PRICE),
            },
            "gpt-4o-mini: ok in 0.0. s, 1000 tokens in, 500 out, [$]0.000450",
        ),
        (
            [[HELLO], rillm.RateLimitError("Too many.", "openai", MODEL)],
            99,
            "ERROR",
            {
                "outcome": "failed",
                "model": MODEL,
                "response_id": "chatcmpl-1",
                "provider": "openai",
                "error_type": "RateLimitError",
                "error_message": "Too many.",
                "usage": {"prompt_tokens": 0, "completion_tokens": 2, "total_tokens": 2, "estimated": True},
                "cost_usd": pytest.approx(2 * 0.6e-6),
            },
            "gpt-4o-mini: failed after 0.0. s, about 0 tokens in, 2 out, [$]0.000001, RateLimitError: Too many[.]",
        ),
        (
            [rillm.AuthenticationError("Who?", "openai", MODEL)],
            99,
            "ERROR",
            {
                "outcome": "failed",
                "model": MODEL,
                "provider": "openai",
                "error_type": "AuthenticationError",
                "error_message": "Who?",
            },
            "gpt-4o-mini: failed after 0.0. s, AuthenticationError: Who[?]",
        ),
        (
            [[HELLO], SILENCE],
            1,
            "INFO",
            {
                "outcome": "cancelled",
                "model": MODEL,
                "response_id": "chatcmpl-1",
                "usage": {"prompt_tokens": 0, "completion_tokens": 2, "total_tokens": 2, "estimated": True},
                "cost_usd": pytest.approx(2 * 0.6e-6),
            },
            "gpt-4o-mini: cancelled after 0.0. s, about 0 tokens in, 2 out, [$]0.000001",
        ),
        ([ValueError("X")], 99, "ERROR", {"outcome": "failed", "error_type": "ValueError", "error_message": "X"}, ""),
        ([], 99, "INFO", {"outcome": "ok"}, "stream: ok in 0.0. s"),
    ],
)
def test_the_record(  # noqa: PLR0913, PLR0917 - a row of the table
    records: list[dict[str, Any]],
    collect: Collect,
    steps: list[Any],
    take: int,
    level: str,
    fields: dict[str, Any],
    words: str,
) -> None:
    record = logged(records, collect, steps, take)
    extra = record["extra"]
    assert extra.pop("latency")["total"] > 0
    assert (record["level"]["name"], extra) == (level, fields)
    assert re.match(words, record["message"])


@pytest.mark.parametrize(
    ("steps", "take", "level"),
    [([[HELLO]], 99, "DEBUG"), ([rillm.Timeout("late")], 99, "CRITICAL"), ([[HELLO], SILENCE], 1, "Level 35")],
)
def test_levels(records: list[dict[str, Any]], steps: list[Any], take: int, level: str) -> None:
    record = logged(records, collect, steps, take, ok="DEBUG", failed="CRITICAL", cancelled=35)
    assert record["level"]["name"] == level


def test_an_unknown_level_changes_nothing() -> None:
    assert len(list(from_source(Script([a_chunk(HELLO)])).pipe(log_tap(ok="LOUD")))) == 1


@pytest.mark.parametrize(
    ("content", "messages"), [(False, None), (True, [{"content": "{Hello}", "role": "assistant"}])]
)
def test_content_only_where_it_is_asked_for(records: list[dict[str, Any]], messages: Any, *, content: bool) -> None:
    record = logged(records, collect, [["{Hello}"]], content=content)
    assert record["extra"].get("messages") == messages
    assert ("{Hello}" in json.dumps(record)) == content


def test_times_and_the_provider(records: list[dict[str, Any]]) -> None:
    list(rillm.stream("mock/gpt-4o-mini", mock_response="Hello you").pipe(log_tap()))
    extra = records[0]["extra"]
    assert (extra["provider"], extra["model"], extra["finish_reason"]) == ("mock", "gpt-4o-mini", "stop")
    assert extra["latency"]["first_token"] <= extra["latency"]["total"]
    assert extra["latency"]["inter_token"]["count"] == 1


def test_fields_of_ones_own(records: list[dict[str, Any]]) -> None:
    with logger.contextualize(request="r-1"):
        logged(records, collect, [[HELLO]])
    assert records[0]["extra"]["request"] == "r-1"


def test_each_subscription_is_logged(records: list[dict[str, Any]]) -> None:
    stream = from_source(Script([a_chunk(HELLO)])).pipe(log_tap())
    assert len(list(zip(stream, stream, strict=True))) == len(records) - 1 == 1


def leaking(words: str) -> Exception:
    """An error with a key in the variables of its frames."""
    headers = {"Authorization": f"Bearer {KEY}"}
    try:
        assert headers
        raise rillm.APIConnectionError(words)
    except rillm.RillmError as error:
        return error


@pytest.mark.parametrize(
    "words",
    [
        "Not sent.",
        f"Incorrect API key provided: {KEY}.",
        f"GET https://host/v1?alt=sse&key={KEY} failed",
        f"{{'headers': {{'x-api-key': '{KEY}'}}}}",
    ],
)
def test_no_key_is_logged(words: str) -> None:
    lines: list[str] = []
    sinks = [
        logger.add(
            lines.append, format="{level} {message} {extra} {exception}", diagnose=True, backtrace=True, level=0
        ),
        logger.add(lines.append, serialize=True, level=0),
    ]
    with suppress(rillm.APIConnectionError):
        list(from_source(Script([a_chunk(HELLO)], leaking(words))).pipe(log_tap(content=True)))
    for sink in sinks:
        logger.remove(sink)
    assert len(lines) == 2
    assert KEY not in "".join(lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Too many tokens: at most 4096 are allowed.", None),
        ("The model gpt-4o-mini does not exist, or you have no access to it.", None),
        ("Unexpected token: function", None),
        ("Use basic authentication.", None),
        ("max_tokens=1000000 is too much", None),
        ("key=value, monkey: banana", None),
        ("for sk-proj-AbC123_-x and sk-ant-api03-xyz987", "for *** and ***"),
        ("AIzaSyA1234567890abcdefghijklmnopqrs is not valid", "*** is not valid"),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
        ("Bearer abc.def-ghi", "Bearer ***"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ('"api_key": "0123456789"', '"api_key": "***"'),
        ("password=hunter2hunter2&x=1", "password=***&x=1"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "***"),
    ],
)
def test_what_looks_like_a_secret(text: str, shown: str | None) -> None:
    assert without_secrets(text) == (text if shown is None else shown)


def test_a_long_message_is_cut() -> None:
    assert len(without_secrets("very " * 1000)) == LONGEST + 1


def test_loguru_is_loaded_at_the_end() -> None:
    program = (
        "import sys, rillm\n"
        "stream = rillm.stream('mock/echo', mock_response='Hello').pipe(rillm.log_tap())\n"
        "assert next(stream) and 'loguru' not in sys.modules\n"
        "assert list(stream) and 'loguru' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr.count("INFO")) == (0, 1), done.stderr


@both
def test_leaving_closes_the_source(records: list[dict[str, Any]], collect: Collect) -> None:
    source = Script([a_chunk(HELLO)], SILENCE)
    collect(from_source(source).pipe(log_tap(), ops.take(1)))
    assert (source.live, len(records)) == (0, 1)
