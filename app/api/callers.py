"""Who asks, for the records of jobs, publications and answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.callers import Caller


def caller(request: Request) -> str:
    """The caller as far as the connection tells: an address."""
    return f"{request.client.host if request.client else 'unknown'} over REST"


def _who(request: Request) -> Caller:
    return Caller(caller(request), "admin")


CallerDep = Annotated[Caller, Depends(_who)]
