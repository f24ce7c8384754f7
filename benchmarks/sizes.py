"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of chunks, of rounds and of streams.

    Attributes:
        rounds, peer_rounds: the best of so many counts; peers are slow and far away, so that fewer will do.
        starts, peer_starts: fresh processes.
        answers, peer_answers: answers whose first chunk is awaited.
        streams: live at the same time.
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
)
