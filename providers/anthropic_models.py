"""What Claude's model families differ in, by their names.

A name may have more around it: `claude-sonnet-4@20250514`, `anthropic.claude-3-haiku-20240307-v1:0`. Names that are not
known here are taken for new ones, as in LiteLLM.
"""

from __future__ import annotations

import re
from typing import Final

# A version of one or two digits after the 4; eight of them are a date.
BEFORE_4_5: Final = re.compile(r"claude-(3\b|\w+-4\b(?![-.]([5-9]|\d\d)(?!\d)))")
BEFORE_4_6: Final = re.compile(r"claude-(3\b|\w+-4\b(?![-.]([6-9]|\d\d)(?!\d)))")
BEFORE_5: Final = re.compile(r"claude-(3|\w+-4)\b")


def thinks_by_budget(model: str) -> bool:
    """Whether thinking is asked for as a number of tokens: https://platform.claude.com/docs/en/build-with-claude/effort.

    Claude 4.6 deprecates that and Claude 4.7 refuses it: they think as much as they find right, at an effort.
    """
    return BEFORE_4_6.search(model) is not None


def thinks_unasked(model: str) -> bool:
    """Whether it has to be told not to think."""
    return BEFORE_5.search(model) is None


def has_strict_tools(model: str) -> bool:
    """Whether the schema of a tool can bind it: https://platform.claude.com/docs/en/agents-and-tools/tool-use/strict-tool-use."""
    return BEFORE_4_5.search(model) is None
