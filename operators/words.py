"""`words`: the answer, word by word."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from rillm.operators.cutting import Cutter, cutting

if TYPE_CHECKING:
    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

# Parts of character classes.
WIDE_OPENING: Final = r"「『（【《〈〔［｛｢"
OPENING: Final = r"(\[{«‹“‘„" + WIDE_OPENING
MAYBE_OPENING: Final = r"\"'*`" + OPENING
WIDE_CLOSING: Final = r"、。，．！？；：」』）】》〉〕］｝｡｣､"
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

BLANK_EDGE: Final = re.compile(r"\s(?=\S)")
WORD_EDGE: Final = re.compile(
    rf"\s(?=\S)"
    rf"|[^\s{MAYBE_OPENING}{JOINING}](?=[{ALONE}])"
    rf"|[{ALONE}{SMALL}](?=[^\W{ALONE}{JOINED}])"
    rf"|[{WIDE_CLOSING}](?=[\w{OPENING}])"
    rf"|[^\s{MAYBE_OPENING}](?=[{WIDE_OPENING}])"
    rf"|[{KATAKANA}{SIGNS}](?=[^\W{KATAKANA}{JOINED}])"
    rf"|[^\s{MAYBE_OPENING}{KATAKANA}{JOINED}](?=[{KATAKANA}])"
)
WordCutter: Final = partial(Cutter, WORD_EDGE, BLANK_EDGE, blanks=False)


def words(*, index: int = 0) -> Operator[ModelResponseStream | str, str]:
    """Emit each word of a text as soon as it is whole: of chunks the content of one choice, of strings all.

        -He--llo_wor---ld!-----|
        [ words() ]
        -----Hello_------------(world!,|)

    Words go from blank to blank and keep the blanks after them; those at the beginning go with the first word. So the
    words together are the text, and each but a lonely blank has something to say. Chinese and Japanese have no blanks:
    as UAX #29 has it, ideographs and Hiragana stand alone, Katakana in groups; so do letters of Thai, Lao, Khmer
    and Burmese with their vowels. Punctuation stays with what it closes or opens. No dictionary looks for words.

    The last word comes when its choice finishes or calls a tool, at the end, and before an error.

    Args:
        index: which choice, for calls with n > 1.

    >>> import rillm
    >>> list(rillm.stream("mock/echo", mock_response="High up, 「雪の中」 you see").pipe(rillm.words()))
    ['High ', 'up, ', '「雪', 'の', '中」 ', 'you ', 'see']
    """
    return cutting(WordCutter, index)
