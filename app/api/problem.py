"""An error, as REST returns it."""

from __future__ import annotations

from pydantic import BaseModel


class ProblemDetail(BaseModel):
    """An error, as RFC 9457 has it.

    Attributes:
        type: a URN that names the kind of problem, for programs.
        title: the kind of problem, for people.
        status: the HTTP status.
        detail: what is wrong with this request, and the mend.
        instance: the path that was asked for.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
