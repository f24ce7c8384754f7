"""Where a sentence ends: what its last word and the character after it tell; not public.

The rules are those of UAX #29 (https://www.unicode.org/reports/tr29/#Sentence_Boundaries), with abbreviations,
quotations and Markdown beside them. In doubt a sentence goes on: speech that pauses too late is better than speech
that stops after "Dr.".
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from rillm.operators.words import ALONE, JOINED, KATAKANA, WIDE_BRACKETS

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDE_MARKS: Final = "。！？｡"
STRONG_MARKS: Final = "!?؟۔।॥።។" + WIDE_MARKS
MARKS: Final = ".…" + STRONG_MARKS
CLOSING: Final = "\"'”’“»«›‹)]}*_`~" + WIDE_BRACKETS
CLOSING_CLASS: Final = re.escape(CLOSING)
QUOTES: Final = frozenset("\"'”’“»«›‹」』")
GOES_ON: Final = frozenset(",;:.…!?-–—)]}”’")  # no sentence begins with one of these

# A mark, what closes behind it, footnotes among that, and blanks.
TAIL: Final = re.compile(rf"(?<![{MARKS}])(?P<mark>[{MARKS}]+)(?P<close>(?:[\s{CLOSING_CLASS}]|\[\^?\d+\])*)\Z")
LINE_ENDS: Final = r"\n\r\x85\u2028\u2029"
LINE_END: Final = re.compile(rf"[{LINE_ENDS}]\s*\Z")
BLANK_LINE: Final = re.compile(r"\n\s*\n|\r\s*\r|\u2029")
# Words without one of these end nothing: what most of them cost is this look.
NOTABLE: Final = MARKS + CLOSING_CLASS + LINE_ENDS
IS_NOTABLE: Final = re.compile(rf"[{NOTABLE}]").search

NEVER_LAST: Final = re.compile(
    r"Mr|Mrs|Ms|Mx|Messrs|Dr|Drs|Prof|Rev|Hon|Gen|Col|Capt|Cmdr|Maj|Lt|Sgt|Sen|Rep|Gov|Pres|St|Ste|Mt|Ft|vs|cf|viz|ie|eg"
    r"|Hr|Hrn|Fr|Frl|Dipl|Ing|Tel|Mio|Mrd|bzw|vgl|ggf|evtl|inkl|exkl|sog|bzgl|zzgl|geb"
    r"|M|MM|Mme|Mmes|Mlle|Mlles|Mgr|Pr|Sr|Sra|Srta|Sres|Sras|Dra|Ud|Uds|Vd|Lic|EE|av|ex|ej"
    r"|i\.e|e\.g|z\.B|d\.h|u\.a|v\.a|s\.o|s\.u|i\.d\.R|o\.ä|c\.-à-d|p\.ex|p\.ej"
)
BEFORE_NUMBERS: Final = re.compile(
    r"(?:nos?|nrn?|figs?|abb|tab|pp?|pgs?|p[aá]gs?|s|vols?|bd|ch|chap|cap|kap|secs?|sect|arts?|abs|eqs?|eds?|n[uú]ms?"
    r"|approx|ca|est|env|min|max|jan|feb|mar|apr|jun|jul|aug|sept?|oct|okt|nov|de[cz]|\w*str)",
    re.IGNORECASE,
)
LETTER: Final = r"A-Za-zÀ-ɏͰ-ӿ"
# Initials, U.S., p.m., II., the ordinals of German, companies: these may or may not be the last of a sentence.
MAYBE_LAST: Final = re.compile(
    rf"[{LETTER}]|(?:[{LETTER}]{{1,2}}\.-?)+[{LETTER}]{{1,3}}|[IVX]+|\d{{1,2}}|Inc|Ltd|Corp|Co|Bros|Jr|Dept|Ave|Blvd|Rd|al"
)
# Then it ended if the next one is a frequent first word, and no proper name.
FIRST_WORD: Final = re.compile(
    r"""["'“„«»(*_]*(?:[AIY](?![\w.])|[CDJLMNQST]['’]\w|(?:"""
    r"An|And|As|At|Are|But|By|Can|Do|Does|For|From|He|Her|Here|His|How|However|If|In|Is|It|Its|My|No|Not|Now|On|Or"
    r"|Our|She|So|That|The|Their|Then|There|These|They|This|Those|To|We|What|When|Where|While|Who|Why|With|Yes|You|Your"
    r"|Aber|Auch|Auf|Bei|Das|Dann|Der|Deshalb|Die|Dies|Diese|Ein|Eine|Er|Es|Hier|Ich|Ihr|Im|Mit|Nach|Oder|Sie|Und|Wenn"
    r"|Wer|Wie|Wir|Ce|Ces|Cette|Dans|Elle|Elles|En|Et|Il|Ils|Je|La|Le|Les|Mais|Nous|On|Ou|Pour|Si|Tu|Un|Une|Vous"
    r"|El|Ella|Ellos|Esta|Este|Esto|Las|Los|Para|Pero|Por|Que|Se|Su|Una|Yo)(?!\w))"
)
LIST_MARKER: Final = re.compile(rf"\(?(?:\d{{1,3}}|[{LETTER}]|[ivxIVX]{{1,4}})[.)]\s")
QUOTE: Final = re.compile(r"»\S")  # in German » opens; in French it closes, with a blank before it
IDEOGRAPH: Final = re.compile(rf"[{ALONE}{KATAKANA}{JOINED}]")  # kana, too


def end_after(words: Sequence[str], after: str) -> bool | re.Pattern[str]:
    """Whether a sentence ends after these words, or what its next word has to begin with if it does.

    Args:
        words: the sentence so far. Each word has the blanks after it.
        after: the character that follows, "" at the end of the text.
    """
    word = words[-1]
    if not IS_NOTABLE(word):
        return False
    if LINE_END.search(word):
        is_heading = words[0].lstrip().startswith("#")
        return LIST_MARKER if after.islower() and not (is_heading or BLANK_LINE.search(word)) else True
    if len(words) > 1 and not word.strip().strip(CLOSING):  # « Oui. » has a blank before what closes
        word = words[-2] + word
    tail = TAIL.search(word)
    if tail is None or after in GOES_ON:
        return False
    return after_mark(words, word[: tail.start()], tail["mark"], tail["close"], after)


def after_mark(words: Sequence[str], word: str, mark: str, closing: str, after: str) -> bool | re.Pattern[str]:
    """The same after a `word`, its full stop, ellipsis, question or exclamation mark, and what closes behind it."""
    if mark[-1] in WIDE_MARKS:
        return not (after in "とっ" and closing)  # 「はい。」と言った
    if after == "»":
        return QUOTE
    if mark[-1] in STRONG_MARKS:
        return not (after.islower() and not QUOTES.isdisjoint(closing))  # "Why?" he asked
    if after.islower() or (not closing and not IDEOGRAPH.match(word[-1:])):
        return False
    return mark != "." or after_full_stop(words, word.lstrip(CLOSING + "(„#>-"), after)


def after_full_stop(words: Sequence[str], word: str, after: str) -> bool | re.Pattern[str]:
    """The same after a single full stop, which `word` may be in need of itself."""
    if NEVER_LAST.fullmatch(word) or (after.isdigit() and BEFORE_NUMBERS.fullmatch(word)):
        return False
    if LIST_MARKER.fullmatch(word + ". ") and not any(map(says_something, islice(words, len(words) - 1))):
        return False
    return FIRST_WORD if MAYBE_LAST.fullmatch(word) else True


def says_something(word: str) -> bool:
    """Whether it is no markup."""
    return any(map(str.isalnum, word))
