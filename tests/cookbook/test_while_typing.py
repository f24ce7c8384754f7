"""What was typed last counts: the typing assistant, and the keystroke search."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from docs.cookbook import keystroke_search, typing_assistant
from rillm.testing import answer, play, scripted, stall
from rillm.testing.chunks import plain
from tests.kit import wire
from tests.kit.leaks import run
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import collect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rillm import Stream
    from tests.kit.server import Server


class Browser(typing_assistant.WebSocket):
    """Types the next draft when it has seen `word`, and leaves at `last`, whatever comes."""

    def __init__(self, word: str, last: str) -> None:
        self.shown: list[str] = []
        self.typed_at = 0.0
        self._word, self._last = word, last
        self._seen = asyncio.Event()

    async def iter_text(self) -> AsyncIterator[str]:
        yield "The"
        await self._seen.wait()
        self.typed_at = monotonic()
        yield "A"

    async def send_text(self, data: str) -> None:
        self.shown.append(data)
        if data.endswith(self._word):
            self._seen.set()
        if data.endswith(self._last):
            raise ConnectionError


def test_a_new_draft_closes_the_connection_of_the_one_before(models: Server) -> None:
    models.play(
        script(wire.frame(" river"), wire.frame(" flows"), Do.STALL),
        script(wire.answer(" brook", " babbles.")),
    )

    async def main() -> Browser:
        browser = Browser("flows", "nothing")
        await typing_assistant.handler(browser)
        return browser

    browser = run(main())
    assert browser.shown == ["The river", "The river flows", "A brook", "A brook babbles."]
    assert models.exchange(0).seconds_to_leave(browser.typed_at) < AT_ONCE
    drafts = [exchange.request.json["messages"][-1]["content"] for exchange in models.exchanges]
    assert drafts == ["The", "A"]


def test_a_browser_that_has_gone_closes_it_too(models: Server) -> None:
    models.play(script(wire.frame(" river"), Do.STALL))

    async def main() -> None:
        with pytest.raises(ConnectionError):
            await typing_assistant.handler(Browser("nothing", "river"))

    run(main())
    assert models.exchange().seconds_to_leave(monotonic()) < AT_ONCE


# A column is a tenth of a second, the pause three: what is typed, what is shown, what was asked, and when the first two
# searches were begun and let go.
KEYS: dict[str, tuple[str, str, list[str], list[str]]] = {
    "a pause": ("-a-----------------|", "------h------i-----|", ["a"], ["----^---------!", ""]),
    "no pause": ("-a-ab-abc-------------|", "-----------h------i---|", ["abc"], ["---------^---------!", ""]),
    "another": ("-a---b--------------|", "------h---h------i--|", ["a", "b"], ["----^---!", "--------^---------!"]),
    "emptied": ("-a---_--------------|", "------h---h------i--|", ["a", ""], ["----^---!", "--------^---------!"]),
    "taken back": ("-a---ab-a----------|", "------h------i-----|", ["a"], ["----^---------!", ""]),
    "a blank": ("-a---a_------------|", "------h------i-----|", ["a"], ["----^---------!", ""]),
    "the end": ("-a-ab|", "-------h------i|", ["ab"], ["-----^---------!", ""]),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "shown", "asked", "searches"), KEYS.values(), ids=KEYS)
def test_keys_in_virtual_time(typed: str, shown: str, asked: list[str], searches: list[str]) -> None:
    queries: list[str] = []

    def search(keys: Stream[str], *hits: Stream[Any]) -> Stream[Any]:
        def find(query: str) -> Stream[Any]:
            queries.append(query)
            return hits[len(queries) > 1]

        return keystroke_search.search(keys, find)

    played = play(search, typed, "--h------i|", "--h------i|", given=plain, tick=0.1)
    assert (played.marbles, queries, played.sources[1:]) == (shown, asked, searches)


def test_three_hits_are_enough() -> None:
    catalogue = answer('{"hits": ["one", "two", "three", "four"').pipe(stall(after=8))
    with scripted("openai/*", catalogue) as calls:
        shown = collect(rillm.as_stream(keystroke_search.hits("numbers")))
    assert shown == [[], ["one"], ["one", "two"], ["one", "two", "three"]]
    assert [call.is_open for call in calls] == [False]


def test_nothing_is_asked_for_an_empty_box() -> None:
    with scripted():
        assert collect(rillm.as_stream(keystroke_search.hits(""))) == [[]]
