"""`Router`: names of one's own, and deployments that stand in for one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import rillm
from tests.kit import wire
from tests.kit.calls import MESSAGES
from tests.kit.leaks import run
from tests.kit.server import Answer, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.server import Server

    Way = Callable[..., str]

GOOD = script(wire.answer("Hello"))
REFUSED = Answer((b'{"error": {"message": "not now"}}',), status=401)


def whole(router: rillm.Router, **params: Any) -> str:
    return router.completion("fast", MESSAGES, stream=False, **params).choices[0].message.content or ""


def awhole(router: rillm.Router, **params: Any) -> str:
    return run(router.acompletion("fast", MESSAGES, stream=False, **params)).choices[0].message.content or ""


def stream(router: rillm.Router, **params: Any) -> str:
    return "".join(router.completion("fast", MESSAGES, stream=True, **params).pipe(rillm.text()))


def astream(router: rillm.Router, **params: Any) -> str:
    async def main() -> str:
        chunks = await router.acompletion("fast", MESSAGES, stream=True, **params)
        return "".join([text async for text in chunks.pipe(rillm.text())])

    return run(main())


every_way = pytest.mark.parametrize("ask", [whole, awhole, stream, astream])


def deployment(name: str, model: str, **params: Any) -> dict[str, Any]:
    return {"model_name": name, "litellm_params": {"model": model, **params}}


def sent(server: Server) -> list[tuple[str, Any, str]]:
    """Model, temperature and key of each request."""
    requests = [exchange.request for exchange in server.exchanges]
    return [(one.json["model"], one.json.get("temperature"), one.headers["authorization"]) for one in requests]


@every_way
def test_deployments_stand_in_for_one_another(server: Server, ask: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its own settings, and with those of the call; nothing of the first one's goes to the second."""
    monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.play(REFUSED, REFUSED, GOOD)
    first = deployment("fast", "openai/a", api_base=server.url, api_key="of-a", temperature=0.25)
    router = rillm.Router([first, deployment("fast", "openai/b"), deployment("fast", "openai/c", temperature=1)])
    assert ask(router, num_retries=0) == "Hello"
    own = "Bearer of-the-environment"
    assert sent(server) == [("a", 0.25, "Bearer of-a"), ("b", None, own), ("c", 1, own)]


def test_the_address_of_one_deployment_is_not_that_of_another(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/other")
    server.play(REFUSED, GOOD)
    router = rillm.Router([deployment("fast", "openai/a", api_base=server.url), deployment("fast", "openai/b")])
    assert whole(router, num_retries=0) == "Hello"
    assert [exchange.request.path for exchange in server.exchanges] == [
        "/v1/chat/completions",
        "/v1/other/chat/completions",
    ]


@every_way
def test_what_the_call_says_counts_everywhere(server: Server, ask: Way) -> None:
    server.play(REFUSED, GOOD)
    here = {"api_base": server.url, "api_key": "k"}
    router = rillm.Router(
        [deployment("fast", "openai/a", temperature=0.25, **here), deployment("fast", "openai/b", **here)],
        num_retries=0,
        temperature=0.5,
    )
    assert ask(router, temperature=0.75) == "Hello"
    assert [temperature for _, temperature, _ in sent(server)] == [0.75, 0.75]


@every_way
@pytest.mark.parametrize("own", ["openai/b", ["openai/b"], {"model": "openai/b"}])
def test_fallbacks_of_the_call_come_last(server: Server, ask: Way, own: Any) -> None:
    server.play(REFUSED, REFUSED, GOOD)
    here = {"api_base": server.url, "api_key": "k"}
    models = [deployment("fast", "openai/a", **here), deployment("slow", "openai/s", **here)]
    router = rillm.Router(models, fallbacks=[{"fast": ["slow"]}], num_retries=0)
    assert ask(router, fallbacks=own) == "Hello"
    assert [model for model, _, _ in sent(server)] == ["a", "s", "b"]


def test_a_name_that_it_does_not_have() -> None:
    with pytest.raises(rillm.BadRequestError, match=r"no model 'fast'. It has: slow"):
        whole(rillm.Router([deployment("slow", "mock/s")]))
