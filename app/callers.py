"""Who asks, and what they may do and see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["reader", "editor", "admin"]
# Each may do what those before it may.
ROLES: tuple[Role, ...] = ("reader", "editor", "admin")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        name: for logs and records: `key ci-bot`, `anna@example.org`, or an address.
        role: `reader` asks; `editor` also changes document sets; `admin` also manages access.
        groups: whose documents they see beside those that everyone sees; None: all documents.
    """

    name: str
    role: Role
    groups: frozenset[str] | None = None

    def may(self, role: Role) -> bool:
        """Whether their role is this one or one above it."""
        return ROLES.index(self.role) >= ROLES.index(role)
