"""The grid: documents for all sorts of groups, each with words that stand in no other document."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

Groups: TypeAlias = tuple[str, ...] | None
# Who sees the documents: everyone, one group, either of two, nobody who is bound to groups.
GRID: tuple[Groups, ...] = (None, ("a",), ("b",), ("a", "b"), ("c",), ())
OF_EACH = 2
WORDS = 6
SYLLABLES = [f"{one}{vowel}" for one in "bdfgklmnprstvz" for vowel in "aeiou"]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A document of the grid.

    Attributes:
        groups: who sees it; None: everyone; empty: only callers who see all documents.
        topic: the word that callers ask by.
        words: words that stand in no other document; the topic is one of them.
    """

    groups: Groups
    topic: str
    words: tuple[str, ...]

    def seen_by(self, groups: Groups) -> bool:
        """Whether a caller in these groups may see it; None: they see all documents."""
        return groups is None or self.groups is None or bool(set(groups) & set(self.groups))

    def moved_to(self, groups: Groups) -> Hidden:
        """The document for other groups."""
        return replace(self, groups=groups)

    @property
    def file_name(self) -> str:
        """The name of its file, which is its id in the document set."""
        return f"{self.topic}.md"

    @property
    def text(self) -> str:
        """Its Markdown. Its words stand in the title, a heading, metadata and the text."""
        topic, title, heading, team, code, place = self.words
        shown = "" if self.groups is None else f"groups: [{', '.join(self.groups)}]\n"
        return (
            f"---\ntitle: The {title} depot\nteam: {team}\n{shown}---\n"
            f"# The {title} depot\n\n## {heading}\n\n"
            f"The access code of the {topic} depot is {code}. It opens at {place} every day.\n"
        )


def grid_of_documents(chance: random.Random) -> list[Hidden]:
    """Some documents for each place of the grid."""
    words = _rare_words(chance)
    groups = [of for of in GRID for _ in range(OF_EACH)]
    own = [tuple(next(words) for _ in range(WORDS)) for _ in groups]
    return [Hidden(of, mine[0], mine) for of, mine in zip(groups, own, strict=True)]


def _rare_words(chance: random.Random) -> Iterator[str]:
    """Made-up words of ten letters, each once; none is in a name or text of the service."""
    found: set[str] = set()
    while True:
        word = "".join(chance.choices(SYLLABLES, k=5))
        if word not in found:
            found.add(word)
            yield word
