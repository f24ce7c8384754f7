"""Who answers in the providers' place, if anybody does: a script of a test.

State of the process, and not of a thread or a task: what is tested may make its calls in others.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from rillm.streams.source import Source


class StandIn(Protocol):
    """Answers every call that would leave this process."""

    def source(self, model: str, messages: Sequence[Any], params: Mapping[str, Any]) -> Source[bytes]:
        """What answers a call, in frames of OpenAI's chat format.

        Args:
            model: with the provider's name before it: "openai/gpt-4o-mini".
            messages, params: as of the call.
        """
        ...


_present: list[StandIn] = []


def stand_in() -> StandIn | None:
    """The last one that has come and not gone."""
    return _present[-1] if _present else None


@contextmanager
def standing_in(one: StandIn) -> Generator[None]:
    """Let `one` answer all calls that are made meanwhile."""
    _present.append(one)
    try:
        yield
    finally:
        _present.remove(one)
