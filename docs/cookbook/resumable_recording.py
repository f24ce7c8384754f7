"""Resumable recording: a long answer survives a crash, and no word of it is written twice.

A job asks for a long text, and records it as it comes. When it is started again, after a crash or a power cut, it
plays the recording as far as that is whole, lets the model go on from there, and records it all anew.

    asked to go on after ''
    1: It begins in the snow, goes down to
    asked to go on after 'It begins in the snow, goes down'
    2: It begins in the snow, goes down to the sea, and comes back as rain.
    3: It begins in the snow, goes down to the sea, and comes back as rain.

Why it is right: `record` gives each chunk to the system there and then: a crash loses none, a power cut the last few.
A file that is cut off is replayed as a stream that breaks off, and `continue_with` mends it as any other: the model
goes on from there, in mid-sentence. A whole recording ends well, and nobody is asked. Each run has a file of its own,
for one that crashes again must not have less than the run before.
"""

import tempfile
from pathlib import Path

from reactivex import operators as ops

import rillm
from rillm.testing import ScriptedCall, scripted

QUESTION = [{"role": "user", "content": "Tell me the story of a river."}]


def rest(partial: rillm.ModelResponse) -> rillm.Stream[rillm.ModelResponseStream]:
    """The model goes on with what it is given as the beginning of its own answer."""
    said = partial.choices[0].message.content
    begun = [{"role": "assistant", "content": said}] if said else []
    return rillm.stream("anthropic/claude-sonnet-4-5", [*QUESTION, *begun])


def story(folder: Path) -> rillm.Stream[rillm.ModelResponseStream]:
    """What has been recorded of it, and the rest from the model."""
    folder.joinpath("0.jsonl").touch()  # an empty recording is one that was cut at its first byte
    takes = sorted(folder.glob("*.jsonl"), key=whole_lines)
    recorded = rillm.replay(takes[-1], speed=None)
    return recorded.pipe(rillm.continue_with(rest), rillm.record(folder / f"{len(takes)}.jsonl"))


def whole_lines(take: Path) -> int:
    return take.read_bytes().count(b"\n")


def main(folder: Path) -> None:
    print("1:", "".join(story(folder).pipe(rillm.text(), ops.take(8))))
    first = folder / "1.jsonl"
    first.write_bytes(first.read_bytes()[:-350])  # as it is when the power fails
    for run in (2, 3):
        print(f"{run}:", "".join(story(folder).pipe(rillm.text())))


STORY = "It begins in the snow, goes down to the sea, and comes back as rain."


def model(call: ScriptedCall) -> str:
    said = call.messages[1]["content"] if len(call.messages) > 1 else ""
    print("asked to go on after", repr(said))
    return STORY.removeprefix(said)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, scripted("anthropic/*", rest=model):
        main(Path(folder))
