"""What servers and networks do wrong, over real sockets: each way of asking gets the same error of ours."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, MODEL, aask, aopened, ask, opened, texts
from tests.kit.leaks import run
from tests.kit.server import Answer, Do, script, unused_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import ModelResponseStream
    from tests.kit.server import Server

    Ask = Callable[..., list[ModelResponseStream]]

pytestmark = pytest.mark.usefixtures("async_engine")

both = pytest.mark.parametrize("ask", [ask, aask], ids=["sync", "async"])


def fail_to_open(server: Server, **params: Any) -> None:
    opened(server, **params)


def fail_to_open_async(server: Server, **params: Any) -> None:
    run(aopened(server, **params))


at_the_call = pytest.mark.parametrize("call", [fail_to_open, fail_to_open_async], ids=["sync", "async"])


def told(message: str, **fields: Any) -> bytes:
    return json.dumps({"error": {"message": message, **fields}}).encode()


@at_the_call
@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (400, told("no such thing"), rillm.BadRequestError, "no such thing"),
        (400, told("x", code="context_length_exceeded"), rillm.ContextWindowExceededError, "x"),
        (400, told("refused", code="content_policy_violation"), rillm.ContentPolicyViolationError, "refused"),
        (401, told("who?"), rillm.AuthenticationError, "who?"),
        (402, told("pay"), rillm.PaymentRequiredError, "pay"),
        (403, told("no"), rillm.PermissionDeniedError, "no"),
        (404, told("where?"), rillm.NotFoundError, "where?"),
        (408, told("late"), rillm.Timeout, "late"),
        (409, told("busy"), rillm.ConflictError, "busy"),
        (422, told("odd"), rillm.UnprocessableEntityError, "odd"),
        (429, told("slow down"), rillm.RateLimitError, "slow down"),
        (500, told("oops"), rillm.InternalServerError, "oops"),
        (502, b"<html><title>502 Bad Gateway</title></html>", rillm.BadGatewayError, "Bad Gateway"),
        (503, b"", rillm.ServiceUnavailableError, "no reason"),
        (504, b"upstream", rillm.Timeout, "upstream"),
        (418, b"{}", rillm.APIStatusError, "no reason"),
    ],
)
def test_statuses(  # noqa: PLR0913, PLR0917 - a row of the table
    server: Server, call: Callable[..., None], status: int, body: bytes, error: type[rillm.RillmError], message: str
) -> None:
    server.play(Answer((body,), status=status, headers={"Content-Type": "application/json"}))
    with pytest.raises(error, match=message) as caught:
        call(server)
    assert type(caught.value).__name__ == error.__name__
    assert caught.value.status_code == caught.value.response.status_code == status
    assert (caught.value.llm_provider, caught.value.model) == ("openai", "gpt-test")
    assert caught.value.headers == caught.value.response.headers
    assert caught.value.partial is None
    assert caught.value.__cause__ is not caught.value
    assert not isinstance(caught.value, rillm.MidStreamFallbackError)


@at_the_call
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "7"}, 7.0), ({"retry-after-ms": "250"}, 0.25), ({"Retry-After": "soon"}, None), ({}, None)],
)
def test_retry_after(server: Server, call: Callable[..., None], headers: dict[str, str], seconds: float | None) -> None:
    server.play(Answer((told("slow down"),), status=429, headers=headers))
    with pytest.raises(rillm.RateLimitError) as caught:
        call(server)
    assert caught.value.retry_after == seconds


@at_the_call
def test_nobody_listens(server: Server, call: Callable[..., None]) -> None:
    with pytest.raises(rillm.APIConnectionError, match="server running"):
        call(server, api_base=f"http://127.0.0.1:{unused_port()}/v1")


@at_the_call
def test_no_such_host(server: Server, call: Callable[..., None]) -> None:
    with pytest.raises(rillm.APIConnectionError):
        call(server, api_base="http://host.invalid/v1")


@at_the_call
@pytest.mark.parametrize("address", ["  /", "ftp://127.0.0.1/v1", "http://", "http://[::1", "nonsense"])
def test_no_address(server: Server, call: Callable[..., None], address: str) -> None:
    with pytest.raises(rillm.RillmError):
        call(server, api_base=address)


@at_the_call
def test_cut_before_the_headers(server: Server, call: Callable[..., None]) -> None:
    server.play(script(before=Do.CUT))
    with pytest.raises(rillm.APIConnectionError):
        call(server)


@at_the_call
def test_silence_before_the_headers(server: Server, call: Callable[..., None]) -> None:
    server.play(script(before=Do.STALL))
    with pytest.raises(rillm.Timeout, match="did not answer in time") as caught:
        call(server, timeout=0.1)
    assert caught.value.status_code == 408


@both
@pytest.mark.parametrize("end", [Do.CUT, 0.0], ids=["cut", "ended"])
def test_cut_in_mid_stream(server: Server, ask: Ask, end: Do | float) -> None:
    server.play(script(wire.frame("Hel"), wire.frame("lo"), end))
    with pytest.raises(rillm.StreamTruncatedError, match="cut off") as caught:
        ask(server)
    assert_partial(caught.value, "Hello" if end is not Do.CUT else None)


@both
def test_silence_in_mid_stream(server: Server, ask: Ask) -> None:
    server.play(script(wire.frame("Hello"), Do.STALL))
    with pytest.raises(rillm.Timeout, match="stalled") as caught:
        ask(server, timeout=0.1)
    assert_partial(caught.value, "Hello")


@both
@pytest.mark.parametrize(("end", "error"), [(Do.CUT, rillm.StreamTruncatedError), (Do.STALL, rillm.Timeout)])
def test_nothing_after_the_headers(server: Server, ask: Ask, end: Do, error: type[rillm.RillmError]) -> None:
    server.play(script(0.01, end))
    with pytest.raises(error) as caught:
        ask(server, timeout=0.1)
    assert_partial(caught.value, None)
    assert caught.value.partial is None


@both
def test_an_error_event_in_mid_stream(server: Server, ask: Ask) -> None:
    server.play(script(wire.frame("Hello"), wire.event({"error": {"message": "busy", "code": 503}})))
    with pytest.raises(rillm.ServiceUnavailableError, match="busy") as caught:
        ask(server)
    assert caught.value.status_code == 503
    assert_partial(caught.value, "Hello")


def assert_partial(error: rillm.RillmError, text: str | None) -> None:
    """`text` None: a reset connection may lose what was on its way."""
    assert isinstance(error, rillm.MidStreamFallbackError)
    assert error.is_pre_first_chunk == (error.partial is None)
    assert (error.llm_provider, error.model) == ("openai", "gpt-test")
    assert error.partial is not None or text is None
    if error.partial is not None:
        assert (error.partial.choices[0].message.content or "") in ("Hello" if text is None else text)
        assert error.partial.choices[0].finish_reason is None
        assert error.partial.usage.is_estimated


@both
def test_cut_after_the_finish_reason_breaks_nothing(server: Server, ask: Ask) -> None:
    server.play(script(wire.frame("Hello") + wire.finish(), 0.02, Do.CUT))
    chunks = ask(server)
    assert texts(chunks) == "Hello"
    assert chunks[-1].choices[0].finish_reason == "stop"


@both
@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)]
)
def test_compressed(server: Server, ask: Ask, encoding: str, compress: Callable[[bytes], bytes]) -> None:
    server.play(script(compress(wire.answer("Hel", "lo")), headers={"Content-Encoding": encoding}))
    assert texts(ask(server)) == "Hello"


@both
@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "", "text/event-stream; charset=latin-1"])
def test_the_content_type_does_not_matter(server: Server, ask: Ask, content_type: str) -> None:
    server.play(script(wire.answer("naïve"), headers={"Content-Type": content_type}))
    assert texts(ask(server)) == "naïve"


@both
@pytest.mark.parametrize("status", [200, 204])
def test_no_body(server: Server, ask: Ask, status: int) -> None:
    server.play(script(status=status))
    with pytest.raises(rillm.RillmError) as caught:
        ask(server)
    assert caught.value.status_code >= 400
    assert caught.value.partial is None


@both
def test_a_page(server: Server, ask: Ask) -> None:
    server.play(script(b"<!doctype html><title>Welcome</title>", headers={"Content-Type": "text/html"}))
    with pytest.raises(rillm.StreamDecodeError, match="Welcome"):
        ask(server)


@both
def test_a_whole_answer(server: Server, ask: Ask) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "length"}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt", "choices": [choice]}
    server.play(script(json.dumps(body).encode(), headers={"Content-Type": "application/json"}))
    chunks = ask(server)
    assert texts(chunks) == "Hello"
    assert chunks[-1].choices[0].finish_reason == "length"


@both
@pytest.mark.parametrize("status", [307, 308])
def test_redirect(server: Server, ask: Ask, status: int) -> None:
    server.play(script(status=status, headers={"Location": "/v2/chat"}), script(wire.answer("Hello")))
    with pytest.raises(rillm.APIError, match="not followed"):
        ask(server)
    assert len(server.exchanges) == 1  # the key is for one host


@at_the_call
@pytest.mark.parametrize("headers", [{"Location": "/v1/chat/completions"}, {}], ids=["for ever", "nowhere"])
def test_bad_redirect(server: Server, call: Callable[..., None], headers: dict[str, str]) -> None:
    server.play(script(status=307, headers=headers))
    with pytest.raises(rillm.APIError):
        call(server)


@at_the_call
@pytest.mark.parametrize("key", [KEY, "sk-hush\nhush", "sk-hush…"])
@pytest.mark.parametrize("status", [401, 307])
def test_the_key_is_in_no_error(server: Server, call: Callable[..., None], key: str, status: int) -> None:
    server.play(script(status=status, headers={"Location": "http://[::1"}))
    with pytest.raises(rillm.RillmError) as caught:
        call(server, api_key=key)
    assert "hush" not in str(caught.value) + repr(caught.value)


def test_whole_responses_fail_alike(server: Server) -> None:
    server.play(script(wire.frame("Hello")))
    params: dict[str, Any] = {"api_base": server.url, "api_key": KEY}
    with pytest.raises(rillm.StreamTruncatedError) as caught:
        rillm.completion(MODEL, MESSAGES, **params)
    assert_partial(caught.value, "Hello")
    with pytest.raises(rillm.StreamTruncatedError) as caught:
        run(rillm.acompletion(MODEL, MESSAGES, stream=False, **params))
    assert_partial(caught.value, "Hello")
