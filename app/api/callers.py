"""Who asks, for the records of jobs and publications."""

from __future__ import annotations

from fastapi import Request


def caller(request: Request) -> str:
    """The caller as far as the connection tells: an address."""
    return f"{request.client.host if request.client else 'unknown'} over REST"
