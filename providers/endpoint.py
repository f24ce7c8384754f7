"""Where a request is posted, from the address that somebody gave."""

from __future__ import annotations

from urllib.parse import urlsplit


def endpoint(base: str, path: str) -> str:
    """The URL of `path` below `base`, which may end in the beginning of `path`, or in all of it.

        >>> endpoint("https://api.cohere.com", "/v2/chat"), endpoint("https://api.cohere.com/v2", "/v2/chat")
        ('https://api.cohere.com/v2/chat', 'https://api.cohere.com/v2/chat')

    Args:
        base: as `Provider.url` returns it, without a slash at the end.
        path: with a slash at its beginning.
    """
    steps = path.split("/")
    for count in range(len(steps), 1, -1):
        beginning = "/".join(steps[:count])
        if urlsplit(base).path.endswith(beginning):
            return base + path.removeprefix(beginning)
    return base + path
