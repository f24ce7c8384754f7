"""Cassettes: `record` writes them, `replay` plays them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from reactivex import operators as ops

import rillm
from rillm.testing import chunk, cut, fail, play, stall
from tests.kit import wire
from tests.kit.calls import KEY, cold, texts
from tests.kit.server import script
from tests.kit.sources import acollect, both, collect, stream_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.server import Server

FULL = Path("/dev/full")
BROKEN = rillm.RateLimitError("Too many.", "openai", "m", retry_after=3.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl"


def recorded(path: Path, marbles: str, **how: Any) -> None:
    play(rillm.record(path), marbles, **how)


def replayed(path: Path, **how: Any) -> Any:
    def instead(_: Any) -> Any:
        return rillm.replay(path, **how)

    return play(instead, "-" * 20)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("marbles", ["-Hi_-you-=stop-|", "-~Hm--Hi↵|", "-(a,b,|)", "---|", "-Hi-X", "X"])
def test_what_was_recorded_is_played(path: Path, marbles: str) -> None:
    recorded(path, marbles, error=BROKEN)
    played = replayed(path)
    assert played.marbles == marbles
    if "X" in marbles:
        assert isinstance(played.error, rillm.RateLimitError)
        assert (str(played.error), played.error.retry_after) == (str(BROKEN), 3.0)
        assert (played.error.status_code, played.error.retryable) == (429, True)


@pytest.mark.parametrize(
    ("speed", "marbles"), [(1.0, "--a---b-|"), (2.0, "-a-b|"), (0.5, "----a-------b---|"), (4.0, "ab|")]
)
def test_speed(path: Path, speed: float, marbles: str) -> None:
    recorded(path, "--a---b-|")
    ticks = [event.tick * speed for event in replayed(path, speed=speed).events]
    assert ticks == [2, 6, 8]
    if speed < 4:
        assert replayed(path, speed=speed).marbles == marbles


@pytest.mark.parametrize("seconds", [0.0037, 0.3337, 61.2519])
@pytest.mark.parametrize("speed", [1.0, 3.0])
def test_the_timing_is_kept_within_5_ms(path: Path, seconds: float, speed: float) -> None:
    marbles = "-a--bc------d|"
    given = play(rillm.record(path), marbles, tick=seconds)

    def instead(_: object) -> rillm.Stream[rillm.ModelResponseStream]:
        return rillm.replay(path, speed)

    played = play(instead, "-" * len(marbles), tick=seconds)
    late = [one.tick * speed - other.tick for one, other in zip(played.events, given.events, strict=True)]
    assert max(map(abs, late)) * seconds < 0.005


@both
@pytest.mark.parametrize("speed", [None, 0, 1e6])
def test_chunks_are_byte_for_byte_the_same(collect: Callable[[Any], list[Any]], path: Path, speed: float) -> None:
    calls = [{"id": "c1", "function": {"name": "f", "arguments": '{"a": "ü😀"}'}}]
    stream = rillm.stream("mock/x", mock_response='Hi\n "you" ü😀', mock_tool_calls=calls)
    first = [one.model_dump_json() for one in stream.pipe(rillm.record(path))]
    second = collect(rillm.replay(path, speed))
    assert [one.model_dump_json() for one in second] == first
    (whole,) = collect(rillm.replay(path, speed).pipe(rillm.accumulate()))
    (before,) = collect(stream.pipe(rillm.accumulate()))
    assert whole.choices[0].message == before.choices[0].message
    assert whole.usage == before.usage


def test_nothing_secret_is_in_the_file(path: Path, server: Server) -> None:
    server.play(script(wire.answer("Hello"), headers={"Content-Type": "text/event-stream", "X-Secret": "hush-header"}))
    notes = {
        "prompt": SecretStr("hush-prompt"), "api_key": "hush-key", "run": 7, "of": [{"Authorization": "hush-auth"}],
    }  # fmt: skip
    assert texts(list(cold(server).pipe(rillm.record(path, notes)))) == "Hello"
    text = path.read_text()
    assert "hush" not in text
    assert KEY not in text
    assert server.url not in text
    assert lines_of(path)[0]["notes"]["run"] == 7
    assert (lines_of(path)[0]["cassette"], lines_of(path)[-1]["end"]) == (1, "completed")


def test_the_text_of_an_error_that_is_not_ours_is_not_in_the_file(path: Path) -> None:
    recorded(path, "-a-X", error=ValueError("hush"))
    assert "hush" not in path.read_text()
    assert isinstance(replayed(path).error, rillm.APIError)


@pytest.mark.parametrize("read", [collect, acollect], ids=["sync", "async"])
def test_a_cassette_cut_anywhere_plays_what_is_whole(path: Path, read: Callable[[Any], list[Any]]) -> None:
    recorded(path, "-Hé-lo-=stop-|")
    whole = path.read_bytes()
    ends = [at for at, byte in enumerate(whole, 1) if byte == ord("\n")]
    for size in range(len(whole) - 1):  # without its last line break it is whole
        path.write_bytes(whole[:size])
        came: list[Any] = []
        with pytest.raises(rillm.StreamTruncatedError, match=r"tape\.jsonl is not whole"):
            read(rillm.replay(path, speed=None).pipe(ops.do_action(came.append)))
        assert len(came) == max(0, sum(end <= size + 1 for end in ends) - 1)


def test_what_came_is_partial(path: Path) -> None:
    recorded(path, "-Hel-lo-|", leave=6)
    assert lines_of(path)[-1]["end"] == "cancelled"
    with pytest.raises(rillm.StreamTruncatedError, match="its consumer left") as caught:
        collect(rillm.replay(path, speed=None))
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == "Hello"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"cassette":2}\n', "version 2"),
        ("<html>\n", "no cassette"),
        ("[1]\n", "no cassette"),
    ],
)
def test_what_is_no_cassette(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(rillm.StreamDecodeError, match=message):
        collect(rillm.replay(path, speed=None))


def test_a_file_that_is_not_there(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        collect(rillm.replay(path))
    stream = rillm.of(chunk("a")).pipe(rillm.record(path / "no" / "folder"))
    with pytest.raises(FileNotFoundError):
        collect(stream)
    with pytest.raises(rillm.BadRequestError):
        rillm.replay(path, speed=-1)


@pytest.mark.parametrize(
    ("faults", "marbles"),
    [
        ([cut(after=1)], "-a-X"),
        ([cut(at=2)], "-aX"),
        ([stall(after=1, seconds=5)], "-a------b-|"),
        ([fail(BROKEN, after=1)], "-a-X"),
        ([stall(after=1, seconds=5), cut(at=4)], "-a--X"),
    ],
)
def test_faults(path: Path, faults: list[Any], marbles: str) -> None:
    recorded(path, "-a-b-|")
    assert replayed(path, faults=faults).marbles == marbles


def test_it_is_whole_up_to_the_latest_chunk(path: Path) -> None:
    stream = stream_of([chunk("Hel")], [chunk("lo")]).pipe(rillm.record(path))
    for count, _ in enumerate(stream, 1):
        assert path.read_bytes().endswith(b"\n")
        assert [*lines_of(path)[-1]] == ["at", "chunk"]
        assert len(lines_of(path)) == 1 + count


@both
@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_does_not_touch_the_stream(collect: Callable[[Any], list[Any]], reports: list[str]) -> None:
    assert texts(collect(rillm.of(chunk("Hel"), chunk("lo")).pipe(rillm.record(FULL)))) == "Hello"
    assert len(reports) == 1
    assert "No space left" in reports[0]


@both
def test_what_is_no_text_does_not_touch_the_stream(
    collect: Callable[[Any], list[Any]], path: Path, reports: list[str]
) -> None:
    half = "\ud83d"
    chunks = [chunk("Hel"), chunk(half), chunk("lo")]
    assert texts(collect(rillm.of(*chunks).pipe(rillm.record(path)))) == f"Hel{half}lo"
    assert len(reports) == 1
    with pytest.raises(rillm.StreamTruncatedError):
        collect(rillm.replay(path))


def test_each_recording_is_made_anew(path: Path) -> None:
    for text in ("first", "second"):
        collect(rillm.of(chunk(text)).pipe(rillm.record(path)))
    assert texts(collect(rillm.replay(path, None))) == "second"
