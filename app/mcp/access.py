"""Who asks over MCP, and what they may: at the service by their credential, over stdio by who started it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from starlette.requests import Request

from app.api.callers import guard_of, identified
from app.api.problems import problem_for
from app.callers import Caller, Role
from app.errors import AccessDenied
from prompts.errors import PlumbError


class Access(Protocol):
    """Decides for one call after the other; `request` is the HTTP request it came in, if any."""

    def caller(self, request: Request | None) -> Caller:
        """Who calls."""

    def working(self, request: Request | None) -> AbstractContextManager[None]:
        """Hold what an answer takes, while one is made.

        Raises:
            TooBusy: the caller, or all together, hold as much as they may.
        """

    def require(self, request: Request | None, role: Role, asked: str) -> None:
        """Let a caller of this role pass, and of those above it.

        Raises:
            AccessDenied: the caller's role is another.
        """

    def message_for(self, error: PlumbError, request: Request | None) -> str:
        """The message of an error for this caller."""


class ServiceAccess:
    """As REST: the route has identified the caller and spent the rates; slots are taken here."""

    def caller(self, request: Request | None) -> Caller:
        return identified(_sent(request))

    @contextmanager
    def working(self, request: Request | None) -> Iterator[None]:
        sent = _sent(request)
        guard = guard_of(sent)
        who = guard.holder(identified(sent))
        with guard.slots.taken(who), guard.processor.serving(who):
            yield

    def require(self, request: Request | None, role: Role, asked: str) -> None:
        sent = _sent(request)
        caller = identified(sent)
        if not caller.may(role):
            raise guard_of(sent).refusal(caller, asked, _takes(role, caller))

    def message_for(self, error: PlumbError, request: Request | None) -> str:
        return problem_for(error, _sent(request)).detail


class LocalAccess:
    """As a command of the command line: a person who can start it can read the index anyway.

    Args:
        caller: who is taken to ask.
        line: an error in one line, without secrets.
    """

    def __init__(self, caller: Caller, line: Callable[[Exception], str]) -> None:
        self._caller = caller
        self._line = line

    def caller(self, request: Request | None) -> Caller:
        return self._caller

    def working(self, request: Request | None) -> AbstractContextManager[None]:
        return nullcontext()

    def require(self, request: Request | None, role: Role, asked: str) -> None:
        if not self._caller.may(role):
            raise AccessDenied(_takes(role, self._caller))

    def message_for(self, error: PlumbError, request: Request | None) -> str:
        return self._line(error)


def _takes(role: Role, caller: Caller) -> str:
    return f"this takes the role {role}, and {caller.name} has the role {caller.role}."


def _sent(request: Request | None) -> Request:
    if request is None:
        raise RuntimeError("a call to the service came without its HTTP request")
    return request
