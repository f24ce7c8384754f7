"""`adaptive_merge`: as many calls at a time as the provider can take."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.streams.errors import BadRequestError, RateLimitError
from rillm.streams.stream import Stream, as_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

A = TypeVar("A")
B = TypeVar("B")

ATTEMPTS: Final = 5  # of a job that is told to come later
PAUSE: Final = 1.0  # seconds, where the provider does not say when; doubled with each further time


def adaptive_merge(
    jobs: Iterable[A] | Observable[A],
    run: Callable[[A], Observable[B]],
    *,
    target: float = 2.0,
    max_concurrent: int = 32,
) -> Stream[B]:
    """Run a stream for each job, and merge what they bring: one at first, more while they begin to answer in time.

        -(a,b,c)------|                    the jobs
        [ adaptive_merge(jobs, run, target=2) ]
        --A-(B,C)-----|

    Additive increase, multiplicative decrease, as TCP has it (RFC 5681): when as many jobs as there is room
    for have brought their first item within `target` seconds, there is room for one more; one that is slower, or is
    told to come later (`RateLimitError`), halves the room, once for all that were under way. A job that is told so
    before its first item is put back, up to four times, and nothing new is begun for as long as the provider says.

    Any other error ends everything, as in `merge`; let `run` catch what should not.

    Args:
        jobs: what to run; an iterable is taken as far as there is room.
        run: from a job to its stream.
        target: seconds to the first item.
        max_concurrent: the most at a time, at least 1.

    Raises:
        BadRequestError: `max_concurrent` is less than 1.

    >>> import rillm
    >>> def run(job):
    ...     return rillm.stream("mock/x", mock_response=job).pipe(rillm.text())
    >>> list(rillm.adaptive_merge(["a", "b"], run))
    ['a', 'b']
    """
    if max_concurrent < 1:
        raise BadRequestError(f"max_concurrent has to be at least 1, not {max_concurrent!r}.")

    def subscribe(observer: abc.ObserverBase[B], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        pool = _Pool(run, target, max_concurrent, observer, scheduler)
        if isinstance(jobs, Observable):
            pool.running.add(jobs.subscribe(pool, scheduler=scheduler))
        else:
            pool.take(iter(jobs))
        return pool.running

    return Stream(subscribe)


class _Job(NamedTuple):
    value: Any
    attempt: int = 1


class _Pool(abc.ObserverBase[Any]):
    """One subscription: the jobs that wait, how many are under way, and how many may be."""

    def __init__(
        self,
        run: Callable[[Any], Observable[Any]],
        target: float,
        most: int,
        observer: abc.ObserverBase[Any],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self.running = CompositeDisposable()
        self.observer = observer
        self._run = run
        self._target = target
        self._most = most
        self._scheduler = scheduler
        self._clock = scheduler or TimeoutScheduler.singleton()
        self._room = 1
        self._in_time = 0  # answers since the room changed
        self._under_way = 0
        self._halved_at = self._clock.now
        self._waiting: deque[_Job] = deque()
        self._more: Iterator[Any] = iter(())
        self._has_all = False
        self._is_paused = False
        self._is_filling = False

    # The jobs

    def take(self, jobs: Iterator[Any]) -> None:
        self._more = jobs
        self.on_completed()

    def on_next(self, value: Any) -> None:
        self._waiting.append(_Job(value))
        self._fill()

    def on_error(self, error: Exception) -> None:
        self.observer.on_error(error)

    def on_completed(self) -> None:
        self._has_all = True
        self._fill()

    def _next_job(self) -> _Job | None:
        if self._waiting:
            return self._waiting.popleft()
        return next(map(_Job, self._more), None)

    def _fill(self) -> None:
        if self._is_filling:  # a job has ended while it was being begun: the loop below sees that
            return
        self._is_filling = True
        while not self._is_paused and self._under_way < self._room and not self.running.is_disposed:
            try:
                job = self._next_job()
                if job is None:
                    break
                stream = as_stream(self._run(job.value))
            except Exception as error:  # noqa: BLE001 - somebody else's code
                self.running.dispose()  # nothing is begun after it
                self.observer.on_error(error)
                return
            self._begin(job, stream)
        self._is_filling = False
        if self._has_all and not (self._under_way or self._waiting or self._is_paused):
            self.observer.on_completed()

    def _begin(self, job: _Job, stream: Stream[Any]) -> None:
        self._under_way += 1
        worker = _Worker(self, job, self._clock.now)
        self.running.add(worker.subscription)
        worker.subscription.disposable = stream.subscribe(worker, scheduler=self._scheduler)

    # What workers tell

    def answered(self, worker: _Worker) -> None:
        """The first item of a job has come."""
        if (self._clock.now - worker.begun).total_seconds() > self._target:
            self._halve(worker)
            return
        self._in_time += 1
        if self._in_time >= self._room:
            self._resize(self._room + 1)
            self._fill()

    def put_back(self, worker: _Worker, seconds: float | None) -> None:
        """The provider wants a job later."""
        self._halve(worker)
        self._waiting.appendleft(worker.job._replace(attempt=worker.job.attempt + 1))
        self._is_paused = True
        wait = PAUSE * 2 ** (worker.job.attempt - 1) if seconds is None else seconds
        self.running.add(self._clock.schedule_relative(wait, self._resume))
        self.ended(worker)

    def ended(self, worker: _Worker) -> None:
        self._under_way -= 1
        self.running.remove(worker.subscription)
        self._fill()

    def _halve(self, worker: _Worker) -> None:
        if worker.begun >= self._halved_at:  # those that began before belong to the congestion that is dealt with
            self._resize(self._room // 2)
            self._halved_at = self._clock.now

    def _resize(self, room: int) -> None:
        self._room = max(1, min(room, self._most))
        self._in_time = 0

    def _resume(self, *_: object) -> None:
        self._is_paused = False
        self._fill()


class _Worker(abc.ObserverBase[Any]):
    """One job under way."""

    def __init__(self, pool: _Pool, job: _Job, begun: datetime) -> None:
        self.subscription = SingleAssignmentDisposable()
        self.job = job
        self.begun = begun
        self._pool = pool
        self._has_answered = False

    def on_next(self, value: Any) -> None:
        if not self._has_answered:
            self._has_answered = True
            self._pool.answered(self)
        self._pool.observer.on_next(value)

    def on_error(self, error: Exception) -> None:
        if isinstance(error, RateLimitError) and not self._has_answered and self.job.attempt < ATTEMPTS:
            self._pool.put_back(self, error.retry_after)
        else:
            self._pool.observer.on_error(error)

    def on_completed(self) -> None:
        self._pool.ended(self)
