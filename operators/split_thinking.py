"""`split_thinking`: thoughts that stand between tags in the answer, as `reasoning_content`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rillm.operators.literals import Literals
from rillm.operators.rewriting import rewriting
from rillm.operators.rewritten import Thought
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

TAGS: Final = ("think", "thinking", "reasoning", "thought")
FENCES: Final = ("```", "~~~")
BLANKS: Final = " \t"


def split_thinking(
    tags: Sequence[str | tuple[str, str]] = TAGS, *, implicit: bool = False
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Move what stands between `<think>` and `</think>` from the content to `reasoning_content`, as it comes.

        -<th-ink>Hm-</thi-nk>Yes-=stop-|
        [ split_thinking() ]
        -----~Hm----------Yes----=stop-|

    (`~Hm` is a chunk with reasoning.)

    Each choice by itself. Only what may become a tag is held back.

    - The tags go, all else stays as the model wrote it: so line ends around tags, too. vLLM and LiteLLM keep them.
    - An opening tag counts at the start of a line, blanks before it or not, and behind a closing one; not in the middle
      of a line and not in a fenced block of code. So an answer *about* tags is left as it is. There may be several
      thoughts. LiteLLM takes a tag at the very start alone, Vercel's `extractReasoningMiddleware` anywhere.
    - A thought lasts to the first closing tag of its name, or to the end of the answer.
    - `reasoning_content` that came as such stays where it is.

    What `merge_reasoning` has merged is so split again.

    Args:
        tags: names, or pairs of an opening and a closing tag such as `("◁think▷", "◁/think▷")`.
        implicit: the answer begins inside a thought, for the chat template has put the opening tag into the prompt, as
            those of DeepSeek-R1 and Qwen do. An opening tag at the very start goes as well. An answer that has no
            closing tag is then all thought.

    Errors: `BadRequestError` at once for tags that are none.

    >>> import rillm
    >>> answer = rillm.stream("mock/echo", mock_response="<think>Hm</think>Yes").pipe(rillm.split_thinking())
    >>> [response] = answer.pipe(rillm.accumulate())
    >>> response.choices[0].message.reasoning_content, response.choices[0].message.content
    ('Hm', 'Yes')
    """
    known = Tags([tags] if isinstance(tags, str) else tags)
    return rewriting(lambda: Thinking(known, implicit=implicit))


class Tags:
    """What begins a thought, and what ends it."""

    def __init__(self, tags: Sequence[object]) -> None:
        pairs = dict(map(pair, tags))
        if not pairs:
            raise BadRequestError("split_thinking needs at least one tag.")
        self.openings = sorted(pairs, key=len, reverse=True)
        self.closings = {opening: Literals([closing]) for opening, closing in pairs.items()}
        self.any_closing = Literals(pairs.values())
        openings = "|".join(map(re.escape, self.openings))
        self.block = re.compile(rf"^[{BLANKS}]*(?:(?P<fence>{'|'.join(FENCES)})|(?P<opening>{openings}))", re.MULTILINE)


def may_become(text: str, ends: Sequence[str]) -> bool:
    """Whether one of `ends` may come of `text`."""
    return any(len(text) < len(end) and end.startswith(text) for end in ends)


def pair(tag: object) -> tuple[str, str]:
    match tag:
        case str() if tag:
            return f"<{tag}>", f"</{tag}>"
        case (str(opening), str(closing)) if opening and closing:
            return opening, closing
        case _:
            raise BadRequestError(f"A tag is a name, or an opening and a closing text, not {tag!r}.")


class Thinking:
    """One text.

    It remembers what ends the thought that it is in; how the line began, while a tag may still follow; and the fence of
    the block of code that it is in.
    """

    def __init__(self, tags: Tags, *, implicit: bool) -> None:
        self._tags = tags
        self._closing = tags.any_closing if implicit else None
        self._is_begun = not implicit
        self._line: str | None = ""
        self._fence = ""
        self._held = ""

    def feed(self, text: str) -> Sequence[str]:
        if self._line is None and "\n" not in text:
            return (text,)
        pieces: list[str] = []
        text, self._held = self._held + text, ""
        while text:
            piece, text = self._answer(text) if self._closing is None else self._think(text, self._closing)
            pieces += [piece] if piece else []
        return pieces

    def end(self) -> Sequence[str]:
        return [self._held if self._closing is None else Thought(self._held)] if self._held else []

    def _think(self, text: str, closing: Literals) -> tuple[str, str]:
        """A piece, and what comes after it."""
        if not self._is_begun:
            return self._begin(text)
        start, end = closing.look(text)
        if end is None:
            self._held = text[start:]
            return Thought(text[:start]), ""
        self._closing, self._line = None, ""
        return Thought(text[:start]), text[end:]

    def _begin(self, text: str) -> tuple[str, str]:
        rest = text.lstrip()
        blank = Thought(text[: len(text) - len(rest)])
        if not rest:
            return blank, ""
        if may_become(rest, self._tags.openings):
            self._held = rest
            return blank, ""
        self._is_begun = True
        opening = next(filter(rest.startswith, self._tags.openings), "")
        self._closing = self._tags.closings.get(opening, self._closing)
        return blank, rest[len(opening) :]

    def _answer(self, text: str) -> tuple[str, str]:
        """A piece, and what comes after it."""
        whole = (self._line or "") + text
        done = len(whole) - len(text)
        at = (whole.find("\n") + 1 or len(whole)) if self._line is None else 0
        while found := self._tags.block.search(whole, at):
            fence, opening = found["fence"], found["opening"]
            if fence:
                self._fence = "" if self._fence == fence else self._fence or fence
            elif not self._fence:
                if may_become(whole[found.start("opening") :], self._tags.openings):
                    break
                self._closing, self._line = self._tags.closings[opening], ""
                return whole[done : found.start("opening")], whole[found.end() :]
            at = found.end()
        return self._rest(whole, done)

    def _rest(self, whole: str, done: int) -> tuple[str, str]:
        _, newline, line = whole.rpartition("\n")
        line = line.lstrip(BLANKS)
        if self._line is None and not newline:
            return whole[done:], ""
        if line and not self._fence and may_become(line, self._tags.openings):
            self._line, self._held = "", line
            return whole[done : len(whole) - len(line)], ""
        self._line = line if may_become(line, FENCES) else None
        return whole[done:], ""
