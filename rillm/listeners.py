"""Who is told of a call: functions and loggers from the settings and from the call itself."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rillm.custom_logger import CustomLogger
from rillm.parameters import listed
from rillm.settings import setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime


class Kind(Enum):
    """What can happen to a call; the value is what `kwargs["log_event_type"]` says, by LiteLLM's words."""

    PRE = "pre_api_call"
    POST = "post_api_call"
    STREAM = "streaming_event"
    SUCCESS = "successful_api_call"
    FAILURE = "failed_api_call"
    CANCEL = "cancelled_api_call"


METHODS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.PRE: ("log_pre_api_call", "async_log_pre_api_call"),
    Kind.POST: ("log_post_api_call", ""),
    Kind.STREAM: ("log_stream_event", "async_log_stream_event"),
    Kind.SUCCESS: ("log_success_event", "async_log_success_event"),
    Kind.FAILURE: ("log_failure_event", "async_log_failure_event"),
    Kind.CANCEL: ("log_failure_event", "async_log_failure_event"),
}
# The settings, and parameters of a call, that hold those who are told of one kind of event.
LISTS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.PRE: ("input_callback", "_async_input_callback"),
    Kind.SUCCESS: ("success_callback", "_async_success_callback"),
    Kind.FAILURE: ("failure_callback", "_async_failure_callback"),
    Kind.CANCEL: ("cancel_callback",),
}
ALL_KINDS: Final = "callbacks"
PARAMETERS: Final = frozenset({"input_callback", "success_callback", "failure_callback", "cancel_callback", ALL_KINDS})


@dataclass(slots=True)
class Event:
    """Something that happened, as a callback is told it: `(kwargs, response, start, end)`."""

    kind: Kind
    kwargs: dict[str, Any]
    response: Any
    start: datetime
    end: datetime | None


class Listener(NamedTuple):
    """One who is told of one kind of event: what is called by blocking calls, and what on an event loop."""

    blocking: Callable[..., Any]
    on_loop: Callable[..., Any]
    by_keyword: bool

    def call(self, event: Event, *, on_event_loop: bool) -> Callable[[], Any]:
        told = self.on_loop if on_event_loop else self.blocking
        if self.by_keyword:
            return partial(told, **keywords(event))
        if event.kind is Kind.PRE:
            return partial(told, event.kwargs)
        return partial(told, event.kwargs, event.response, event.start, event.end)


@dataclass(frozen=True, slots=True)
class Listeners:
    """Those who are told of one call, by kind of event and in their order."""

    by_kind: Mapping[Kind, tuple[Listener, ...]] = field(default_factory=dict[Kind, tuple[Listener, ...]])

    @classmethod
    def of_call(cls, params: dict[str, Any]) -> Listeners:
        """Take the call's own out of `params`, and put them after those of the settings."""
        own = {name: listed(params.pop(name, None)) for name in PARAMETERS}
        everything = (*setting(ALL_KINDS), *own[ALL_KINDS])
        by_kind: dict[Kind, tuple[Listener, ...]] = {}
        for kind in Kind:
            names = LISTS.get(kind, ())
            told = [one for name in names for one in setting(name)]
            told += [one for name in names for one in own.get(name, ())]
            if kind is Kind.CANCEL and not told:
                by_kind[kind] = by_kind.get(Kind.FAILURE, ())
            else:
                found = (listener_of(one, kind) for one in distinct([*known(told), *everything]))
                by_kind[kind] = tuple(one for one in found if one is not None)
        return cls(by_kind)

    def hear(self, kind: Kind) -> bool:
        """Whether anybody wants to know."""
        return bool(self.by_kind.get(kind))

    def calls(self, event: Event, *, on_event_loop: bool) -> list[Callable[[], Any]]:
        """What has to be called for `event`, in this order."""
        return [one.call(event, on_event_loop=on_event_loop) for one in self.by_kind.get(event.kind, ())]


def known(told: Iterable[Any]) -> list[Any]:
    """Without the names of LiteLLM's integrations, which are not here; that is said."""
    found: list[Any] = []
    for one in told:
        if isinstance(one, str):
            from loguru import logger  # noqa: PLC0415 - loaded when there is something to say

            logger.warning("There is no integration {!r} here: pass a function or a CustomLogger.", one)
        else:
            found.append(one)
    return found


def distinct(told: Iterable[Any]) -> list[Any]:
    """Each once: a logger may stand in a list of its own and among `callbacks`."""
    return list({id(one): one for one in told}.values())


def is_logger(one: Any) -> bool:
    return hasattr(one, "log_success_event") or hasattr(one, "async_log_success_event")


def overridden(logger: Any, name: str) -> Any:
    """The method, if the logger has one that does something."""
    method = getattr(logger, name, None) if name else None
    return None if getattr(method, "__func__", method) is getattr(CustomLogger, name, None) else method


def listener_of(one: Any, kind: Kind) -> Listener | None:
    """None if it does not want to know of this kind. A plain function among `callbacks` hears what has a list."""
    if not is_logger(one):
        return Listener(one, one, by_keyword=False) if kind in LISTS else None
    plain, awaited = (overridden(one, name) for name in METHODS[kind])
    if plain or awaited:
        return Listener(plain or awaited, awaited or plain, by_keyword=True)
    return None


def keywords(event: Event) -> dict[str, Any]:
    """What a logger's method is called with; the names are LiteLLM's."""
    if event.kind is Kind.PRE:
        return {"model": event.kwargs["model"], "messages": event.kwargs["messages"], "kwargs": event.kwargs}
    return {
        "kwargs": event.kwargs,
        "response_obj": event.response,
        "start_time": event.start,
        "end_time": event.end,
    }


def is_async(call: Callable[[], Any]) -> bool:
    """Whether to call it gives a coroutine: also of a callable object, and of a partial of one."""
    while isinstance(call, partial):
        call = call.func
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004
