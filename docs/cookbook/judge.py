"""Judge: a second model listens, and stops the first one in mid-sentence.

The chatbot of a bank talks, and a small, quick model judges each sentence as soon as it is whole. At its first
objection the chatbot is cut off, and the customer does not see that sentence.

    We have three funds.
    The oldest of them is from 1985.
    All of them had a good year.
    The answer was stopped by its judge: it promises a return

Why it is right: the judge is a stream of objections, made of what was said with any operators; here each sentence is a
call, and several may be under way. `lag` holds text back until the chatbot has said 60 characters more, which is the
time that the judge has. At an objection the connection of the chatbot is closed at once, and so are those of the
judge; what was held back is dropped. The error tells the reason, and has what the customer has seen in `.partial`.
"""

import asyncio
import re

from reactivex import operators as ops

import rillm
from rillm.testing import ScriptedCall, answer, scripted, slow

RULES = "You judge a sentence of a bank's chatbot. Say OK, or in a few words why it must not be said."


def objection(sentence: str) -> rillm.Stream[str]:
    messages = [{"role": "system", "content": RULES}, {"role": "user", "content": sentence}]
    verdict = rillm.stream("openai/gpt-4.1-nano", messages, temperature=0)
    return verdict.pipe(rillm.text(), ops.reduce(str.__add__), ops.filter(lambda said: said != "OK"))


def judge(said: rillm.Stream[rillm.ModelResponseStream]) -> rillm.Stream[str]:
    return said.pipe(rillm.sentences(), ops.flat_map(objection))


def reply(question: str) -> rillm.Stream[str]:
    messages = [{"role": "user", "content": question}]
    chatbot = rillm.stream("openai/gpt-4o", messages)
    return chatbot.pipe(rillm.moderate(judge, lag=60), rillm.text())


async def main() -> None:
    try:
        async for text in reply("Where should I put my money?"):
            print(text.strip())
    except rillm.ContentPolicyViolationError as error:
        print(error.message)


TALK = (
    "We have three funds. The oldest of them is from 1985. All of them had a good year. "
    "The third one will double your money. You should buy it today. Shall I open an account? It takes a minute."
)


def verdict(call: ScriptedCall) -> str:
    return "it promises a return" if "double" in call.messages[-1]["content"] else "OK"


if __name__ == "__main__":
    talk = answer(TALK, pieces=re.compile(r"[^.?]+[.?] ?")).pipe(slow(0.1))
    with scripted("openai/gpt-4o", talk), scripted("openai/gpt-4.1-nano", rest=verdict):
        asyncio.run(main())
