"""`otel_tap`: a span and metrics for each stream, by OpenTelemetry's conventions for model calls."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rillm.operators import otel_names as names
from rillm.streams.extras import from_extra
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.operators.otel_names import Generation
    from rillm.streams.chunk import ModelResponseStream


def otel_tap(  # noqa: PLR0913 - by keyword only
    request: Mapping[str, Any] | None = None,
    *,
    attributes: Mapping[str, Any] | None = None,
    content: bool | None = None,
    estimates: bool = False,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Trace and measure each subscription as one model call, with OpenTelemetry (`pip install 'rillm[otel]'`).

        -a-b-c-|
        [ otel_tap() ]
        -a-b-c-|
               span "chat gpt-4o-mini", 7 s

    The span is a child of what is current at the subscription. It is current itself while the source is subscribed to,
    its request sent and tried again, so that the spans of an instrumented HTTP client are children of it; it never is
    in the consumer's code. It ends with the response, with an error (status, `error.type`), or when the consumer
    leaves (`rillm.cancelled`; that is no error).

    What is told: provider, model, server, id, finish reasons and tokens; times to the first chunk, which may be empty,
    and to the first token, by a name of our own; as metrics these, the duration, and the time per chunk. Times do not
    count what the consumer does, see `rillm.latency`. Tokens are told where the provider reported them.

    Names are those of semantic conventions 1.41; with `gen_ai_latest_experimental` in the environment variable
    `OTEL_SEMCONV_STABILITY_OPT_IN`, the latest. A stream tells who answers with its first chunk: a sampler that has to
    know at the start is told by `request` and `attributes`.

    What fails in OpenTelemetry is reported to loguru and changes nothing.

    Args:
        request: the arguments of the call, by their names: `model`, `temperature`, `max_tokens`, `messages`, …
        attributes: further ones of the span; they win.
        content: whether the span has the messages, of `request` and of the model. None: as the environment variable
            `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says, which is "no" without it.
        estimates: whether to tell tokens that were counted here (and `rillm.usage.estimated`) where the provider
            reported none.
        tracer_provider, meter_provider: instead of the global ones.

    Errors: `MissingExtraError`, at once, without the package.

    >>> import rillm
    >>> from opentelemetry.sdk.trace import TracerProvider
    >>> from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    >>> from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    >>> exporter, provider = InMemorySpanExporter(), TracerProvider()
    >>> provider.add_span_processor(SimpleSpanProcessor(exporter))
    >>> call = {"model": "mock/gpt-4o-mini", "mock_response": "Hello", "temperature": 0.5}
    >>> for chunk in rillm.stream(**call).pipe(rillm.otel_tap(call, tracer_provider=provider)):
    ...     pass
    >>> [(span.name, span.attributes["gen_ai.request.temperature"]) for span in exporter.get_finished_spans()]
    [('chat gpt-4o-mini', 0.5)]
    """
    from_extra("otel", "opentelemetry.trace")
    from rillm.operators.otel_call import OtelCall, Telemetry  # noqa: PLC0415 - it needs the extra

    telemetry = Telemetry(
        generation(),
        request or {},
        attributes or {},
        captures_content() if content is None else content,
        estimates,
        tracer_provider,
        meter_provider,
    )

    def traced(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            return OtelCall(telemetry, observer, scheduler).subscribe(source)

        return Stream(subscribe)

    return traced


def generation() -> Generation:
    """The names that the environment asks for."""
    asked = {name.strip() for name in os.environ.get(names.OPT_IN, "").split(",")}
    return names.NEWER if names.LATEST in asked else names.OLDER


def captures_content() -> bool:
    """What the environment says."""
    return os.environ.get(names.CAPTURE_CONTENT, "").strip().lower() in names.ON_SPANS
