"""A call that failed is made again, or made of somebody else, until something has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from rillm import attempts
from rillm.attempts import FIRST_WAIT, JITTER, LONGEST_WAIT, Attempts
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, cold
from tests.kit.server import Answer, Do, script
from tests.kit.ways import every_stream, every_way, every_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.server import Server
    from tests.kit.ways import Way

NOW = {"Retry-After": "0"}
PAUSE = 0.05  # seconds; a reset would take what has just been sent with it
GOOD = script(wire.answer("Hello"))


def refused(status: int, headers: dict[str, str] = NOW) -> Answer:
    return Answer((b'{"error": {"message": "not now"}}',), status=status, headers=headers)


def in_band(kind: str) -> Answer:
    """A response of status 200 that begins with an error."""
    return script(wire.event({"error": {"message": "not now", "type": kind}}))


@every_way
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_may_pass_is_tried_again(server: Server, ask: Way, status: int) -> None:
    server.play(refused(status), refused(status), GOOD)
    assert ask(server, max_retries=2) == "Hello"
    assert len(server.exchanges) == 3


@every_way
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_what_will_not_pass_is_not(server: Server, ask: Way, status: int) -> None:
    server.play(refused(status), GOOD)
    with pytest.raises(rillm.APIStatusError) as caught:
        ask(server, max_retries=2)
    assert caught.value.status_code == status
    assert len(server.exchanges) == 1


@every_way
@pytest.mark.parametrize(
    ("params", "tries"),
    [
        ({"max_retries": None}, 3),
        ({"max_retries": 0}, 1),
        ({"max_retries": 1}, 2),
        ({"max_retries": 0, "num_retries": 1}, 2),
        ({"max_retries": 1, "num_retries": 0}, 1),
    ],
)
def test_how_often(server: Server, ask: Way, params: dict[str, int | None], tries: int) -> None:
    server.play(refused(429))
    with pytest.raises(rillm.RateLimitError) as caught:
        ask(server, **params)
    assert len(server.exchanges) == tries
    assert caught.value.num_retries == tries - 1


def test_the_setting(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rillm, "num_retries", 1)
    server.play(refused(429))
    with pytest.raises(rillm.RateLimitError):
        rillm.completion("openai/gpt", MESSAGES, api_base=server.url, api_key=KEY)
    assert len(server.exchanges) == 2


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any wait where the provider has not said how long."""
    monkeypatch.setattr(attempts, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(attempts, "JITTER", 0.001)


@pytest.mark.usefixtures("impatient")
@every_way
@pytest.mark.parametrize(
    "first",
    [in_band("overloaded_error"), in_band("rate_limit_error"), script(Do.CUT), script(b": ping\n\n", Do.CUT), script()],
    ids=["overloaded", "rate limit", "cut", "cut after a ping", "empty"],
)
def test_an_answer_that_fails_before_its_first_chunk(server: Server, ask: Way, first: Answer) -> None:
    server.play(first, GOOD)
    assert ask(server, max_retries=1) == "Hello"
    assert len(server.exchanges) == 2


@every_stream
@pytest.mark.parametrize("end", [wire.event({"error": {"message": "x", "type": "overloaded_error"}}), Do.CUT, b""])
def test_a_stream_that_has_begun_is_not_tried_again(server: Server, ask: Way, end: Any) -> None:
    server.play(script(wire.frame("Hel"), PAUSE, end), GOOD)
    with pytest.raises(rillm.RillmError) as caught:
        ask(server, max_retries=2, fallbacks=["openai/other"])
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == "Hel"
    assert len(server.exchanges) == 1


@pytest.mark.usefixtures("impatient")
@every_whole
def test_a_whole_answer_is_tried_again_wherever_it_broke(server: Server, ask: Way) -> None:
    server.play(script(wire.frame("Hel"), PAUSE, Do.CUT), GOOD)
    assert ask(server, max_retries=1) == "Hello"


@every_way
def test_a_provider_that_wants_a_long_wait_is_left(server: Server, ask: Way) -> None:
    server.play(refused(429, {"Retry-After": "3600"}), GOOD)
    with pytest.raises(rillm.RateLimitError) as caught:
        ask(server, max_retries=2)
    assert caught.value.retry_after == 3600
    assert len(server.exchanges) == 1


@pytest.mark.parametrize(
    ("failed", "seconds"), [(1, FIRST_WAIT), (2, 2 * FIRST_WAIT), (3, 4 * FIRST_WAIT), (9, LONGEST_WAIT)]
)
def test_the_wait_doubles_up_to_a_limit(failed: int, seconds: float) -> None:
    deciding = Attempts([lambda: None], retries=9)  # type: ignore[list-item,return-value]  # no target is asked
    deciding.failed = failed - 1
    waits: set[float | None] = set()
    for _ in range(2):
        deciding.failed = failed - 1
        waits.add(deciding.after(rillm.RateLimitError("slow down")))
    assert all(wait is not None and seconds <= wait <= seconds + JITTER for wait in waits)
    assert len(waits) == 2  # jitter


def test_the_wait_is_the_providers(server: Server) -> None:
    deciding = Attempts([lambda: None], retries=1)  # type: ignore[list-item,return-value]  # no target is asked
    assert deciding.after(rillm.RateLimitError("slow down", retry_after=1.5)) == 1.5
    assert not server.exchanges


@every_way
@pytest.mark.parametrize(
    "fallback", ["openai/other", "openai:other", {"model": "openai/other"}, {"model": "openai/other", "temperature": 1}]
)
def test_fallback(server: Server, ask: Way, fallback: str | dict[str, Any]) -> None:
    server.play(refused(429), refused(429), GOOD)
    assert ask(server, max_retries=1, fallbacks=[fallback], temperature=0) == "Hello"
    first, again, other = [exchange.request.json for exchange in server.exchanges]
    assert (first["model"], again["model"], other["model"]) == ("gpt-test", "gpt-test", "other")
    assert other["temperature"] == ("temperature" in fallback)


@every_way
@pytest.mark.parametrize("first", [refused(401), refused(404), in_band("invalid_request_error"), script(Do.CUT)])
def test_any_error_falls_back(server: Server, ask: Way, first: Answer) -> None:
    server.play(first, GOOD)
    assert ask(server, max_retries=0, fallbacks=["openai/other"]) == "Hello"
    assert server.exchanges[-1].request.json["model"] == "other"


@every_way
def test_the_last_error_is_raised(server: Server, ask: Way) -> None:
    server.play(refused(429), refused(404))
    with pytest.raises(rillm.NotFoundError) as caught:
        ask(server, fallbacks=["openai/other"])
    assert caught.value.model == "other"


@every_way
def test_fallbacks_that_cannot_be_asked_are_passed_over(
    server: Server, ask: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    server.play(refused(401), GOOD)
    assert ask(server, fallbacks=["who-is-this", "groq/llama", "openai/other"]) == "Hello"


@every_way
def test_what_could_not_be_asked_is_noted(server: Server, ask: Way) -> None:
    server.play(refused(401))
    with pytest.raises(rillm.AuthenticationError) as caught:
        ask(server, fallbacks=["who-is-this"])
    assert "who-is-this" in caught.value.__notes__[0]


@every_way
def test_a_model_that_cannot_be_asked_falls_back_too(server: Server, ask: Way) -> None:
    server.play(GOOD)
    other = {"model": "openai/other", "api_key": KEY, "api_base": server.url}
    assert ask(server, "who-is-this", fallbacks=[other]) == "Hello"


@every_way
def test_a_fallback_without_a_provider_is_asked_of_the_same(server: Server, ask: Way) -> None:
    server.play(refused(401), GOOD)
    assert ask(server, "here", custom_llm_provider="openai", fallbacks=["there"]) == "Hello"
    assert [exchange.request.json["model"] for exchange in server.exchanges] == ["here", "there"]


@every_way
def test_a_key_goes_to_its_own_provider_alone(server: Server, ask: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "groq-key")
    monkeypatch.setenv("GROQ_API_BASE", server.url)
    server.play(refused(401), GOOD)
    secret = {"extra_headers": {"x-secret": "s"}}
    assert ask(server, fallbacks=["groq/llama"], **secret) == "Hello"
    first, second = [exchange.request.headers for exchange in server.exchanges]
    assert (first["authorization"], first["x-secret"]) == (f"Bearer {KEY}", "s")
    assert second["authorization"] == "Bearer groq-key"
    assert "x-secret" not in second


@every_way
def test_one_call_is_told_once(server: Server, ask: Way) -> None:
    told: list[str] = []

    def note(role: str) -> Callable[..., None]:
        def callback(kwargs: dict[str, Any], *_: Any) -> None:
            told.append(f"{role} {kwargs['model']}")

        return callback

    lists: dict[str, Any] = {f"{role}_callback": [note(role)] for role in ("success", "failure", "cancel")}
    server.play(refused(429), refused(429), GOOD)
    ask(server, max_retries=1, fallbacks=["openai/other"], **lists)
    assert told == ["success other"]


def test_leaving_while_it_waits(server: Server) -> None:
    told: list[dict[str, Any]] = []

    def note(kwargs: dict[str, Any], *_: Any) -> None:
        told.append(kwargs)

    server.play(refused(429, {"Retry-After": "30"}))
    chunks = cold(server, max_retries=2, cancel_callback=[note])
    both: rillm.Stream[Any] = rillm.merge(chunks, rillm.of("now"))
    assert list(both.pipe(ops.take(1))) == ["now"]
    assert [type(kwargs["exception"]) for kwargs in told] == [rillm.StreamCancelledError]
