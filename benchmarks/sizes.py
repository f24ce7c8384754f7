"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of chunks, of rounds and of streams.

    Attributes:
        rounds, peer_rounds: the best of so many counts; peers are slow and far away, so that fewer will do.
        starts, peer_starts: fresh processes.
        answers, peer_answers: answers whose first chunk is awaited.
        streams: live at the same time, each read by itself.
        live, live_seconds, live_rounds: streams that are read as one, for how long, and how often.
        flood: chunks of each of them while memory is looked at.
    """

    few: int = 2_000
    chunks: int = 20_000
    many: int = 200_000
    rounds: int = 15
    peer_rounds: int = 2
    starts: int = 25
    peer_starts: int = 3
    answers: int = 300
    peer_answers: int = 50
    streams: int = 100
    paced_chunks: int = 50
    pause_ms: int = 20
    live: int = 200
    live_seconds: float = 2.0
    live_rounds: int = 3
    flood: int = 4_000


TINY = Sizes(
    few=20,
    chunks=50,
    many=100,
    rounds=2,
    peer_rounds=1,
    starts=1,
    peer_starts=1,
    answers=2,
    peer_answers=1,
    streams=3,
    paced_chunks=3,
    pause_ms=1,
    live=3,
    live_seconds=0.1,
    live_rounds=1,
    flood=50,
)
