from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.providers.stand_in import stand_in
from rillm.testing import ScriptedCall, UnexpectedCallError, answer, chunk, cut, fail, scripted, slow, stall
from tests.kit.leaks import run

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "openai/gpt-4o-mini"
HI = [{"role": "user", "content": "Hi"}]
LIMIT = rillm.RateLimitError("Too many rivers.")
ONE_TRY = {"num_retries": 0}


def whole(**params: Any) -> str | None:
    return rillm.completion(MODEL, HI, stream=False, **params).choices[0].message.content


def awhole(**params: Any) -> str | None:
    return run(rillm.acompletion(MODEL, HI, stream=False, **params)).choices[0].message.content


def stream(**params: Any) -> str:
    return "".join(rillm.completion(MODEL, HI, stream=True, **params).pipe(rillm.text()))


def astream(**params: Any) -> str:
    async def main() -> str:
        chunks = await rillm.acompletion(MODEL, HI, stream=True, **params)
        return "".join([piece async for piece in chunks.pipe(rillm.text())])

    return run(main())


def cold(**params: Any) -> str:
    return "".join(rillm.stream(MODEL, HI, **params).pipe(rillm.text()))


def acold(**params: Any) -> str:
    async def main() -> str:
        return "".join([piece async for piece in rillm.stream(MODEL, HI, **params).pipe(rillm.text())])

    return run(main())


every_way = pytest.mark.parametrize("ask", [whole, awhole, stream, astream, cold, acold], ids=lambda way: way.__name__)
every_stream = pytest.mark.parametrize("ask", [stream, astream, cold, acold], ids=lambda way: way.__name__)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Any:
    yield
    assert stand_in() is None


def upper(call: ScriptedCall) -> str:
    text: str = call.messages[-1]["content"]
    return text.upper()


def answered(_: ScriptedCall) -> rillm.Stream[Any]:
    return answer("Hello")


ANSWERS: list[tuple[Any, str | None]] = [
    ("Hello you.", "Hello you."),
    ("litellm.RateLimitError", "litellm.RateLimitError"),  # a text is a text
    ("", None),
    (["Hel", "lo"], "Hello"),
    ([chunk("Hel"), chunk("lo")], "Hello"),
    (answer("Hello", reasoning="Hm"), "Hello"),
    (answer("Hello you").pipe(slow(0.001)), "Hello you"),
    (rillm.of("Hel", "lo"), "Hello"),
    ({"choices": [{"message": {"content": "Hello"}}]}, "Hello"),
    (rillm.ModelResponse(choices=[{"message": {"content": "Hello"}}]), "Hello"),
    (upper, "HI"),
    (answered, "Hello"),
]


@every_way
@pytest.mark.parametrize(("said", "text"), ANSWERS)
def test_answers(ask: Callable[..., Any], said: Any, text: str | None) -> None:
    with scripted(MODEL, said) as calls:
        assert (ask() or None) == text
    assert [call.is_open for call in calls] == [False]


@every_way
def test_what_a_call_said(ask: Callable[..., Any]) -> None:
    with scripted(MODEL, "Hello") as calls:
        ask(temperature=0.5, tools=[{"type": "function"}], api_key="sk-hush", metadata={"user": 1})
    (call,) = calls
    assert (call.model, call.messages) == (MODEL, HI)
    assert call.params == {"temperature": 0.5, "tools": [{"type": "function"}], "api_key": "sk-hush"}
    assert "sk-hush" not in repr(call)


def test_messages_are_those_of_the_moment() -> None:
    messages = [{"role": "user", "content": "one"}]
    with scripted(MODEL, rest="Hello") as calls:
        response = rillm.completion(MODEL, messages)
        messages[0]["content"] = "changed"
        messages.append(response.choices[0].message.model_dump())
        rillm.completion(MODEL, messages)
    assert [[one["content"] for one in call.messages] for call in calls] == [["one"], ["changed", "Hello"]]


def test_tool_calls_of_an_agent() -> None:
    def result(call: ScriptedCall) -> str:
        assert call.messages[-1]["role"] == "tool"
        return f"It is {call.messages[-1]['content']}."

    with scripted(MODEL, answer(calls=[("weather", {"city": "Paris"})]), result):
        message = rillm.completion(MODEL, HI).choices[0].message
        (asked,) = message.tool_calls or []
        tool = {"role": "tool", "tool_call_id": asked.id, "content": "sunny"}
        response = rillm.completion(MODEL, [*HI, message, tool])
    assert asked.function.arguments == '{"city": "Paris"}'
    assert response.choices[0].message.content == "It is sunny."


@every_stream
def test_reasoning_and_usage(ask: Callable[..., Any]) -> None:
    with scripted(MODEL, answer("Yes", reasoning="Hm", usage={"prompt_tokens": 5, "completion_tokens": 2})):
        assert ask(merge_reasoning_content_in_choices=True) == "<think>Hm</think>Yes"
    with scripted(MODEL, answer("Yes", usage={"prompt_tokens": 5, "completion_tokens": 2})):
        assert rillm.completion(MODEL, HI).usage.total_tokens == 7


@every_way
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (rillm.AuthenticationError("Who?"), rillm.AuthenticationError),
        (LIMIT, rillm.RateLimitError),
        (ConnectionError("gone"), rillm.RillmError),
    ],
)
def test_errors_of_the_call(ask: Callable[..., Any], error: Exception, kind: type[rillm.RillmError]) -> None:
    with scripted(MODEL, error), pytest.raises(kind) as caught:
        ask(**ONE_TRY)
    assert caught.value is error or caught.value.__cause__ is error
    assert caught.value.partial is None


@pytest.mark.parametrize("stream", [True, False])
def test_an_error_of_the_call_is_raised_by_the_call(*, stream: bool) -> None:
    with scripted(MODEL, LIMIT), pytest.raises(rillm.RateLimitError):
        rillm.completion(MODEL, HI, stream=stream, **ONE_TRY)


@every_way
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (["High", " up", rillm.ServiceUnavailableError("busy")], rillm.ServiceUnavailableError),
        (answer("High up in the snow").pipe(cut(after=2)), rillm.StreamTruncatedError),
        (answer("High up in").pipe(fail(rillm.InternalServerError("broken"), after=2)), rillm.InternalServerError),
        (answer("High up in").pipe(stall(after=2), fail(rillm.Timeout("late"), at=0.01)), rillm.Timeout),
    ],
)
def test_errors_in_mid_stream(ask: Callable[..., Any], said: Any, kind: type[rillm.RillmError]) -> None:
    with scripted(MODEL, said), pytest.raises(kind) as caught:
        ask(**ONE_TRY)
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == "High up"
    assert (caught.value.llm_provider, caught.value.model) == ("openai", "gpt-4o-mini")


@every_way
def test_what_failed_is_tried_again_at_once(ask: Callable[..., Any]) -> None:
    began = monotonic()
    with scripted(MODEL, rillm.RateLimitError("full"), rillm.InternalServerError("broken"), "Hello") as calls:
        assert ask() == "Hello"
    assert len(calls) == 3
    assert monotonic() - began < 0.4  # the shortest wait of a real one is 0.5 s


@every_way
def test_fallbacks(ask: Callable[..., Any]) -> None:
    with scripted("openai/*", rest=rillm.RateLimitError("full")) as first, scripted("groq/*", "Hello") as second:
        assert ask(fallbacks=["groq/llama-3.3-70b-versatile"]) == "Hello"
    assert (len(first), len(second)) == (3, 1)


@pytest.mark.parametrize("script", ["openai/gpt-4o-mini", "openai:gpt-4o-mini", "gpt-4o-mini", "openai/*", "*-mini"])
@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "openai:gpt-4o-mini", "gpt-4o-mini"])
def test_names_of_models(script: str, model: str) -> None:
    with scripted(script, "Hello") as calls:
        assert rillm.completion(model, HI).model == "gpt-4o-mini"
    assert [call.model for call in calls] == [MODEL]


@pytest.mark.parametrize(
    "model",
    [
        "anthropic/claude-sonnet-4-5", "bedrock/anthropic.claude-v2", "gemini/gemini-2.5-flash", "ollama/llama3:8b",
        "openai/responses/gpt-5", "azure/mine", "local/smollm2", "huggingface/mine/own",
    ],
)  # fmt: skip
def test_any_provider_without_a_key(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with scripted(model, "Hello") as calls:
        assert rillm.completion(model, HI).choices[0].message.content == "Hello"
    assert [call.model for call in calls] == [model]


def test_an_unknown_provider_is_told_at_once() -> None:
    with pytest.raises(rillm.BadRequestError, match="LLM Provider NOT provided"), scripted("opnai/gpt", "Hello"):
        pass


@every_way
@pytest.mark.parametrize(
    ("model", "answers", "why"),
    [
        ("groq/*", [], r"the script is for groq/\*"),
        (MODEL, [], "the script for openai/gpt-4o-mini has no further answer. Its messages: .*Hi"),
        (MODEL, [LIMIT], "has no further answer .what failed is tried again, unless the call says num_retries=0"),
        ("*", [], "no further answer"),
    ],
)
def test_unexpected_calls(ask: Callable[..., Any], model: str, answers: list[Any], why: str) -> None:
    with pytest.raises(UnexpectedCallError, match=why), scripted(model, *answers):
        ask(fallbacks=["mistral/spare"])


@every_way
def test_an_unexpected_call_that_is_swallowed_is_told_at_the_end(ask: Callable[..., Any]) -> None:
    script = scripted(MODEL)
    calls = script.__enter__()
    with pytest.raises(UnexpectedCallError):
        ask()
    with pytest.raises(UnexpectedCallError, match="An unexpected call of openai/gpt-4o-mini"):
        script.__exit__(None, None, None)
    assert calls == []


def test_answers_that_nobody_asked_for() -> None:
    left = "has answers that nobody has asked for: 'two', 'three'"
    with pytest.raises(AssertionError, match=left), scripted(MODEL, "one", "two", "three"):
        whole()


def test_an_error_of_the_test_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), scripted(MODEL, "one"):
        raise ZeroDivisionError


@every_way
def test_an_assertion_of_an_answer_reaches_the_test(ask: Callable[..., Any]) -> None:
    def wrong(call: ScriptedCall) -> str:
        assert call.messages == [], "the model was asked something else"
        return ""

    with pytest.raises(AssertionError, match="asked something else"), scripted(MODEL, wrong):
        ask()


def test_nested_scripts() -> None:
    with scripted(rest="outer") as outer, scripted(MODEL, "inner") as inner:
        assert whole() == "inner"
        assert rillm.completion("groq/x", HI).choices[0].message.content == "outer"
        with scripted(MODEL, "innermost"):
            assert whole() == "innermost"
    assert ([call.model for call in outer], len(inner)) == (["groq/x"], 1)


def test_mocks_answer_themselves() -> None:
    with scripted():
        assert whole(mock_response="Hello") == "Hello"
        assert rillm.completion("mock/echo", HI).choices[0].message.content == "Hi"


def test_calls_of_other_threads_and_tasks() -> None:
    async def several() -> list[Any]:
        return await asyncio.gather(*(rillm.acompletion(MODEL, HI) for _ in range(5)))

    with scripted(MODEL, *map(str, range(20)), rest="rest") as calls, ThreadPoolExecutor(5) as pool:
        futures = [pool.submit(whole) for _ in range(15)]
        texts = [future.result() for future in futures]
        texts += [response.choices[0].message.content for response in run(several())]
    assert (sorted(texts, key=str), len(calls)) == (sorted(map(str, range(20))), 20)


def test_as_a_decorator() -> None:
    @scripted(MODEL, "Hello")
    def test() -> None:
        assert whole() == "Hello"

    test()
    test()


def left_early() -> None:
    for _ in rillm.completion(MODEL, HI, stream=True):
        break


def aleft_early() -> None:
    async def main() -> None:
        async for _ in await rillm.acompletion(MODEL, HI, stream=True):
            break

    run(main())


def never_read() -> None:
    rillm.completion(MODEL, HI, stream=True).close()


def anever_read() -> None:
    async def main() -> None:
        await (await rillm.acompletion(MODEL, HI, stream=True)).aclose()

    run(main())


@pytest.mark.parametrize("leave", [left_early, aleft_early, never_read, anever_read])
@pytest.mark.parametrize("said", ["Hello you", answer("Hello you").pipe(stall(after=1))], ids=["text", "stalled"])
def test_who_leaves_is_seen(leave: Callable[[], None], said: Any) -> None:
    with scripted(MODEL, said, "open") as calls:
        leave()
        kept = rillm.completion(MODEL, HI, stream=True)
        assert [call.is_open for call in calls] == [False, True]
        kept.close()


def test_n_choices() -> None:
    with scripted(MODEL, "Hello"):
        assert [one.message.content for one in rillm.completion(MODEL, HI, n=2).choices] == ["Hello", "Hello"]


def test_callbacks_are_called_as_ever() -> None:
    told: list[Any] = []

    def tell(kwargs: dict[str, Any], response: Any, *_: Any) -> None:
        told.append((kwargs["model"], response.usage.total_tokens))

    with scripted(MODEL, "Hello"):
        whole(success_callback=[tell])
    assert told == [("gpt-4o-mini", 30)]
