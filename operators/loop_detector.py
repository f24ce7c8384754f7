"""`LoopDetector`: whether a text says the same again and again; not public."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

LENIENCY: Final = 4  # how much longer than prose all else may repeat
WHITE_AND_DIGITS: Final = b" \t\r\n\f\v0123456789"
# What tells code, markup and tables, which do repeat in honest answers.
MARKUP: Final = re.compile(r"[<>{}\[\]|=&\\]|;\n")
NUMBER: Final = re.compile("([0-9]{1,18})")
GRAM, SAMPLES, NEW = 12, 32, 1  # characters of an n-gram, how many are looked up, and how many of them may be new
SHOWN: Final = 80  # characters of what repeats


class Loop(NamedTuple):
    """What is said again and again, how often at least, and where."""

    text: str
    times: int
    field: str


class LoopDetector:
    """One text as it comes. After every `least` characters the last ones are looked at, however the text is cut.

    Args:
        times: how often something is said before it is a loop.
        least: how many characters that has to be, of prose; of all else, and of what is no exact repetition, LENIENCY
            times as many.
        field: where the text is.
    """

    def __init__(self, times: int, least: int, field: str) -> None:
        self._times = times
        self._least = least
        self._field = field
        self._window = ""
        self._pieces: list[str] = []
        self._size = 0

    def feed(self, text: str) -> Loop | None:
        """The loop in which the text is, if that shows now."""
        self._pieces.append(text)
        self._size += len(text)
        return self._look() if self._size >= self._least else None

    def _look(self) -> Loop | None:
        text = "".join(self._pieces)
        whole = len(text) - len(text) % self._least
        self._pieces, self._size = [text[whole:]], len(text) - whole
        for at in range(0, whole, self._least):
            self._window = (self._window + text[at : at + self._least])[-LENIENCY * self._least :]
            if block := self._block():
                return Loop(block[:SHOWN], max(self._times, self._window.count(block)), self._field)
        return None

    def _block(self) -> str:
        window, least, times = self._window, self._least, self._times
        recent = window[-least:]
        block = repeated(recent, times)
        if block and is_prose(recent):
            return block
        said = max(NUMBER.split(window[-GRAM:])[::2], key=len)
        if len(window) < LENIENCY * least or window.count(said) < times:  # nearly every text, and soon told
            return ""
        return repeated(window, times) or counting(window, times) or stale(window[:-least], recent, times)


def repeated(text: str, times: int) -> str:
    """The block of which `text` consists, at least so many `times`; "" if there is none.

    >>> repeated("hahahaha", 3), repeated("hahahihi", 3)
    ('ha', '')
    """
    half, longest = len(text) // 2, len(text) // times
    gram = min(GRAM, half)
    if text.find(text[:gram], 1, gram + longest) < 0:  # nearly every text, and soon told
        return ""
    at = text.find(text[:half], 1, half + longest)
    return text[:at] if at > 0 and text[at:] == text[:-at] else ""


def counting(text: str, times: int) -> str:
    """What `text` says again and again in the same words, while numbers in it go up by the same steps.

    Numbers that change in another way are data, and those that go down come to an end.

    >>> counting("".join(f"Step {number}: try again. " for number in range(9)), 3)
    '#: try again. Step '
    """
    words = text.encode(errors="surrogatepass").translate(None, WHITE_AND_DIGITS).decode(errors="surrogatepass")
    if not repeated(words, times) or not is_prose(text):
        return ""
    parts = NUMBER.split(text)[2:-2]  # whole ones: text, number, …, text
    texts, numbers = parts[::2], [*map(int, parts[1::2])]
    for cycle in range(1, len(texts) // times + 1):
        if texts[cycle:] == texts[:-cycle]:
            steps = [later - number for number, later in zip(numbers, numbers[cycle:], strict=False)]
            is_up = steps[cycle:] == steps[:-cycle] and min(steps, default=-1) >= 0
            return "".join("#" + words for words in texts[-cycle:]) if is_up else ""
    return ""


def stale(before: str, recent: str, times: int) -> str:
    """What `recent` says again if nothing in it is new, and three quarters of it were said so many `times` before.

    A text that is less than a third letters is no text.

    >>> stale("Wait, no. So it is 5. But wait. So it is 5. " * 9, "But wait. So it is 5. Wait, no. So it is 5. ", 5)
    'But wait. So it is 5. Wait, no. So it is 5. '
    """
    starts = range(0, len(recent) - GRAM + 1, max(1, len(recent) // SAMPLES))
    new = rare = 0
    for at in starts:
        found = before.count(recent[at : at + GRAM])
        new += not found
        rare += found < times
        if new > NEW or 4 * rare > len(starts):
            return ""
    if not starts or 3 * sum(map(str.isalpha, recent)) < len(recent):
        return ""
    return next((recent[-size:] for size in range(SHOWN, 0, -1) if before.count(recent[-size:]) >= times), "")


def is_prose(text: str) -> bool:
    """Whether it has words, and none of the signs of code, markup and tables."""
    return any(map(str.isalpha, text)) and not MARKUP.search(text)
