"""`sentences`: the answer, sentence by sentence."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from rillm.operators.cutting import cutting
from rillm.operators.sentence_ends import CLOSING_CLASS, IS_NOTABLE, LINE_END, NOTABLE, WIDE_MARKS, end_after
from rillm.operators.words import ALONE, BLANK_EDGE, KATAKANA, WIDE_OPENING, Words, between

if TYPE_CHECKING:
    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

# Words go to a blank, and in texts without blanks to a mark and what closes behind it.
EDGE: Final = between(
    BLANK_EDGE,
    (WIDE_MARKS + "」』）】｣”’", rf"^\s{WIDE_MARKS}.!?…{CLOSING_CLASS}"),
    (".!?", ALONE + KATAKANA + WIDE_OPENING),
)
# One that may end something, or all those before it.
WORD: Final = re.compile(rf"(?:[^\s{NOTABLE}]++[^\S{NOTABLE}]++(?=\S))++|.+?(?:{EDGE}|\Z)", re.DOTALL)
FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})[^`]*\Z")


def sentences(*, index: int = 0) -> Operator[ModelResponseStream | str, str]:
    """Emit each sentence of a text as soon as it is whole: of chunks the content of one choice, of strings all.

        -Hi_Dr._--Fox.--_How_--are_you?-------|
        [ sentences() ]
        ----------------Hi_Dr._Fox._----------(How_are_you?,|)

    For speech: a sentence comes with the first character after it that makes sure, as a capital after a full stop and a
    blank. Where abbreviations, initials and ordinals leave a doubt, the whole next word is waited for. Closing quotes
    and brackets and the blanks after a sentence belong to it, so the sentences together are the text.

    - `.` and `…` end no sentence before a lower-case letter, `!` and `?` none behind a closing quote before one.
    - Neither do the full stops of titles, "e.g.", initials, numbers, versions, names of hosts and files, list markers.
    - A line's end does, unless the next line goes on in lower case; blank lines and the end of a heading always do.
    - A fenced code block is one piece, which begins with its fence: `filter` can keep it from being spoken.
    - `。！？` need no blank. Made for English, German, French, Spanish, Chinese and Japanese; others share the rules.

    The last one comes when its choice finishes or calls a tool, at the end, and before an error. A retraction takes
    back the one that has begun.

    Args:
        index: which choice, for calls with n > 1.

    >>> import rillm
    >>> answer = rillm.stream("mock/echo", mock_response='It is 3.5 km, says Dr. Fox. "Why?" he asks. Well…')
    >>> list(answer.pipe(rillm.sentences()))
    ['It is 3.5 km, says Dr. Fox. ', '"Why?" he asks. ', 'Well…']
    """
    return cutting(Sentences, index)


class Sentences:
    """The sentences of one text, as it comes: words first, and cuts after those with which a sentence ends."""

    def __init__(self) -> None:
        self._words = Words(WORD.findall)
        self._plain: list[str] = []  # what came since the last look and ends nothing
        self._is_plain = True  # nor does what stands before it
        self._sentence: list[str] = []
        self._if_next: re.Pattern[str] | None = None  # the sentence has ended if the next word begins like that
        self._block: CodeBlock | None = None

    def feed(self, text: str) -> list[str]:
        self._plain.append(text)
        if self._is_plain and not IS_NOTABLE(text):
            return []
        words = self._words.feed("".join(self._plain))
        self._plain.clear()
        whole = self._join(words, self._words.rest) if words else words
        self._is_plain = bool(words) and self._if_next is None and not IS_NOTABLE(self._words.rest)
        return whole

    def end(self) -> list[str]:
        words = [*self._words.feed("".join(self._plain)), *self._words.end()]
        whole = self._join(words, "")
        return [*whole, self._take()] if self._sentence else whole

    def _join(self, words: list[str], rest: str) -> list[str]:
        whole: list[str] = []
        for word, after in pairwise([*words, rest]):
            if self._if_next and self._if_next.match(word):
                whole.append(self._take())
            self._sentence.append(word)
            end = self._end(word, after[:1])
            self._if_next = end if isinstance(end, re.Pattern) else None
            if end is True:
                whole.append(self._take())
        return whole

    def _take(self) -> str:
        sentence = "".join(self._sentence)
        self._sentence.clear()
        return sentence

    def _end(self, word: str, after: str) -> bool | re.Pattern[str]:
        if len(self._sentence) == 1:
            fence = FENCE.match(word)
            self._block = CodeBlock(fence[1]) if fence else None
        elif self._block and self._block.is_inline(word):
            self._block = None
        return self._block.ends_after(word) if self._block else end_after(self._sentence, after)


class CodeBlock:
    """A fenced code block of Markdown: https://spec.commonmark.org/0.31.2/#fenced-code-blocks."""

    def __init__(self, fence: str) -> None:
        self._fence = fence
        self._has_lines = False
        self._begins_line = False

    def is_inline(self, word: str) -> bool:
        """Whether `word`, the next one, shows that it is code in a line, ```like this```."""
        return "`" in word and not self._has_lines

    def ends_after(self, word: str) -> bool:
        """Whether `word`, the next one, is the fence that closes the block."""
        mark = word.rstrip()
        is_fence = self._begins_line and len(mark) >= len(self._fence) and not mark.strip(self._fence)
        self._begins_line = LINE_END.search(word) is not None
        self._has_lines |= self._begins_line
        return is_fence and self._begins_line
