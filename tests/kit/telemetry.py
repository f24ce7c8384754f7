"""An OpenTelemetry of a test's own, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
    from opentelemetry.trace import Tracer

# Attributes; what was counted, or how often and how much was measured; the bounds of buckets.
Point: TypeAlias = tuple[dict[str, Any], Any, tuple[float, ...]]


class Collected:
    """What has been exported; `tap` are the arguments of `otel_tap` for it."""

    def __init__(self, *processors: SpanProcessor) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self._tracers = TracerProvider(shutdown_on_exit=False)
        for processor in (SimpleSpanProcessor(self._exporter), *processors):
            self._tracers.add_span_processor(processor)
        self._meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.tap: dict[str, Any] = {"tracer_provider": self._tracers, "meter_provider": self._meters}

    @property
    def tracer(self) -> Tracer:
        return self._tracers.get_tracer("test")

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    @property
    def span(self) -> ReadableSpan:
        (span,) = self.spans
        return span

    def points(self) -> dict[str, list[Point]]:
        """Of each metric its points."""
        data = self._reader.get_metrics_data()
        found: dict[str, list[Point]] = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found[metric.name] = [shown(point) for point in metric.data.data_points]
        return found


def attributes(span: ReadableSpan | Span) -> Mapping[str, Any]:
    return span.attributes or {}


def shown(point: Any) -> Point:
    told = dict(point.attributes or {})
    if isinstance(point, HistogramDataPoint):
        return told, (point.count, point.sum), tuple(point.explicit_bounds)
    return told, point.value, ()
