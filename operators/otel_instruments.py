"""The instruments that measure model calls for OpenTelemetry; not public."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from rillm.operators.otel_names import SECONDS, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.context import Context
    from opentelemetry.metrics import Histogram, MeterProvider

    from rillm.operators.otel_names import Count, Generation, TokenMetric
    from rillm.operators.stopwatch import Stopwatch

    Points = Mapping[str, Any]

SCOPE: Final = "rillm"
UNIT: Final = "{token}"
COUNTED: Final = "Tokens that were used."


class Instruments:
    """Those of one meter provider, by the names of one generation."""

    def __init__(self, provider: MeterProvider, generation: Generation) -> None:
        self._meter = provider.get_meter(*scope())
        self._duration = self._seconds(generation.duration, "How long a call took.")
        self._first_chunk = self._seconds(generation.first_chunk, "The time to the first chunk.")
        self._first_token = self._seconds(generation.first_token, "The time to the first text, reasoning or tool call.")
        self.per_chunk = self._seconds(generation.per_chunk, "The time from a chunk to the next.")
        adders = {row.name: self._adder(row) for row in generation.tokens}
        self._tokens = [(row, adders[row.name]) for row in generation.tokens]

    def _seconds(self, name: str, description: str) -> Histogram:
        return self._meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=SECONDS)

    def _adder(self, row: TokenMetric) -> Callable[[int, Points, Context], None]:
        if row.is_counter:
            return self._meter.create_counter(row.name, UNIT, COUNTED).add
        return self._meter.create_histogram(row.name, UNIT, COUNTED, explicit_bucket_boundaries_advisory=TOKENS).record

    def ended(self, meter: Stopwatch, points: Points, error: Points, context: Context) -> None:
        """A call is over; `error` are the attributes of its error."""
        self._duration.record(meter.total, {**points, **error}, context)
        if meter.first_chunk is not None:
            self._first_chunk.record(meter.first_chunk, points, context)
        if meter.first_token is not None:
            self._first_token.record(meter.first_token, points, context)

    def used(self, counts: Mapping[Count, int], points: Points, context: Context) -> None:
        """Tokens were."""
        for row, add in self._tokens:
            if row.count in counts:
                add(counts[row.count], {**points, **dict(row.attributes)}, context)


@lru_cache(maxsize=8)
def instruments(provider: MeterProvider, generation: Generation) -> Instruments:
    """The same ones each time: a provider that waits for its SDK keeps all that it is asked for."""
    return Instruments(provider, generation)


@cache
def scope() -> tuple[str, str]:
    """Who measures: this library, and its version."""
    return SCOPE, version(SCOPE)
