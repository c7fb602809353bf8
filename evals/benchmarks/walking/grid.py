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
# Stands in one more document for each place of the grid, under another title.
COPIED = (
    "Closing times are announced on the board at the gate, beside the list of those on duty, and "
    "every driver signs the sheet below it before the barrier is raised."
)
WORDS = 6
SYLLABLES = [f"{one}{vowel}" for one in "bdfgklmnprstvz" for vowel in "aeiou"]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A document of the grid.

    Attributes:
        groups: who sees it; None: everyone; empty: only callers who see all documents.
        topic: the word that callers ask by.
        words: words that stand in no other document; the topic is one of them.
        is_copy: whether its text, but for title, heading and metadata, stands in other documents
            too, for other groups.
    """

    groups: Groups
    topic: str
    words: tuple[str, ...]
    is_copy: bool = False

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
        said = (
            COPIED
            if self.is_copy
            else f"The access code of the {topic} depot is {code}. It opens at {place} every day."
        )
        return (
            f"---\ntitle: The {title} depot\nteam: {team}\n{shown}---\n"
            f"# The {title} depot\n\n## {heading}\n\n{said}\n"
        )


def grid_of_documents(chance: random.Random) -> list[Hidden]:
    """Some documents for each place of the grid, and one of them all that has the same text."""
    words = _rare_words(chance)
    places = [(of, number == OF_EACH) for of in GRID for number in range(OF_EACH + 1)]
    own = [tuple(next(words) for _ in range(WORDS)) for _ in places]
    return [
        Hidden(of, mine[0], mine, is_copy) for (of, is_copy), mine in zip(places, own, strict=True)
    ]


def _rare_words(chance: random.Random) -> Iterator[str]:
    """Made-up words of ten letters, each once; none is in a name or text of the service."""
    found: set[str] = set()
    while True:
        word = "".join(chance.choices(SYLLABLES, k=5))
        if word not in found:
            found.add(word)
            yield word
