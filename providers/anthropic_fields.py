"""Where blocks of Anthropic's are kept that OpenAI's message has no place for: in its `provider_specific_fields`.

The names are LiteLLM's, where it has any.
"""

from __future__ import annotations

from typing import Any, Final

Values = dict[str, Any]

CALLS: Final = "server_tool_calls"  # of tools that Anthropic runs: `id`, `name`, `arguments` as JSON text
SEARCHES: Final = "web_search_results"
RESULTS: Final = "tool_results"
COMPACTIONS: Final = "compaction_blocks"
OTHERS: Final = "content_blocks"
OUTLINE: Final = "outline"  # the order of the blocks, where the message alone does not tell it

CLIENT_CALL: Final = "tool_use"
SERVER_CALLS: Final = frozenset({"server_tool_use", "mcp_tool_use"})
IN_THE_MESSAGE: Final = frozenset({"text", "thinking", "redacted_thinking", CLIENT_CALL})
RESULT: Final = "_tool_result"
KINDS: Final = {"web_search_tool_result": SEARCHES, "compaction": COMPACTIONS}


def field_of(kind: str) -> str:
    """The field for blocks of a kind."""
    if kind in SERVER_CALLS:
        return CALLS
    return KINDS.get(kind, RESULTS if kind.endswith(RESULT) else OTHERS)


def is_kept_apart(kind: str) -> bool:
    """Whether OpenAI's message has no place for blocks of a kind."""
    return kind not in IN_THE_MESSAGE
