"""Arena: several models answer side by side, and one that fails leaves the others alone.

The same question goes to all models at once, and a board with a column for each comes at every word of any. A terminal
or a browser draws the boards, and you see who is quick, who is good, and who is down.

    openai/gpt-4o-mini            anthropic/claude-haiku-4-5    gemini/gemini-2.5-flash
                                                                Rain
    High                                                        Rain
    High                          In                            Rain
    High                          In                            Rain and
    High up,                      In                            Rain and
    High up,                      In springs.                   Rain and
    High up,                      In springs.                   Rain and [InternalServerError]
    High up, in                   In springs.                   Rain and [InternalServerError]
    High up, in the               In springs.                   Rain and [InternalServerError]
    High up, in the snow.         In springs.                   Rain and [InternalServerError]

Why it is right: `side_by_side` reads all of them live and tells whose each piece is. The error of a model is an item
as well, the last of its column, where `merge` would end the board. `scan` makes a new board of each, so whoever keeps
an old one has it as it was. Who leaves the loop closes all the connections that are open.
"""

import asyncio

from reactivex import operators as ops

import rillm
from rillm.testing import answer, fail, scripted

Board = dict[str, str]
Word = rillm.Side[str, str]


def arena(models: list[str], question: str) -> rillm.Stream[Board]:
    """What all of them have said so far, whenever one says more."""
    messages = [{"role": "user", "content": question}]
    words = {model: rillm.stream(model, messages).pipe(rillm.text()) for model in models}
    return rillm.side_by_side(words).pipe(ops.scan(written, dict.fromkeys(models, "")))


def written(board: Board, word: Word) -> Board:
    more = word.item if word.error is None else f" [{type(word.error).__name__}]"
    return {**board, word.key: f"{board[word.key]}{more}"}


async def main() -> None:
    models = ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5", "gemini/gemini-2.5-flash"]
    print("".join(model.ljust(30) for model in models).rstrip())
    async for board in arena(models, "Where do rivers begin?"):
        print("".join(said.ljust(30) for said in board.values()).rstrip())


if __name__ == "__main__":
    broken = answer("Rain and snow.").pipe(fail(rillm.InternalServerError("Down."), after=2))
    high = "High up, in the snow."
    with scripted("openai/*", high), scripted("anthropic/*", "In springs."), scripted("gemini/*", broken):
        asyncio.run(main())  # without the scripts the real models answer
