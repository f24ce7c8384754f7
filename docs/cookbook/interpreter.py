"""Interpreter: sentence by sentence translated and spoken, in the order in which they were said.

A model talks in English, and a loudspeaker says it in German while it is still talking. Three sentences at a time are
translated and made audio of, so that there is no silence between them; one that is ready early waits for its turn.

    ready: Dann fließen sie hinab ans Meer.
    ready: Das ist ein weiter Weg.
    ready: Flüsse entspringen im Schnee.
    spoken: Flüsse entspringen im Schnee.
    spoken: Dann fließen sie hinab ans Meer.
    spoken: Das ist ein weiter Weg.

Why it is right: `sentences` hands on a sentence as soon as it is certain that it has ended. `map_ordered` has at most
three at work, and what comes of the first in turn goes out live, so the loudspeaker begins with the first piece of
audio and not with the last. Who leaves the loop closes the talk, the translations and the audio; an error in one of
them is told when its turn comes, after all that was ready before it.
"""

import asyncio
from collections.abc import AsyncIterator

from reactivex import operators as ops

import rillm
from rillm.testing import ScriptedCall, answer, scripted, stall


def talk(topic: str) -> rillm.Stream[rillm.ModelResponseStream]:
    return rillm.stream("openai/gpt-4o", [{"role": "user", "content": f"Tell me about {topic}."}])


def interpreted(sentence: str) -> rillm.Stream[bytes]:
    messages = [{"role": "user", "content": f"Into German, and nothing else: {sentence}"}]
    german = rillm.stream("openai/gpt-4o-mini", messages, temperature=0)
    return german.pipe(rillm.text(), ops.reduce(str.__add__, ""), ops.flat_map(spoken))


def spoken(text: str) -> rillm.Stream[bytes]:
    return rillm.from_iterable(speech(text))


async def speech(text: str) -> AsyncIterator[bytes]:
    """Audio, piece by piece: in the place of any text-to-speech service."""
    print("ready:", text)
    yield text.encode()


def in_german(talk: rillm.Stream[rillm.ModelResponseStream]) -> rillm.Stream[bytes]:
    return talk.pipe(rillm.sentences(), rillm.map_ordered(interpreted, max_concurrent=3))


async def main() -> None:
    async for audio in in_german(talk("rivers")):
        print("spoken:", audio.decode())


GERMAN = {
    "Rivers begin in the snow.": answer("Flüsse entspringen im Schnee.").pipe(stall(after=0, seconds=0.5)),
    "Then they go down to the sea.": answer("Dann fließen sie hinab ans Meer."),
    "That is a long way.": answer("Das ist ein weiter Weg."),
}


def translation(call: ScriptedCall) -> rillm.Stream[rillm.ModelResponseStream]:
    return GERMAN[call.messages[0]["content"].partition(": ")[2].strip()]


if __name__ == "__main__":
    story = " ".join(GERMAN)
    with scripted("openai/gpt-4o", story), scripted("openai/gpt-4o-mini", rest=translation):
        asyncio.run(main())  # without the scripts the real models answer
