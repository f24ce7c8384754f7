"""The public settings are attributes of the package, as LiteLLM has them: `rillm.success_callback = [...]`.

They are read at each use, so that an assignment counts at once.
"""

import os
import sys
from typing import Any

DEFAULT_REPEAT_LIMIT = 100


def setting(name: str) -> Any:
    """The value of `rillm.<name>` at this moment."""
    return getattr(sys.modules["rillm"], name)


def repeat_limit_from_environment() -> int:
    """`REPEATED_STREAMING_CHUNK_LIMIT`, or 100."""
    return int(os.environ.get("REPEATED_STREAMING_CHUNK_LIMIT") or DEFAULT_REPEAT_LIMIT)
