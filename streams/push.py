"""Subscribing without iterating: a driver of our own pulls, and hands each item to the observer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable
from reactivex.scheduler import CurrentThreadScheduler, ImmediateScheduler

from rillm.streams.async_driver import AsyncDriver, call_in
from rillm.streams.sync_driver import SyncDriver

if TYPE_CHECKING:
    from reactivex import Observable, abc
    from reactivex.observer.autodetachobserver import AutoDetachObserver

T = TypeVar("T")
_tasks: set[asyncio.Task[None]] = set()  # an event loop itself holds its tasks only weakly


def this_thread() -> abc.SchedulerBase:
    """Where to run without a scheduler: at once, or where Rx's trampoline runs already, when it gets to it.

    To run on a trampoline of our own would keep what operators schedule on it waiting for our end.
    """
    trampoline = CurrentThreadScheduler.singleton()
    return ImmediateScheduler.singleton() if trampoline.schedule_required() else trampoline


def push(
    observable: Observable[T], observer: AutoDetachObserver[T], scheduler: abc.SchedulerBase
) -> abc.DisposableBase:
    """Pull `observable` to its end where `scheduler` runs its actions.

    On a running event loop that is a task; anywhere else the thread that runs the action. Disposing closes the sources
    at once in both cases.
    """
    pulling = SingleAssignmentDisposable()

    def start(_scheduler: abc.SchedulerBase, _state: Any = None) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            driver = SyncDriver(observable)
            pulling.disposable = Disposable(driver.close)
            _push(driver, observer)
        else:
            pulling.disposable = _start_task(AsyncDriver(observable), observer)

    return CompositeDisposable(scheduler.schedule(start), pulling)


def _push(driver: SyncDriver[T], observer: AutoDetachObserver[T]) -> None:
    items = iter(driver)
    try:
        while not observer.is_stopped:
            try:
                item = next(items)
            except StopIteration:
                return observer.on_completed()
            except Exception as error:  # noqa: BLE001 - how a stream ends
                return observer.on_error(error)
            observer.on_next(item)
    finally:
        items.close()


def _start_task(driver: AsyncDriver[T], observer: AutoDetachObserver[T]) -> abc.DisposableBase:
    loop = asyncio.get_running_loop()
    task = loop.create_task(_apush(driver, observer))
    _tasks.add(task)
    task.add_done_callback(_on_done)

    def stop() -> None:
        driver.close()
        if task is not asyncio.current_task(loop):
            task.cancel()

    return Disposable(lambda: call_in(loop, stop))


def _on_done(task: asyncio.Task[None]) -> None:
    _tasks.discard(task)
    error = None if task.cancelled() else task.exception()
    if error is not None:  # told now, not when the garbage collector finds the task
        context = {"message": "An observer of a stream raised", "exception": error, "task": task}
        task.get_loop().call_exception_handler(context)


async def _apush(driver: AsyncDriver[T], observer: AutoDetachObserver[T]) -> None:
    items = aiter(driver)
    try:
        while not observer.is_stopped:
            try:
                item = await anext(items)
            except StopAsyncIteration:
                return observer.on_completed()
            except Exception as error:  # noqa: BLE001 - how a stream ends
                return observer.on_error(error)
            observer.on_next(item)
    finally:
        await items.aclose()
