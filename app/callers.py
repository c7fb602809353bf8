"""Who asks, and what they may do and see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Role = Literal["reader", "editor", "admin"]
# Each may do what those before it may.
ROLES: tuple[Role, ...] = ("reader", "editor", "admin")
# Who may read a text that was made from documents: callers who are in one group of every list. An
# empty list is met only by callers who see all documents.
Needs: TypeAlias = list[list[str]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        name: for people to read, in logs and records: `key ci-bot`, `anna@example.org`, or an
            address. Two callers may have the same name; nothing is decided by it.
        role: `reader` asks; `editor` also changes document sets; `admin` also manages access.
        groups: whose documents they see beside those that everyone sees; None: all documents.
        id: exact and the same forever: `key:<public id>`, `token:<hash of issuer and subject>`,
            `address:<address>`, `operator:<user>`. What is stored belongs to an id, and limits count
            by it. Default: made from the name, for callers inside a program.
        until: when what they showed ends, in UTC, where that is known from the outset: of tokens, and of
            sign-ins at the issuer. For keys the database holds it.
    """

    name: str
    role: Role
    groups: frozenset[str] | None = None
    id: str = ""
    until: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Give an id to a caller that has none."""
        if not self.id:
            object.__setattr__(self, "id", f"name:{self.name}")

    def may(self, role: Role) -> bool:
        """Whether their role is this one or one above it."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def oversees(self) -> bool:
        """Whether they see what others asked: admins who see all documents."""
        return self.may("admin") and self.groups is None

    def owns(self, owner: str | None) -> bool:
        """Whether something is theirs, by the id of its owner; None: nobody knows whose it is."""
        return owner is not None and owner == self.id

    def meets(self, needs: Needs | None) -> bool:
        """Whether they may read a text now; `needs` is None where nobody noted what it takes."""
        if self.groups is None:
            return True
        return needs is not None and all(self.groups.intersection(one_of) for one_of in needs)

    @property
    def all_they_see(self) -> Needs:
        """What it takes to see at least what they see: for a text of unknown origin."""
        return all_of(self.groups)


def all_of(groups: Iterable[str] | None) -> Needs:
    """What only who is in every one of these groups meets; None: only who sees all documents."""
    return [[]] if groups is None else [[group] for group in sorted(set(groups))]


def together(*parts: Iterable[Iterable[str]]) -> Needs:
    """What a text takes that is made from several, each once and in one order."""
    found = {tuple(sorted(set(one_of))) for part in parts for one_of in part}
    return [list(one_of) for one_of in sorted(found)]
