"""One of the two callers of a walk."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.callers import Role
from evals.benchmarks.walking.grid import Groups


@dataclass
class Walker:
    """A caller with a key or a token.

    Attributes:
        name: of their key or in their token.
        role: what they may do.
        groups: which they are in now; None: they see all documents.
        subject: of their token; None: they have a key.
        secret: the key or token that they show.
        typed: rare words that they themselves have sent.
    """

    name: str
    role: Role
    groups: Groups
    subject: str | None
    secret: str = ""
    typed: set[str] = field(default_factory=set)

    @property
    def sees(self) -> Groups:
        """Whose documents they may see: administrators with a token see all."""
        return None if self.subject is not None and self.role == "admin" else self.groups
