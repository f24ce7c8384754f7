"""One subscription of `otel_tap`: its span, its metrics, and what is current when; not public."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opentelemetry import context as contexts
from opentelemetry import metrics, trace
from reactivex import abc

from rillm.operators import otel_attributes
from rillm.operators import otel_names as names
from rillm.operators.otel_instruments import instruments, scope
from rillm.operators.otel_messages import input_messages, output_messages
from rillm.operators.stopwatch import Stopwatch
from rillm.operators.tap_end import isolated, report_failure, tap_end
from rillm.streams.clock import Clock
from rillm.streams.redaction import message_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider
    from reactivex import Observable

    from rillm.operators.otel_instruments import Instruments
    from rillm.operators.otel_names import Count, Generation
    from rillm.operators.tap_end import Ending
    from rillm.streams.chunk import ModelResponseStream


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What the subscriptions of one `otel_tap` share: its arguments, and the names to use."""

    generation: Generation
    request: Mapping[str, Any]
    attributes: Mapping[str, Any]
    content: bool
    estimates: bool
    tracer_provider: TracerProvider | None
    meter_provider: MeterProvider | None


class OtelCall(abc.ObserverBase["ModelResponseStream"]):
    """Whatever of this fails in OpenTelemetry, the chunks go on."""

    def __init__(
        self,
        telemetry: Telemetry,
        observer: abc.ObserverBase[ModelResponseStream],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self._telemetry = telemetry
        self._observer = observer
        self._scheduler = scheduler
        self._clock = Clock(scheduler)
        self._meter = Stopwatch(self._clock)
        self._start: dict[str, Any] = {}
        self._instruments: Instruments | None = None
        self._span: Span | None = None
        self._outside: Context | None = None
        self._inside: Context | None = None
        self._is_subscribing = False
        self._points: dict[str, Any] | None = None
        self._at = 0.0
        self._is_well = True

    def subscribe(self, source: Observable[ModelResponseStream]) -> abc.DisposableBase:
        self._is_well = isolated(self._begin)
        ended = source.pipe(tap_end(self._end))
        on_next = self._meter.measured(self.on_next)
        with current(self._inside):
            self._is_subscribing = True
            try:
                return ended.subscribe(on_next, self.on_error, self.on_completed, scheduler=self._scheduler)
            finally:
                self._is_subscribing = False

    def _begin(self) -> None:
        telemetry = self._telemetry
        self._start = {
            names.OPERATION: "chat",
            names.STREAM: True,
            **otel_attributes.of_request(telemetry.request),
            **telemetry.attributes,
        }
        self._instruments = instruments(telemetry.meter_provider or metrics.get_meter_provider(), telemetry.generation)
        self._outside = contexts.get_current()
        self._span = trace.get_tracer(*scope(), telemetry.tracer_provider).start_span(
            name_of(self._start), self._outside, trace.SpanKind.CLIENT, self._start
        )
        self._inside = trace.set_span_in_context(self._span, self._outside)

    # What the source says goes on outside: who subscribes to something else then is not a child of this call.

    def on_next(self, value: ModelResponseStream) -> None:
        if self._is_well:
            try:  # by `isolated` it would cost twice as much
                self._note_chunk()
            except Exception:  # noqa: BLE001 - as there
                self._is_well = False
                report_failure()
        if self._is_subscribing:
            with current(self._outside):
                self._observer.on_next(value)
        else:
            self._observer.on_next(value)

    def on_error(self, error: Exception) -> None:
        with current(self._outside):
            self._observer.on_error(error)

    def on_completed(self) -> None:
        with current(self._outside):
            self._observer.on_completed()

    def _note_chunk(self) -> None:
        waited = self._clock.waited()
        if self._points is None:
            self._points = points_of(self._attributes())
        elif self._instruments is not None:
            self._instruments.per_chunk.record(waited - self._at, self._points, self._inside)
        self._at = waited

    def _attributes(self, error: Exception | None = None, **answer: Any) -> dict[str, Any]:
        """What is known of the call; the user's word is the last."""
        of_call = otel_attributes.of_call(self._meter.hidden, self._meter.model, error)
        return {**self._start, **of_call, **answer, **self._telemetry.attributes}

    def _end(self, ending: Ending) -> None:
        try:
            self._tell(ending)
        finally:
            if self._span is not None:
                self._span.end()

    def _tell(self, ending: Ending) -> None:
        telemetry, usage = self._telemetry, ending.came.usage
        is_estimate = usage is None and telemetry.estimates and ending.response is not None
        marked = {names.ESTIMATED: True} if is_estimate else {}
        counts = otel_attributes.counts_of(self._meter.estimate() if is_estimate else usage)
        answer = otel_attributes.of_answer(ending, self._meter, telemetry.generation, counts)
        attributes = self._attributes(ending.error, **answer, **marked)
        isolated(self._measure, attributes, counts, marked)
        if self._span is not None:
            self._show(self._span, attributes, ending)

    def _measure(self, attributes: dict[str, Any], counts: Mapping[Count, int], marked: dict[str, Any]) -> None:
        if self._instruments is not None and self._inside is not None:
            points = points_of(attributes)
            error = {name: attributes[name] for name in (names.ERROR_TYPE,) if name in attributes}
            self._instruments.ended(self._meter, points, error, self._inside)
            self._instruments.used(counts, {**points, **marked}, self._inside)

    def _show(self, span: Span, attributes: dict[str, Any], ending: Ending) -> None:
        span.update_name(name_of(attributes))
        span.set_attributes(attributes)
        if self._telemetry.content and span.is_recording():
            span.set_attributes(self._content(ending))
        if ending.error is not None:
            span.set_status(trace.Status(trace.StatusCode.ERROR, message_of(ending.error)))

    def _content(self, ending: Ending) -> dict[str, str]:
        asked, response = self._telemetry.request.get("messages"), ending.response
        with_reasons = not self._telemetry.generation.reports_missing_reasons
        return {
            **({names.INPUT_MESSAGES: input_messages(asked)} if asked else {}),
            **({names.OUTPUT_MESSAGES: output_messages(response, with_reasons=with_reasons)} if response else {}),
        }


@contextmanager
def current(context: Context | None) -> Generator[None]:
    """Make `context` the current one; None for no change."""
    if context is None:
        yield
        return
    token = contexts.attach(context)
    try:
        yield
    finally:
        contexts.detach(token)


def name_of(attributes: Mapping[str, Any]) -> str:
    """The name of a span: what is done, and the model that does it."""
    return " ".join(str(attributes[name]) for name in (names.OPERATION, names.REQUEST_MODEL) if name in attributes)


def points_of(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a metric."""
    return {name: attributes[name] for name in names.OF_METRICS if name in attributes}
