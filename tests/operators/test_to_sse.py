"""`to_sse`: what is written of an answer, frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from loguru import logger
from reactivex import operators as ops
from reactivex.scheduler import NewThreadScheduler
from reactivex.subject import Subject

import rillm
from rillm.streams.json_values import is_object
from rillm.streams.stream import from_source
from rillm.testing import chunk
from tests.kit.frames import ANSWER, FORMATS, PINGS, datas, played
from tests.kit.leaks import wait_until
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

every_format = pytest.mark.parametrize("format_", FORMATS)
KEY = "sk-proj-abc123def456"


def frames_of(format_: Any, *chunks: rillm.ModelResponseStream, **options: Any) -> list[Any]:
    return datas([*rillm.of(*chunks).pipe(rillm.to_sse(format_, **options))])


def test_openai() -> None:
    head = {"id": "chatcmpl-test", "created": 1, "model": "test", "object": "chat.completion.chunk"}
    *chunks, usage, end = frames_of("openai", *ANSWER)
    assert all({name: one[name] for name in head} == head for one in chunks)
    thoughts, texts = chunks[:2], chunks[2:]
    assert [one["choices"] for one in texts] == [[one.choices[0].model_dump(exclude_none=True)] for one in ANSWER[2:-1]]
    assert [one["choices"][0]["delta"] for one in thoughts] == [
        {
            "role": "assistant",
            "reasoning_content": "Hm",
            "thinking_blocks": [{"type": "thinking", "thinking": "Hm", "index": 0}],
        },
        {"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "sig", "index": 0}]},
    ]
    assert (usage["choices"], usage["usage"]["completion_tokens"]) == ([], 3)
    assert end == "[DONE]"


def test_openai_has_blocks_of_thinking_numbered() -> None:
    """Its SDK puts lists together by the index, as those of calls."""
    signed, secret = {"type": "thinking", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}
    blocks = [[signed], [secret, {"type": "thinking", "thinking": "a"}], [signed]]
    chunks = [chunk(delta={"thinking_blocks": some}) for some in blocks]
    frames = frames_of("openai", *chunks, rillm.retraction(chunks[0]), chunks[0])
    told = [one["choices"][0]["delta"].get("thinking_blocks", []) for one in frames[:5]]
    assert [[block["index"] for block in some] for some in told] == [[0], [1, 2], [2], [], [0]]


def test_openai_leaves_nulls_out() -> None:
    (said, *_) = rillm.of(chunk("Hi")).pipe(rillm.to_sse())
    assert b"null" not in said


def test_anthropic() -> None:
    start, *blocks, delta, stop = frames_of("anthropic", *ANSWER)
    message = start["message"]
    assert (message["id"], message["model"], message["role"]) == ("chatcmpl-test", "test", "assistant")
    assert (message["content"], message["stop_reason"]) == ([], None)
    assert [
        (one["type"].removeprefix("content_block_"), one["index"], one.get("content_block") or one.get("delta"))
        for one in blocks
    ] == [
        ("start", 0, {"type": "thinking", "thinking": "", "signature": ""}),
        ("delta", 0, {"type": "thinking_delta", "thinking": "Hm"}),
        ("delta", 0, {"type": "signature_delta", "signature": "sig"}),
        ("stop", 0, None),
        ("start", 1, {"type": "text", "text": ""}),
        ("delta", 1, {"type": "text_delta", "text": "Hel"}),
        ("delta", 1, {"type": "text_delta", "text": "lo ü\u2028\n"}),
        ("stop", 1, None),
        ("start", 2, {"type": "tool_use", "id": "c1", "name": "add", "input": {}}),
        ("delta", 2, {"type": "input_json_delta", "partial_json": '{"x":'}),
        ("delta", 2, {"type": "input_json_delta", "partial_json": " 1}"}),
        ("stop", 2, None),
        ("start", 3, {"type": "tool_use", "id": "c2", "name": "now", "input": {}}),
        ("stop", 3, None),
    ]
    assert delta["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}
    assert delta["usage"] == {"input_tokens": 5, "output_tokens": 3, "cache_read_input_tokens": 2}
    assert stop == {"type": "message_stop"}


def test_ai_sdk() -> None:
    usage = {
        "inputTokens": 7,
        "outputTokens": 3,
        "totalTokens": 10,
        "inputTokenDetails": {"cacheReadTokens": 2},
        "outputTokenDetails": {},
    }
    assert frames_of("ai-sdk", *ANSWER) == [
        {"type": "start", "messageId": "chatcmpl-test", "messageMetadata": {"model": "test"}},
        {"type": "start-step"},
        {"type": "reasoning-start", "id": "0"},
        {"type": "reasoning-delta", "id": "0", "delta": "Hm"},
        {
            "type": "reasoning-delta",
            "id": "0",
            "delta": "",
            "providerMetadata": {"anthropic": {"signature": "sig"}},
        },
        {"type": "reasoning-end", "id": "0"},
        {"type": "text-start", "id": "1"},
        {"type": "text-delta", "id": "1", "delta": "Hel"},
        {"type": "text-delta", "id": "1", "delta": "lo ü\u2028\n"},
        {"type": "text-end", "id": "1"},
        {"type": "tool-input-start", "toolCallId": "c1", "toolName": "add"},
        {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": '{"x":'},
        {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": " 1}"},
        {"type": "tool-input-available", "toolCallId": "c1", "toolName": "add", "input": {"x": 1}},
        {"type": "tool-input-start", "toolCallId": "c2", "toolName": "now"},
        {"type": "tool-input-available", "toolCallId": "c2", "toolName": "now", "input": {}},
        {"type": "finish-step"},
        {"type": "finish", "finishReason": "tool-calls", "messageMetadata": {"usage": usage}},
        "[DONE]",
    ]


def test_a_signature_ends_a_block() -> None:
    blocks = [{"type": "thinking", "thinking": text, "signature": text} for text in "ab"]
    frames = frames_of("anthropic", chunk(delta={"reasoning_content": "ab", "thinking_blocks": blocks}))
    told = [(one["index"], one["delta"]) for one in frames if one["type"] == "content_block_delta"]
    assert told == [
        (0, {"type": "thinking_delta", "thinking": "a"}),
        (0, {"type": "signature_delta", "signature": "a"}),
        (1, {"type": "thinking_delta", "thinking": "b"}),
        (1, {"type": "signature_delta", "signature": "b"}),
    ]


@pytest.mark.parametrize(
    ("reason", "native", "anthropic", "ai_sdk"),
    [
        ("stop", None, "end_turn", "stop"),
        ("stop", "stop_sequence", "stop_sequence", "stop"),
        ("stop", "pause_turn", "pause_turn", "stop"),
        ("stop", "STOP", "end_turn", "stop"),
        ("length", None, "max_tokens", "length"),
        ("length", "model_context_window_exceeded", "model_context_window_exceeded", "length"),
        ("tool_calls", "stop_sequence", "tool_use", "tool-calls"),
        ("function_call", None, "tool_use", "tool-calls"),
        ("content_filter", None, "refusal", "content-filter"),
        ("bored", None, "bored", "other"),
    ],
)
def test_finish_reasons(reason: str, native: str | None, anthropic: str, ai_sdk: str) -> None:
    fields = {"native_finish_reason": native, "stop_sequence": "\n"} if native else None
    chunks = [chunk("Hi"), chunk(finish=reason, delta={"provider_specific_fields": fields})]
    delta = next(one["delta"] for one in frames_of("anthropic", *chunks) if one["type"] == "message_delta")
    assert delta == {"stop_reason": anthropic, "stop_sequence": "\n" if native else None}
    assert frames_of("ai-sdk", *chunks)[-2]["finishReason"] == ai_sdk


CALL = chunk(tool_calls=[{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}])


@pytest.mark.parametrize(
    ("chunks", "ends"),
    [
        ([], ("=stop", "end_turn", "stop")),
        ([chunk("Hi")], ("=stop", "end_turn", "stop")),
        ([CALL], ("=stop", "tool_use", "tool-calls")),
        ([CALL, chunk(finish="stop")], ("=stop", "tool_use", "stop")),
    ],
)
def test_every_answer_has_its_end(chunks: list[rillm.ModelResponseStream], ends: tuple[str, str, str]) -> None:
    """Also one that an operator has ended, and one that says nothing."""
    openai, anthropic, ai_sdk = (frames_of(name, *chunks) for name in FORMATS)
    assert [f"={one['finish_reason']}" for one in openai[-2]["choices"]] == [ends[0]]
    assert anthropic[0]["type"] == "message_start"
    assert [anthropic[-2]["delta"]["stop_reason"], anthropic[-1]["type"]] == [ends[1], "message_stop"]
    assert ai_sdk[0]["type"] == "start"
    assert [ai_sdk[-2]["finishReason"], ai_sdk[-1]] == [ends[2], "[DONE]"]


def test_choices_of_openai_are_finished_each() -> None:
    both_ = [chunk("a"), chunk("b", index=1), chunk(finish="length"), chunk(usage={"prompt_tokens": 1})]
    *_, last, end = frames_of("openai", *both_)
    assert [(one["index"], one["finish_reason"]) for one in last["choices"]] == [(1, "stop")]
    assert end == "[DONE]"


# Usage

COUNTS: dict[str, Any] = {"prompt_tokens": 7, "completion_tokens": 3}


def with_hidden_usage() -> list[rillm.ModelResponseStream]:
    chunks = [chunk("Hi"), chunk(finish="stop")]
    for one in chunks:
        one.hidden_params["usage"] = rillm.Usage(**COUNTS)
    return chunks


def test_a_usage_that_the_stream_has_not_shown_is_told() -> None:
    *_, usage, _end = frames_of("openai", *with_hidden_usage())
    assert usage["usage"]["total_tokens"] == 10
    assert usage["choices"] == [{"index": 0, "delta": {}}]  # who has not asked for it may read `choices[0]`
    assert frames_of("anthropic", *with_hidden_usage())[-2]["usage"] == {"input_tokens": 7, "output_tokens": 3}
    assert frames_of("ai-sdk", *with_hidden_usage())[-2]["messageMetadata"]["usage"]["totalTokens"] == 10


def test_usage_is_told_once() -> None:
    chunks = [*with_hidden_usage(), chunk(usage=COUNTS)]
    chunks[-1].hidden_params.update(chunks[0].hidden_params)
    assert sum("usage" in one for one in frames_of("openai", *chunks)[:-1]) == 1
    together = [chunk("Hi"), chunk(finish="stop", usage=COUNTS)]
    assert frames_of("openai", *together)[1]["choices"][0]["finish_reason"] == "stop"


def test_a_usage_that_nobody_reported_is_an_estimate_for_anthropic_alone() -> None:
    chunks = [chunk("Hello there"), chunk(finish="stop")]
    assert frames_of("anthropic", *chunks)[-2]["usage"] == {"input_tokens": 0, "output_tokens": 3, "estimated": True}
    assert not any("usage" in one for one in frames_of("openai", *chunks)[:-1])
    assert "messageMetadata" not in frames_of("ai-sdk", *chunks)[-2]


# Errors


@pytest.mark.parametrize(
    ("format_", "marbles"),
    [
        ("openai", "-Hi--(error,[DONE],|)"),
        ("anthropic", "-(message_start,content_block_start,content_block_delta)(error,|)"),
        ("ai-sdk", "-(start,start-step,text-start,text-delta)(error,[DONE],|)"),
    ],
)
def test_an_error_in_the_middle_is_a_frame(format_: Any, marbles: str) -> None:
    came = played(rillm.to_sse(format_), "-Hi--X", error=rillm.RateLimitError("Later."))
    assert (came.marbles, came.error, came.source) == (marbles, None, "^----!")
    assert came.events[-1].tick == 5


@every_format
@pytest.mark.parametrize("error", [rillm.RateLimitError("Later."), ValueError("Oh.")])
def test_an_error_before_the_first_frame_passes(format_: Any, error: Exception) -> None:
    assert played(rillm.to_sse(format_), "--X", error=error).error is error


SLOW_DOWN = rillm.RateLimitError(f"Slow down, {KEY}.", body={"code": "rate_limit_exceeded", "type": "tokens"})


@pytest.mark.parametrize(
    ("error", "openai", "anthropic"),
    [
        (SLOW_DOWN, {"type": "tokens", "param": None, "code": "rate_limit_exceeded"}, "rate_limit_error"),
        (rillm.Timeout("Late."), {"type": "timeout_error", "param": None, "code": "408"}, "timeout_error"),
        (rillm.ServiceUnavailableError("Busy."), {"type": "overloaded_error", "code": "503"}, "overloaded_error"),
        (rillm.BadRequestError("No."), {"type": "invalid_request_error", "code": "400"}, "invalid_request_error"),
        (rillm.StreamTruncatedError("Cut."), {"type": "api_error", "code": "500"}, "api_error"),
        (ValueError(f"no such key: {KEY}"), {"type": "api_error", "code": "500"}, "api_error"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_error_of_each_format(error: Exception, openai: dict[str, Any], anthropic: str) -> None:
    def failing(format_: Any) -> list[Any]:
        stream = rillm.as_stream(rillm.concat(rillm.of(chunk("Hi")), reactivex.throw(error)))
        return datas([*stream.pipe(rillm.to_sse(format_))])

    words = "Slow down, ***." if error is SLOW_DOWN else getattr(error, "message", "Internal server error.")
    told = failing("openai")
    assert told[-1] == "[DONE]"
    assert told[-2]["error"] == {"param": None, **openai, "message": words}
    assert failing("anthropic")[-1] == {"type": "error", "error": {"type": anthropic, "message": words}}
    assert failing("ai-sdk")[-2:] == [{"type": "error", "errorText": words}, "[DONE]"]


def test_an_error_that_is_not_ours_goes_to_loguru() -> None:
    said: list[str] = []
    sink = logger.add(said.append, format="{message}")
    try:
        played(rillm.to_sse(), "-Hi-X", error=ValueError("a detail"))
    finally:
        logger.remove(sink)
    assert ["ValueError: a detail" in one for one in said] == [True]


@every_format
@pytest.mark.parametrize(("marbles", "passes"), [("-bad-Hi-|", True), ("-Hi-bad-Hi-|", False)])
def test_what_cannot_be_written_is_an_error(format_: Any, marbles: str, passes: bool) -> None:  # noqa: FBT001 - a row
    came = played(rillm.to_sse(format_), marbles, values={"bad": chunk("\ud83d")})
    assert (came.error is not None) == passes
    assert came.source == f"^{'-' * (marbles.index('bad') - 1)}!"


@pytest.mark.parametrize("format_", ["anthropic", "ai-sdk"])
def test_these_have_one_choice(format_: Any) -> None:
    other = chunk("b", index=1)
    with pytest.raises(rillm.BadRequestError, match=r"one choice: take one with rillm\.choice"):
        frames_of(format_, other)
    assert "one choice" in str(frames_of(format_, chunk("a"), other)[-2:])
    assert frames_of(format_, *rillm.of(chunk("a"), other).pipe(rillm.choice(1)))[-1] in (
        "[DONE]",
        {"type": "message_stop"},
    )


def test_anthropic_has_no_custom_tools() -> None:
    call = chunk(tool_calls=[{"index": 0, "id": "c", "type": "custom", "custom": {"name": "code", "input": "x"}}])
    with pytest.raises(rillm.BadRequestError, match="no custom tools, such as 'code'"):
        frames_of("anthropic", call)


@pytest.mark.parametrize("heartbeat", [0, -1, float("nan"), float("inf")])
def test_wrong_heartbeats(heartbeat: float) -> None:
    with pytest.raises(rillm.BadRequestError, match="number of seconds above 0"):
        rillm.to_sse(heartbeat=heartbeat)


def test_wrong_formats() -> None:
    wrong: Any = "gemini"
    with pytest.raises(rillm.BadRequestError, match="openai, anthropic, ai-sdk, not 'gemini'"):
        rillm.to_sse(wrong)


# Calls


def fragment(index: int, arguments: str = "", name: str | None = None) -> rillm.ModelResponseStream:
    told = {"id": f"c{index}"} if name else {}
    return chunk(tool_calls=[{"index": index, **told, "function": {"name": name, "arguments": arguments}}])


@pytest.mark.parametrize(
    ("chunks", "blocks"),
    [
        # one after the other: each ends where the next begins
        ([fragment(0, "{}", "f"), fragment(1, "{}", "g")], "+0 0 -0 +1 1 -1"),
        ([fragment(0, "", "f"), fragment(0, "{}"), chunk("Hi")], "+0 0 -0 +1 1 -1"),
        # side by side: none is closed before it is whole
        (
            [fragment(0, "", "f"), fragment(1, "", "g"), fragment(1, "{"), fragment(0, "{}"), fragment(1, "}")],
            "+0 +1 1 0 1 -0 -1",
        ),
        # more than JSON behind the JSON says nothing
        ([fragment(0, "{}", "f"), chunk("Hi"), fragment(0, " \n")], "+0 0 -0 +1 1 -1"),
    ],
)
def test_calls(chunks: list[rillm.ModelResponseStream], blocks: str) -> None:
    signs = {"content_block_start": "+", "content_block_delta": "", "content_block_stop": "-"}
    frames = frames_of("anthropic", *chunks, chunk(finish="tool_calls"))
    assert " ".join(f"{signs[one['type']]}{one['index']}" for one in frames if one["type"] in signs) == blocks


@pytest.mark.parametrize("format_", ["anthropic", "ai-sdk"])
@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        ([fragment(0, "{}", "f"), chunk("Hi"), fragment(0, '{"x":1}')], "'f' went on after its end"),
        ([fragment(0, "", "ge"), fragment(0, "", "t_time")], "'get_time' came in pieces"),
    ],
)
def test_calls_that_were_told_wrong(format_: Any, chunks: list[rillm.ModelResponseStream], words: str) -> None:
    assert words in str(frames_of(format_, *chunks))


@pytest.mark.parametrize("arguments", ['{"x":', "never"])
def test_arguments_that_are_no_json_are_an_error_of_the_call(arguments: str) -> None:
    *_, told, _, _, _ = frames_of("ai-sdk", fragment(0, arguments, "f"), chunk(finish="length"))
    assert (told["type"], told["input"], "no JSON" in told["errorText"]) == ("tool-input-error", arguments, True)


IDS = ["0", "0", None, ""]


def test_ids_are_never_the_same_and_never_missing() -> None:
    calls = [{"index": index, "function": {"name": "f", "arguments": "{}"}, "id": id_} for index, id_ in enumerate(IDS)]
    for format_, key in (("anthropic", "content_block"), ("ai-sdk", "toolCallId")):
        told = [one[key] for one in frames_of(format_, chunk(tool_calls=calls)) if key in one]
        ids: set[Any] = {one["id"] if is_object(one) else one for one in told}
        assert len(ids) == len(IDS)
        assert all(ids)


# Retractions

TAKEN_BACK = rillm.retraction(chunk("x"))
BETTER = [chunk("Yes", id="2", model="wise"), chunk(finish="stop", id="2", model="wise")]


def test_a_retraction_goes_through_as_it_is_for_openai() -> None:
    frames = frames_of("openai", chunk("No"), TAKEN_BACK, *BETTER)
    assert frames[1]["provider_specific_fields"] == {"retracted": True}
    assert [one["id"] for one in frames[:-1]] == ["chatcmpl-test", "chatcmpl-test", "2", "2"]


def test_a_retraction_resets_the_step_of_the_ai_sdk() -> None:
    frames = frames_of("ai-sdk", chunk("No"), TAKEN_BACK, *BETTER)
    assert [one if isinstance(one, str) else one["type"] for one in frames] == [
        *("start", "start-step", "text-start", "text-delta", "reset-step"),
        *("message-metadata", "text-start", "text-delta", "text-end", "finish-step", "finish", "[DONE]"),
    ]
    assert frames[5]["messageMetadata"] == {"model": "wise"}


def test_anthropic_has_no_word_for_a_retraction() -> None:
    came = played(rillm.to_sse("anthropic"), "-No--back--Yes-|", values={"back": TAKEN_BACK})
    assert (came.source, came.error) == ("^----!", None)
    assert came.marbles.endswith("(error,|)")


@pytest.mark.parametrize("format_", ["anthropic", "ai-sdk"])
def test_where_nothing_was_said_there_is_nothing_to_take_back(format_: Any) -> None:
    frames = frames_of(format_, chunk(delta={"role": "assistant"}), TAKEN_BACK, *BETTER)
    assert not {"error", "reset-step"} & {one["type"] for one in frames if isinstance(one, dict)}


# Silence


@pytest.mark.parametrize(
    ("marbles", "outgoing"),
    [
        ("------------------Hi-=stop-|", "----------ping----Hi-=stop-([DONE],|)"),
        ("-Hi---------------=stop-|", "-Hi--------ping---=stop-([DONE],|)"),
        ("-Hi------Hi-----=stop-|", "-Hi------Hi-----=stop-([DONE],|)"),
    ],
)
def test_a_silence_is_broken(marbles: str, outgoing: str) -> None:
    assert played(rillm.to_sse(heartbeat=10), marbles).marbles == outgoing
    assert "ping" not in played(rillm.to_sse(), marbles).marbles


@every_format
def test_pings_come_in_time(format_: Any) -> None:
    came = played(rillm.to_sse(format_, heartbeat=3), "-------Hi--------X", error=rillm.Timeout("Late."))
    pings = [event.tick for event in came.events if event.item == PINGS[format_]]
    assert pings == [3, 6, 10, 13, 16]
    assert came.error is None


@every_format
def test_after_a_ping_an_error_is_a_frame(format_: Any) -> None:
    came = played(rillm.to_sse(format_, heartbeat=3), "-----X", error=rillm.Timeout("Late."))
    assert came.error is None
    assert "error" in came.marbles


def test_nothing_comes_after_the_end_or_for_who_has_left() -> None:
    assert played(rillm.to_sse(heartbeat=3), "-Hi|").events[-1].tick == 3
    left = played(rillm.to_sse(heartbeat=3), "-Hi---------------|", leave=8)
    assert (left.source, [event.tick for event in left.events]) == ("^-------!", [1, 4, 7])


def test_timers_of_other_threads() -> None:
    source: Subject[rillm.ModelResponseStream] = Subject()
    came: list[bytes] = []
    stream = rillm.as_stream(source).pipe(rillm.to_sse(heartbeat=0.01))
    subscription = stream.subscribe(came.append, scheduler=NewThreadScheduler())
    assert wait_until(lambda: len(came) > 2)
    subscription.dispose()
    assert set(came) == {PINGS["openai"]}


# Leaving


@both
@every_format
@pytest.mark.parametrize("heartbeat", [None, 60])
def test_leaving_closes_the_source(collect: Callable[[Any], list[Any]], format_: Any, heartbeat: float | None) -> None:
    source = Script([chunk("Hi")], SILENCE)
    stream = from_source(source).pipe(rillm.to_sse(format_, heartbeat), ops.take(1))
    assert len(collect(stream)) == 1
    assert source.live == 0


@both
def test_what_cannot_be_said_closes_the_source(collect: Callable[[Any], list[Any]]) -> None:
    source = Script([chunk("No")], [TAKEN_BACK], SILENCE)
    *_, last = collect(from_source(source).pipe(rillm.to_sse("anthropic")))
    assert last.startswith(b"event: error")
    assert source.live == 0


def test_a_source_that_pushes_on_is_not_listened_to() -> None:
    def push(observer: Any, _: Any = None) -> Any:
        for one in (chunk("No"), TAKEN_BACK, chunk("Yes")):
            observer.on_next(one)

    seen: list[bytes] = []
    source: reactivex.Observable[rillm.ModelResponseStream] = reactivex.create(push)
    list(rillm.as_stream(source).pipe(rillm.to_sse("anthropic"), ops.do_action(seen.append)))
    assert seen[-1].startswith(b"event: error")


@both
@every_format
def test_two_subscriptions_share_nothing(collect: Callable[[Any], list[Any]], format_: Any) -> None:
    stream = rillm.of(*ANSWER).pipe(rillm.to_sse(format_))
    assert collect(stream) == collect(stream)
