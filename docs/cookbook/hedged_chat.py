"""Hedged chat: a second model is asked where the first is slow to speak.

Nobody in this chat waits long for the first word: after a second of silence another model gets the question as well,
and the one that speaks first goes on. The history has what was really said.

    you: Where do rivers begin?
    gpt-4o-mini: High up, in the snow.
    you: And where do they end?
    claude-haiku-4-5: In the sea, most of them.

Why it is right: while the first model is quick, nobody else is asked, and nothing is paid twice. At the first word of
one the connection of the other is closed; a role or a ping is no word. What the loser has cost is in the
`hedge_losers` of the chunks' hidden params. `tap_end` is told once, however an answer ends: what was left in the
middle, or broke off, is in the history as far as it came.
"""

from typing import Any

import rillm
from rillm.testing import answer, scripted, stall


class Chat:
    def __init__(self, patience: float = 1.0) -> None:
        self.messages: list[Any] = []
        self.patience = patience  # seconds

    def ask(self, question: str) -> rillm.Stream[rillm.ModelResponseStream]:
        self.messages.append({"role": "user", "content": question})
        first = rillm.stream("openai/gpt-4o-mini", self.messages)
        spare = rillm.stream("anthropic/claude-haiku-4-5", self.messages)
        return rillm.hedge(first, spare, after=self.patience).pipe(rillm.tap_end(self.remember))

    def remember(self, ending: rillm.Ending) -> None:
        if ending.response:
            self.messages.append(ending.response.choices[0].message)


def show(answer: rillm.Stream[rillm.ModelResponseStream]) -> None:
    for chunk in answer:
        delta = chunk.choices[0].delta
        who = f"{chunk.model}: " if delta.role else ""
        print(f"{who}{delta.content or ''}", end="", flush=True)
    print()


def main() -> None:
    chat = Chat()
    for question in ("Where do rivers begin?", "And where do they end?"):
        print("you:", question)
        show(chat.ask(question))


if __name__ == "__main__":
    silent = answer("In the sea.").pipe(stall(after=0))
    with scripted("openai/*", "High up, in the snow.", silent), scripted("anthropic/*", "In the sea, most of them."):
        main()  # without the scripts the real models answer
