"""`words`: the answer, word by word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rillm.operators.cutting import cutting

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

# Parts of character classes.
WIDE_OPENING: Final = r"「『（【《〈〔［｛｢"
OPENING: Final = r"(\[{«‹“‘„" + WIDE_OPENING
MAYBE_OPENING: Final = r"\"'*`" + OPENING
WIDE_BRACKETS: Final = r"」』）】》〉〕］｝｣"  # that close
WIDE_CLOSING: Final = r"、。，．！？；：｡､" + WIDE_BRACKETS
HAN: Final = (
    r"\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
HIRAGANA: Final = r"あいうえおか-ちつ-もやゆよら-ろわ-ゔゝゞ"
KATAKANA: Final = r"ァ-ヺヽヾㇰ-ㇿｦ-ｯｱ-ﾝ"
THAI_LAO_KHMER_BURMESE: Final = r"ก-ฮเ-ไກ-ຮເ-ໄໜ-ໟក-ឳက-ဪဿၐ-ၕ"
ALONE: Final = HAN + HIRAGANA + THAI_LAO_KHMER_BURMESE
# What belongs to the letter before it though it is a letter itself: signs of length and voice, small kana, vowels.
SIGNS: Final = r"ーｰﾞﾟ"
SMALL: Final = r"ぁぃぅぇぉっゃゅょゎゕゖะาำๅๆຯະາຳໆ"
JOINED: Final = SIGNS + SMALL
# What belongs to the letter after it: vowels that are written before, signs that stack consonants.
JOINING: Final = r"เ-ไເ-ໄ\u1039\u17d2"


def between(*sides: tuple[str, str]) -> str:
    """An expression for the places between two characters of these classes."""
    return "|".join(rf"(?<=[{before}])(?=[{after}])" for before, after in sides)


BLANK_EDGE: Final = (r"\s", r"\S")
EDGE: Final = re.compile(
    between(
        BLANK_EDGE,
        (rf"^\s{MAYBE_OPENING}{JOINING}", ALONE),
        (ALONE + SMALL, rf"^\W{ALONE}{JOINED}"),
        (WIDE_CLOSING, rf"\w{OPENING}"),
        (rf"^\s{MAYBE_OPENING}", WIDE_OPENING),
        (KATAKANA + SIGNS, rf"^\W{KATAKANA}{JOINED}"),
        (rf"^\s{MAYBE_OPENING}{KATAKANA}{JOINED}", KATAKANA),
    )
)
# A word of ASCII alone with the blanks behind it, or those alone that are left of it.
ASCII_WORD: Final = re.compile(r"\S+\s*|\s+")


def words(*, index: int = 0) -> Operator[ModelResponseStream | str, str]:
    """Emit each word of a text as soon as it is whole: of chunks the content of one choice, of strings all.

        -He--llo_wor---ld!-----|
        [ words() ]
        -----Hello_------------(world!,|)

    Words go from blank to blank and keep the blanks after them; those at the beginning go with the first word. So the
    words together are the text, and each but a lonely blank has something to say. Chinese and Japanese have no blanks:
    as UAX #29 has it, ideographs and Hiragana stand alone, Katakana in groups; so do letters of Thai, Lao, Khmer
    and Burmese with their vowels. Punctuation stays with what it closes or opens. No dictionary looks for words.

    The last word comes when its choice finishes or calls a tool, at the end, and before an error. A retraction takes
    back the one that has begun.

    Args:
        index: which choice, for calls with n > 1.

    >>> import rillm
    >>> list(rillm.stream("mock/echo", mock_response="High up, 「雪の中」 you see").pipe(rillm.words()))
    ['High ', 'up, ', '「雪', 'の', '中」 ', 'you ', 'see']
    """
    return cutting(Words, index)


def cut_in_words(text: str) -> list[str]:
    return ASCII_WORD.findall(text) if text.isascii() else EDGE.split(text)


class Words:
    """One text, cut into words while it comes.

    Of a word that has begun only the last character is looked at again, for what is between two words depends on the
    characters on both sides and on no others. So it does not matter how the text was cut when it came.

    Args:
        cut: cuts a text into words.

    Attributes:
        rest: the end of the word that has begun; all of it where `feed` gave words.
    """

    def __init__(self, cut: Callable[[str], list[str]] = cut_in_words) -> None:
        self.rest = ""
        self._held: list[str] = []  # what stands before it
        self._cut = cut

    def feed(self, text: str) -> list[str]:
        if not self.rest:
            text = self._hold_blanks(text)
            if not text:
                return []
        words = self._cut(self.rest + text)
        rest = words.pop()
        if not words:
            self._held.append(rest[:-1])
            rest = rest[-1]
        elif self._held:
            words[0] = "".join((*self._held, words[0]))
            self._held.clear()
        self.rest = rest
        return words

    def end(self) -> list[str]:
        rest = "".join((*self._held, self.rest))
        return [rest] if rest else []

    def _hold_blanks(self, text: str) -> str:
        """Hold blanks at the beginning, which belong to the first word."""
        bare = text.lstrip()
        self._held.append(text[: len(text) - len(bare)])
        return bare
