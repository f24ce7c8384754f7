"""`rillm.stream` with a cache: which calls are the same, what is sent for them, and what is in the file."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

import rillm
from rillm.call_key import call_key
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, MODEL, cold, texts
from tests.kit.leaks import run
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import both
from tests.kit.stores import AsyncMemory, Memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kit.server import Server

    Collect = Callable[[Any], list[Any]]

HELLO = script(wire.frame("Hel"), wire.frame("lo"), wire.finish(), wire.usage(7, 3), wire.DONE)


class Recipe(BaseModel):
    title: str


def key(model: str = MODEL, messages: Any = MESSAGES, **params: Any) -> str:
    return call_key(model, messages, params)


HOW: list[dict[str, Any]] = [
    {"api_key": "other"},
    {"extra_headers": {"X-Run": "7"}, "headers": {"X-Run": "8"}},
    {"timeout": 3, "stream_timeout": 4, "total_timeout": 5, "idle_timeout": 6, "first_token_timeout": 7},
    {"num_retries": 3, "max_retries": 4, "max_frame_bytes": 5},
    {"client": object()},
    {"metadata": {"run": 7}, "success_callback": [print], "callbacks": []},
    {"litellm_call_id": "7", "caching": True, "cache": {"ttl": 7}, "ttl": 7},
    {"input_cost_per_token": 1.0, "output_cost_per_token": 2.0},
    {"aws_access_key_id": "7", "azure_ad_token_provider": print},
    {"temperature": None, "pipeline": None, "drop_params": True},
    {"api_base": "https://api.openai.com/v1/"},
    {"custom_llm_provider": "openai"},
]


@pytest.mark.parametrize("params", HOW, ids=", ".join)
def test_how_it_is_asked_is_no_part_of_the_key(params: dict[str, Any]) -> None:
    assert key(**params) == key()


def test_a_secret_in_the_body_is_no_part_of_the_key() -> None:
    assert key(extra_body={"top_k": 3, "api_key": "hush"}) == key(extra_body={"top_k": 3})


@pytest.mark.parametrize("model", ["openai:gpt-test", "gpt-test"])
def test_the_same_model_by_other_names(model: str) -> None:
    assert key(model) == key()


def test_an_earlier_answer_among_the_messages() -> None:
    said = rillm.Message(content="Hi", role="assistant")
    assert key(messages=(*MESSAGES, said)) == key(messages=[*MESSAGES, said.model_dump(exclude_none=True)])


DIFFERENT: list[dict[str, Any]] = [
    {},
    {"model": "openai/gpt-other"},
    {"model": "openrouter/gpt-test"},
    {"messages": [{"role": "user", "content": "Ho"}]},
    {"messages": [{"role": "system", "content": "Hi"}]},
    {"messages": [*MESSAGES, *MESSAGES]},
    {"temperature": 0},
    {"temperature": 1},
    {"temperature": True},
    {"temperature": "1"},
    {"n": 2},
    {"seed": 1},
    {"user": "a"},
    {"tools": [{"type": "function", "function": {"name": "f"}}]},
    {"response_format": Recipe},
    {"response_format": {"a": 1, "b": 2}},
    {"response_format": {"b": 2, "a": 1}},  # a model writes the fields in their order
    {"stream_options": {"include_usage": True}},
    {"merge_reasoning_content_in_choices": True},
    {"api": "responses"},
    {"api_base": "http://127.0.0.1:9/v1"},
    {"api_base": "http://127.0.0.1:9/v1", "model": "openrouter/gpt-test"},
    {"extra_body": {"top_k": 3}},
    {"model_id": "arn:aws:bedrock:x"},
    {"fallbacks": ["openai/gpt-other"]},
    {"fallbacks": [{"model": "openai/gpt-other", "temperature": 0}]},
    {"mock_response": "Hi"},
    {"mock_response": rillm.RateLimitError("Later.")},
]


def test_what_is_asked_is_the_key() -> None:
    keys = [key(**call) for call in DIFFERENT]
    assert len({*keys}) == len(keys)
    assert [key(**call) for call in DIFFERENT] == keys


def test_a_fallback_by_another_key() -> None:
    keys = {key(fallbacks=[{"model": "openai/gpt-other", "api_key": secret}]) for secret in ("a", "b")}
    assert len(keys) == 1


def test_an_address_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = key()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert key() == key(api_base="http://127.0.0.1:9/v1") != usual


@pytest.mark.parametrize("params", [{"pipeline": [rillm.limit_tokens(3)]}, {"logit_bias": object()}, {"stop": {1, 2}}])
def test_a_call_without_a_key(params: dict[str, Any]) -> None:
    with pytest.raises(rillm.BadRequestError, match=r"key=\.\.\."):
        key(**params)


def test_messages_are_those_of_the_moment() -> None:
    messages = [*MESSAGES]
    stream = rillm.stream("mock/x", messages, mock_response="Hi")
    store = Memory()
    for _ in range(2):
        list(stream.pipe(rillm.cache(store)))
        messages.append({"role": "user", "content": "More"})
    assert len(store.answers) == 2


# Over a real socket


@both
def test_the_second_call_sends_nothing(collect: Collect, server: Server, tmp_path: Path) -> None:
    server.play(HELLO)
    path = tmp_path / "answers.sqlite"
    costs: list[rillm.Cost] = []

    def ask(**params: Any) -> list[Any]:
        rates = {"input_cost_per_token": 1.0, "output_cost_per_token": 10.0}
        call = cold(server, extra_headers={"X-Secret": "hush-header"}, **rates, **params)
        return collect(call.pipe(rillm.cache(path), rillm.cost_tap(costs.append)))

    first, second = ask(), ask(timeout=7)
    assert [one.model_dump() for one in second] == [one.model_dump() for one in first]
    assert texts(first) == "Hello"
    assert [one.hidden_params.get("cache_hit") for one in (*first, *second)] == [None] * 3 + [True] * 3
    assert [cost.usd for cost in costs] == [37.0, 0.0]
    assert costs[0].usage == costs[1].usage == rillm.Usage(prompt_tokens=7, completion_tokens=3, total_tokens=10)
    assert (len(server.exchanges), server.connections) == (1, 1)
    assert texts(ask(temperature=0)) == "Hello"
    assert len(server.exchanges) == 2
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b'"Hel"' in kept
    for secret in (KEY, "hush", "Bearer", str(server.port), MESSAGES[0]["content"] + '"'):
        assert secret.encode() not in kept


@pytest.mark.usefixtures("no_garbage_collection")
def test_who_leaves_closes_the_socket_and_keeps_nothing(server: Server) -> None:
    server.play(script(wire.frame("Hel"), Do.STALL), HELLO)
    cached = cold(server).pipe(rillm.cache(Memory()))
    for _ in cached:
        break
    moment = monotonic()
    assert server.exchange().seconds_to_leave(moment) < AT_ONCE
    assert [texts(list(cached)) for _ in range(2)] == ["Hello", "Hello"]
    assert len(server.exchanges) == 2


@both
def test_retries_around_it(collect: Collect, server: Server) -> None:
    server.play(script(wire.frame("Hel"), Do.CUT), HELLO)
    store = Memory()
    again = cold(server).pipe(rillm.cache(store), rillm.retry_before_first_token())
    with pytest.raises(rillm.RillmError):
        collect(again)
    assert texts(collect(again)) == texts(collect(again)) == "Hello"
    assert len(server.exchanges) == 2


def test_many_at_a_time(server: Server) -> None:
    """Each asks: nobody waits for another one. From then on none does."""
    gate = server.gate()
    server.play(script(wire.frame("Hel"), gate, wire.answer("lo")))
    store = AsyncMemory()
    calls = [cold(server).pipe(rillm.cache(store), rillm.text()) for _ in range(3)]
    gate.open()

    async def main() -> str:
        return "".join([piece async for piece in rillm.merge(*calls)])

    assert sorted(run(main())) == sorted("Hello" * 3)
    assert sorted(run(main())) == sorted("Hello" * 3)
    assert len(server.exchanges) == 3
