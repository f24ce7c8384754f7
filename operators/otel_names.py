"""The names that OpenTelemetry has for model calls, in two generations; not public.

Both are in development. The older one is that of semantic conventions 1.41, the last before those for models moved
(https://opentelemetry.io/docs/specs/semconv/gen-ai/); the newer one is that of their own repository
(https://github.com/open-telemetry/semantic-conventions-genai), whose migration guide has the differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

OPT_IN: Final = "OTEL_SEMCONV_STABILITY_OPT_IN"  # a list with commas between
LATEST: Final = "gen_ai_latest_experimental"
CAPTURE_CONTENT: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
ON_SPANS: Final = frozenset({"true", "1", "span_only", "span_and_event"})

SECONDS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS: Final = tuple(4**power for power in range(14))


class Count(Enum):
    """What kinds of tokens there are; those below the first two are parts of them."""

    INPUT = auto()
    OUTPUT = auto()
    CACHE_READ = auto()
    CACHE_WRITE = auto()
    REASONING = auto()


@dataclass(frozen=True, slots=True)
class TokenMetric:
    """A metric of tokens, and the attributes that its points have beside those of all."""

    name: str
    count: Count
    attributes: tuple[tuple[str, str], ...] = ()
    is_counter: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """The names in which the generations differ. `first_token` is in neither: it is our own, named after its sisters.

    Attributes:
        duration, first_chunk, per_chunk, first_token: histograms of seconds.
        tokens: metrics of tokens.
        usage: attributes of spans.
        reports_missing_reasons: whether a choice without a finish_reason is reported as "error".
    """

    duration: str
    first_chunk: str
    per_chunk: str
    first_token: str
    tokens: tuple[TokenMetric, ...]
    usage: dict[Count, str]
    reports_missing_reasons: bool


USAGE: Final = {
    Count.INPUT: "gen_ai.usage.input_tokens",
    Count.OUTPUT: "gen_ai.usage.output_tokens",
    Count.CACHE_READ: "gen_ai.usage.cache_read.input_tokens",
    Count.CACHE_WRITE: "gen_ai.usage.cache_creation.input_tokens",
    Count.REASONING: "gen_ai.usage.reasoning.output_tokens",
}
OLDER: Final = Generation(
    duration="gen_ai.client.operation.duration",
    first_chunk="gen_ai.client.operation.time_to_first_chunk",
    per_chunk="gen_ai.client.operation.time_per_output_chunk",
    first_token="gen_ai.client.operation.time_to_first_token",  # noqa: S106 - no password
    tokens=(
        TokenMetric("gen_ai.client.token.usage", Count.INPUT, (("gen_ai.token.type", "input"),)),
        TokenMetric("gen_ai.client.token.usage", Count.OUTPUT, (("gen_ai.token.type", "output"),)),
    ),
    usage=USAGE,
    reports_missing_reasons=False,
)
MODALITY: Final = (("gen_ai.token.modality", "unknown"),)
NEWER: Final = Generation(
    duration="gen_ai.client.inference.duration",
    first_chunk="gen_ai.client.inference.time_to_first_chunk",
    per_chunk="gen_ai.client.inference.time_per_output_chunk",
    first_token="gen_ai.client.inference.time_to_first_token",  # noqa: S106 - as above
    tokens=(
        *(
            TokenMetric(f"gen_ai.client.inference.usage.{name}", count, MODALITY, is_counter=True)
            for name, count in {
                "input_tokens": Count.INPUT,
                "output_tokens": Count.OUTPUT,
                "cache_read.input_tokens": Count.CACHE_READ,
                "cache_write.input_tokens": Count.CACHE_WRITE,
                "reasoning.output_tokens": Count.REASONING,
            }.items()
        ),
        TokenMetric("gen_ai.client.inference.operation.input_tokens", Count.INPUT),
        TokenMetric("gen_ai.client.inference.operation.output_tokens", Count.OUTPUT),
    ),
    usage={**USAGE, Count.CACHE_WRITE: "gen_ai.usage.cache_write.input_tokens"},
    reports_missing_reasons=True,
)

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
FIRST_TOKEN: Final = "gen_ai.response.time_to_first_token"  # noqa: S105 - no convention has it; Sentry reads it
STREAM: Final = "gen_ai.request.stream"
OUTPUT_TYPE: Final = "gen_ai.output.type"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
ADDRESS: Final = "server.address"
PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"
CANCELLED: Final = "rillm.cancelled"
ESTIMATED: Final = "rillm.usage.estimated"

# By OpenAI's names for parameters.
REQUEST: Final = {
    "model": REQUEST_MODEL,
    "max_tokens": "gen_ai.request.max_tokens",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "seed": "gen_ai.request.seed",
    "reasoning_effort": "gen_ai.request.reasoning.level",
}
STOP: Final = "gen_ai.request.stop_sequences"
CHOICE_COUNT: Final = "gen_ai.request.choice.count"
# Providers that have another name there; all others keep theirs.
PROVIDERS: Final = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "codestral": "mistral_ai",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "text-completion-openai": "openai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx_text": "ibm.watsonx.ai",
    "xai": "x_ai",
}
# What tells the points of a metric apart.
OF_METRICS: Final = (OPERATION, PROVIDER, REQUEST_MODEL, RESPONSE_MODEL, ADDRESS, PORT)
