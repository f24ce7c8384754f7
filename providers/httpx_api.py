"""The one place that imports httpx, because it has a successor with the same names (httpx2)."""

import httpx

__all__ = ["httpx"]
