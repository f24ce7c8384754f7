"""Errors: their names, arguments and attributes, and which of them a server's answer becomes."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import openai
import pytest

from tests.kit import wire
from tests.kit.server import Answer, Do, Server, script, unused_port

if TYPE_CHECKING:
    from collections.abc import Iterator

same = pytest.mark.same_as_litellm
better = pytest.mark.better_than_litellm

MESSAGES = [{"role": "user", "content": "Hi"}]


class Kind(NamedTuple):
    """What LiteLLM has under a name.

    Attributes:
        order: of the arguments that come by position.
        base: the class of openai's that catches it too.
        status: its own.
        needs: further arguments that LiteLLM cannot do without.
        retries: whether LiteLLM's takes the numbers of retries.
    """

    order: str
    base: str
    status: int
    needs: dict[str, Any] = {}  # noqa: RUF012 - never changed
    retries: bool = True


def answered(status: int) -> dict[str, Any]:
    return {"response": httpx.Response(status, request=httpx.Request("POST", "http://localhost"))}


PROVIDER_FIRST = "message llm_provider model"
MODEL_FIRST = "message model llm_provider"
STATUS_FIRST = "status_code message llm_provider model"
KINDS = {
    "AuthenticationError": Kind(PROVIDER_FIRST, "AuthenticationError", 401),
    "PermissionDeniedError": Kind(PROVIDER_FIRST, "PermissionDeniedError", 403, answered(403)),
    "RateLimitError": Kind(PROVIDER_FIRST, "RateLimitError", 429),
    "InternalServerError": Kind(PROVIDER_FIRST, "InternalServerError", 500),
    "ServiceUnavailableError": Kind(PROVIDER_FIRST, "APIStatusError", 503),
    "BadGatewayError": Kind(PROVIDER_FIRST, "APIStatusError", 502),
    "APIConnectionError": Kind(PROVIDER_FIRST, "APIConnectionError", 500),
    "APIResponseValidationError": Kind(PROVIDER_FIRST, "APIResponseValidationError", 500),
    "UnsupportedParamsError": Kind(PROVIDER_FIRST, "BadRequestError", 400),
    "BadRequestError": Kind(MODEL_FIRST, "BadRequestError", 400),
    "ContextWindowExceededError": Kind(MODEL_FIRST, "BadRequestError", 400, retries=False),
    "ContentPolicyViolationError": Kind(MODEL_FIRST, "BadRequestError", 400, retries=False),
    "PaymentRequiredError": Kind(MODEL_FIRST, "BadRequestError", 402, retries=False),
    "RejectedRequestError": Kind(MODEL_FIRST, "BadRequestError", 400, {"request_data": {"a": 1}}, retries=False),
    "ImageFetchError": Kind(MODEL_FIRST, "BadRequestError", 400),
    "InvalidRequestError": Kind(MODEL_FIRST, "BadRequestError", 400, retries=False),
    "UnsupportedEndpointError": Kind(MODEL_FIRST, "BadRequestError", 400),
    "NotFoundError": Kind(MODEL_FIRST, "NotFoundError", 404),
    "UnprocessableEntityError": Kind(MODEL_FIRST, "UnprocessableEntityError", 422, answered(422)),
    "Timeout": Kind(MODEL_FIRST, "APITimeoutError", 408),
    "MidStreamFallbackError": Kind(MODEL_FIRST, "APIStatusError", 503),
    "APIError": Kind(STATUS_FIRST, "APIError", 418),
    "MockException": Kind(STATUS_FIRST, "APIError", 418),
}
GIVEN = {"message": "what happened", "llm_provider": "openai", "model": "gpt-4o", "status_code": 418}
BELOW_BAD_REQUEST = [name for name, kind in KINDS.items() if kind.base == "BadRequestError" and name != kind.base]
each = pytest.mark.parametrize("name", KINDS)


def made(lib: Any, name: str, **details: Any) -> Any:
    """An error of this name with its arguments by position, in LiteLLM's order."""
    kind = KINDS[name]
    arguments = [GIVEN[argument] for argument in kind.order.split()]
    return getattr(lib.exceptions, name)(*arguments, **kind.needs, **details)


@same
@pytest.mark.parametrize("name", [*KINDS, "BudgetExceededError", "JSONSchemaValidationError", "OpenAIError"])
def test_the_name_is_in_exceptions(lib: Any, name: str) -> None:
    assert issubclass(getattr(lib.exceptions, name), Exception)


@same
@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"MidStreamFallbackError", "RejectedRequestError"}))
def test_the_name_is_at_the_top(lib: Any, name: str) -> None:
    assert getattr(lib, name) is getattr(lib.exceptions, name)


@same
def test_all_of_them_together(lib: Any) -> None:
    with pytest.raises(tuple(lib.LITELLM_EXCEPTION_TYPES)):
        raise made(lib, "ContextWindowExceededError")


@same
@each
def test_the_arguments_by_position(lib: Any, name: str) -> None:
    error = made(lib, name)
    assert "what happened" in error.message
    assert (error.llm_provider, error.model) == ("openai", "gpt-4o")
    assert error.status_code == KINDS[name].status


@same
@each
def test_openai_catches_it(lib: Any, name: str) -> None:
    with pytest.raises(getattr(openai, KINDS[name].base)):
        raise made(lib, name)


@same
@pytest.mark.parametrize(
    ("name", "base"),
    [
        *[(name, "BadRequestError") for name in BELOW_BAD_REQUEST if name != "InvalidRequestError"],
        ("MidStreamFallbackError", "ServiceUnavailableError"),
        ("JSONSchemaValidationError", "APIResponseValidationError"),
    ],
)
def test_bases(lib: Any, name: str, base: str) -> None:
    assert issubclass(getattr(lib.exceptions, name), getattr(lib.exceptions, base))


@same
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.retries])
def test_how_often_it_was_retried(lib: Any, name: str) -> None:
    error = made(lib, name, num_retries=2, max_retries=3)
    assert (error.num_retries, error.max_retries) == (2, 3)
    if name != "MockException":
        assert "2" in str(error)
        assert "3" in str(error)


@same
@pytest.mark.parametrize("name", [name for name in KINDS if name != "InvalidRequestError"])
def test_debug_info(lib: Any, name: str) -> None:
    assert made(lib, name, litellm_debug_info="noted").litellm_debug_info == "noted"


@same
@pytest.mark.parametrize(
    "name", ["AuthenticationError", "BadRequestError", "ContextWindowExceededError", "NotFoundError", "APIError"]
)
def test_what_the_body_tells(lib: Any, name: str) -> None:
    body = {"message": "m", "code": "c", "type": "t", "param": "p"}
    error = made(lib, name, body=body)
    assert (error.body, error.code, error.type, error.param) == (body, "c", "t", "p")


@same
@pytest.mark.parametrize(
    ("name", "code", "type_"),
    [
        ("RateLimitError", "429", "throttling_error"),
        ("InternalServerError", None, "internal_server_error"),
        ("BadRequestError", None, None),
    ],
)
def test_without_a_body(lib: Any, name: str, code: str | None, type_: str | None) -> None:
    error = made(lib, name)
    assert (error.body, error.code, error.type, error.param) == (None, code, type_, None)


@same
def test_the_response(lib: Any) -> None:
    details = answered(429)
    error = made(lib, "RateLimitError", **details)
    assert error.response.status_code == 429
    assert error.request.method == "POST"


@same
def test_rate_limits(lib: Any) -> None:
    error = made(lib, "RateLimitError")
    assert (error.category, error.rate_limit_type) == ("vendor_rate_limit", None)
    assert error.detail == error.message


@same
def test_timeouts(lib: Any) -> None:
    error = made(lib, "Timeout", exception_status_code=504, headers={"retry-after": "1"})
    assert (error.status_code, error.headers) == (504, {"retry-after": "1"})


@same
def test_a_rejected_request(lib: Any) -> None:
    assert lib.exceptions.RejectedRequestError("m", "gpt-4o", "openai", {"a": 1}).request_data == {"a": 1}


@same
def test_a_budget(lib: Any) -> None:
    error = lib.BudgetExceededError(2.5, 1.5)
    assert (error.current_cost, error.max_budget, error.status_code) == (2.5, 1.5, 422)
    assert "2.5" in str(error)
    assert str(lib.BudgetExceededError(2.5, 1.5, message="Too much")) == "Too much"


@same
def test_a_schema(lib: Any) -> None:
    error = lib.JSONSchemaValidationError(model="gpt-4o", llm_provider="openai", raw_response="{", schema="{}")
    assert (error.raw_response, error.schema, error.model, error.llm_provider) == ("{", "{}", "gpt-4o", "openai")


@same
@pytest.mark.parametrize(("original", "status"), [("RateLimitError", 429), ("BadRequestError", 400), (None, 503)])
def test_a_mid_stream_error_made_by_hand(lib: Any, original: str | None, status: int) -> None:
    cause = made(lib, original) if original else None
    given = {"original_exception": cause, "generated_content": "Hello", "is_pre_first_chunk": True}
    error = made(lib, "MidStreamFallbackError", **given)
    assert error.status_code == status
    assert {name: getattr(error, name) for name in given} == given


@better
@each
def test_only_the_message_is_required(lib: Any, name: str) -> None:
    kind = KINDS[name]
    error = getattr(lib.exceptions, name)(message="m", **({"status_code": 418} if kind.order == STATUS_FIRST else {}))
    assert (error.llm_provider, error.model, error.response) == ("", "", None)


@better
@each
def test_each_has_every_attribute(lib: Any, name: str) -> None:
    error = made(lib, name, litellm_debug_info="noted", num_retries=2, max_retries=3)
    assert all(hasattr(error, attribute) for attribute in ("response", "request", "body", "code", "type", "param"))
    assert error.litellm_response_headers is getattr(error.response, "headers", None)


@better
@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"APIResponseValidationError", "InvalidRequestError"}))
def test_the_message_is_the_message(lib: Any, name: str) -> None:
    assert made(lib, name).message == "what happened"


@better
@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"UnsupportedParamsError", "ImageFetchError"}))
def test_pickle(lib: Any, name: str) -> None:
    again = pickle.loads(pickle.dumps(made(lib, name)))  # noqa: S301 - our own bytes
    assert isinstance(again, getattr(lib.exceptions, name))
    assert again.status_code == KINDS[name].status


@better
def test_the_status_of_unsupported_params(lib: Any) -> None:
    assert lib.UnsupportedParamsError("m", "openai", "gpt-4o", 422).status_code == 422


@better
def test_a_response_made_by_hand(lib: Any) -> None:
    assert made(lib, "RateLimitError", response=httpx.Response(429)).request is None


# What the answer of a server becomes.


class Came(NamedTuple):
    """The chunks of a stream, and the error that ended it; where `at_the_call`, there was no stream."""

    chunks: list[Any]
    error: Any
    at_the_call: bool


def ask(lib: Any, **params: Any) -> Came:
    chunks: list[Any] = []
    stream = None
    try:
        stream = lib.completion(model="openai/gpt-test", messages=MESSAGES, stream=True, **params)
        for chunk in stream:
            chunks.append(chunk)  # noqa: PERF402 - `list` would lose what came before the error
    except Exception as error:  # noqa: BLE001 - it is what is asked for
        return Came(chunks, error, at_the_call=stream is None)
    return Came(chunks, None, at_the_call=False)


def aask(lib: Any, **params: Any) -> Came:
    async def main() -> Came:
        chunks: list[Any] = []
        stream = None
        try:
            stream = await lib.acompletion(model="openai/gpt-test", messages=MESSAGES, stream=True, **params)
            async for chunk in stream:
                chunks.append(chunk)  # noqa: PERF401 - as above
        except Exception as error:  # noqa: BLE001 - as above
            return Came(chunks, error, at_the_call=stream is None)
        return Came(chunks, None, at_the_call=False)

    return asyncio.run(main())


both = pytest.mark.parametrize("ask", [ask, aask], ids=["sync", "async"])


@pytest.fixture
def upstream() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def to(upstream: Server, **params: Any) -> dict[str, Any]:
    return {"api_base": upstream.url, "api_key": "sk-test", "max_retries": 0, **params}


def refusal(status: int, message: str) -> Answer:
    body = json.dumps({"error": {"message": message, "type": "t", "code": "c", "param": None}}).encode()
    return Answer((body,), status=status, headers={"Content-Type": "application/json", "x-request-id": "req_1"})


def said(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


@same
@both
@pytest.mark.parametrize(
    ("status", "message", "name", "meant"),
    [
        (400, "odd", "BadRequestError", 400),
        (400, "This model's maximum context length is 10 tokens.", "ContextWindowExceededError", 400),
        (400, "Input tokens exceed the configured limit of 10 tokens.", "ContextWindowExceededError", 400),
        (400, "Rate limit reached for gpt-test", "RateLimitError", 429),
        (401, "who?", "AuthenticationError", 401),
        (404, "where?", "NotFoundError", 404),
        (408, "late", "Timeout", 408),
        (429, "slow down", "RateLimitError", 429),
        (500, "oops", "InternalServerError", 500),
        (502, "oops", "BadGatewayError", 502),
        (503, "busy", "ServiceUnavailableError", 503),
        (504, "late", "Timeout", 504),
    ],
)
def test_statuses(  # noqa: PLR0913, PLR0917 - a row of the table
    lib: Any, upstream: Server, ask: Any, status: int, message: str, name: str, meant: int
) -> None:
    upstream.play(refusal(status, message))
    came = ask(lib, **to(upstream))
    assert came.at_the_call
    assert type(came.error).__name__ == name
    assert isinstance(came.error, getattr(lib, name))
    assert (came.error.status_code, came.error.llm_provider) == (meant, "openai")
    assert came.error.model.endswith("gpt-test")
    assert message in came.error.message
    assert came.error.litellm_response_headers["x-request-id"] == "req_1"


@same
@both
@pytest.mark.parametrize("status", [402, 403, 409, 413, 418, 424, 451, 520, 529])
def test_every_status_is_an_api_error(lib: Any, upstream: Server, ask: Any, status: int) -> None:
    upstream.play(refusal(status, "odd"))
    came = ask(lib, **to(upstream))
    assert isinstance(came.error, lib.APIError)
    assert came.error.status_code == status


@better
@both
@pytest.mark.parametrize(
    ("status", "name"),
    [
        (402, "PaymentRequiredError"),
        (403, "PermissionDeniedError"),
        (409, "ConflictError"),
        (413, "BadRequestError"),
        (422, "UnprocessableEntityError"),
        (451, "PermissionDeniedError"),
        (520, "InternalServerError"),
        (529, "ServiceUnavailableError"),
    ],
)
def test_every_status_has_a_fitting_class(lib: Any, upstream: Server, ask: Any, status: int, name: str) -> None:
    upstream.play(refusal(status, "odd"))
    came = ask(lib, **to(upstream))
    assert isinstance(came.error, getattr(lib, name))
    assert came.error.status_code == status


@better
@both
def test_nobody_listens(lib: Any, ask: Any) -> None:
    address = f"http://127.0.0.1:{unused_port()}/v1"
    came = ask(lib, api_base=address, api_key="sk-test", max_retries=0)
    assert isinstance(came.error, lib.APIConnectionError)
    assert came.at_the_call


def broken(after: Any, *before: bytes) -> Answer:
    """An answer that what comes `after` breaks; the pause lets what came before arrive, also where it is cut."""
    return script(*before, 0.05, after)


def error_event(**error: Any) -> bytes:
    return wire.event({"error": error})


@same
@both
@pytest.mark.parametrize(
    ("after", "status"),
    [
        (error_event(message="Rate limit reached", code=429), 429),
        (error_event(message="oops"), 500),
        (b'data: {"choices": [{"index": 0, "delta": {"content": "lo\n\n', 500),
        (Do.CUT, 500),
    ],
    ids=["rate limit", "error event", "no JSON", "cut"],
)
def test_an_error_in_mid_stream(lib: Any, upstream: Server, ask: Any, after: Any, status: int) -> None:
    upstream.play(broken(after, wire.frame("Hello")))
    came = ask(lib, **to(upstream))
    assert not came.at_the_call
    assert isinstance(came.error, lib.exceptions.MidStreamFallbackError)
    assert (came.error.status_code, came.error.llm_provider, came.error.model) == (status, "openai", "gpt-test")
    assert (came.error.generated_content, came.error.is_pre_first_chunk) == ("Hello", False)
    assert isinstance(came.error.original_exception, lib.RateLimitError) == (status == 429)
    assert isinstance(came.error.original_exception, openai.APIError)
    whole = lib.stream_chunk_builder(came.chunks)
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == ("Hello", "stop")


@same
@both
def test_an_error_before_the_first_chunk(lib: Any, upstream: Server, ask: Any) -> None:
    upstream.play(script(error_event(message="odd", code=400)))
    came = ask(lib, **to(upstream))
    assert isinstance(came.error, lib.exceptions.MidStreamFallbackError)
    assert (came.error.generated_content, came.error.is_pre_first_chunk, came.chunks) == ("", True, [])


@same
@both
def test_a_model_that_repeats_itself(lib: Any, upstream: Server, ask: Any) -> None:
    upstream.play(script(wire.frame("again") * 150))
    came = ask(lib, **to(upstream))
    assert isinstance(came.error, lib.exceptions.MidStreamFallbackError)
    assert isinstance(came.error.original_exception, lib.InternalServerError)
    assert came.error.status_code == 500
    assert said(came.chunks) == came.error.generated_content == "again" * 100
    assert "The model is repeating the same chunk = " in str(came.error.original_exception)


@better
@both
def test_a_model_that_repeats_itself_is_an_internal_server_error(lib: Any, upstream: Server, ask: Any) -> None:
    upstream.play(script(wire.frame("again") * 150))
    came = ask(lib, **to(upstream))
    assert isinstance(came.error, lib.InternalServerError)
    assert isinstance(came.error, openai.InternalServerError)


@better
@both
@pytest.mark.parametrize(
    ("error", "name", "status"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, "ServiceUnavailableError", 529),
        ({"type": "rate_limit_error", "message": "Slow down"}, "RateLimitError", 429),
        ({"type": "authentication_error", "message": "Who?"}, "AuthenticationError", 401),
        ({"code": "context_length_exceeded", "message": "Too long"}, "ContextWindowExceededError", 400),
        ({"code": "content_filter", "message": "Refused"}, "ContentPolicyViolationError", 400),
        ({"code": 402, "message": "Pay"}, "PaymentRequiredError", 402),
        ({"code": 404, "message": "Where?"}, "NotFoundError", 404),
    ],
)
@pytest.mark.parametrize("before", [(), (wire.frame("Hello"),)], ids=["first", "after a chunk"])
def test_the_type_of_an_error_event_gives_the_class(  # noqa: PLR0913, PLR0917 - a row of the table
    lib: Any, upstream: Server, ask: Any, error: dict[str, Any], name: str, status: int, before: tuple[bytes, ...]
) -> None:
    upstream.play(broken(error_event(**error), *before))
    came = ask(lib, **to(upstream))
    assert isinstance(came.error, getattr(lib, name))
    assert isinstance(came.error.original_exception, getattr(lib, name))
    assert came.error.status_code == status
    assert came.error.message == error["message"]


@better
@both
def test_a_stall_is_a_timeout(lib: Any, upstream: Server, ask: Any) -> None:
    upstream.play(script(wire.frame("Hello"), Do.STALL))
    came = ask(lib, **to(upstream, timeout=0.2))
    assert all(isinstance(came.error, kind) for kind in (lib.Timeout, TimeoutError, openai.APITimeoutError))
    assert (came.error.status_code, came.error.generated_content) == (408, "Hello")


@better
@both
def test_an_end_without_an_end_marker_is_no_end(lib: Any, upstream: Server, ask: Any) -> None:
    upstream.play(script(wire.frame("Hello")))
    came = ask(lib, **to(upstream))
    assert isinstance(came.error, lib.APIConnectionError)
    assert came.error.generated_content == came.error.partial.choices[0].message.content == "Hello"


@better
@both
@pytest.mark.parametrize("after", [error_event(message="Slow down", code=429), Do.CUT, b"data: {\n\n"])
def test_an_error_in_mid_stream_can_be_pickled(lib: Any, upstream: Server, ask: Any, after: Any) -> None:
    upstream.play(broken(after, wire.frame("Hello")))
    error = ask(lib, **to(upstream)).error
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert isinstance(again, lib.exceptions.MidStreamFallbackError)
    assert (type(again), str(again), again.generated_content) == (type(error), str(error), "Hello")
