"""What is asked under load, and which questions ask the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import permutations
from pathlib import Path

# Asked again and again, asked in other words, and asked one after the other in a conversation.
REPEATED, REWORDED, TALKED = 40, 40, 60
COURTESIES = ("Could you please tell me: {}", "I would like to know: {}", "Hello, {}")
ARTICLES = ("a", "an", "the")
FOLLOW_UP = "And the next one?"


@dataclass(frozen=True, slots=True)
class Pool:
    """Questions by what they are for.

    Attributes:
        repeated: asked again and again.
        reworded: asked as they are and in other words.
        talked: a conversation asks one and then `FOLLOW_UP`, which means the one after it.
        new: asked once.
    """

    repeated: list[str]
    reworded: list[str]
    talked: list[str]
    new: list[str]

    def fresh(self) -> Iterator[str]:
        """Questions that nobody asked yet; when all were, two in one."""
        yield from self.new
        for one, other in permutations(self.new, 2):
            yield f"{one.rstrip('?')}, and {other}"

    def after(self, question: str) -> str:
        """The question that a follow-up to a talked one means."""
        return self.talked[(self.talked.index(question) + 1) % len(self.talked)]

    def save(self, file: Path) -> None:
        """Write it for the process that asks."""
        file.write_text(json.dumps(asdict(self)), "utf-8")


def load_pool(file: Path) -> Pool:
    """What `save` wrote."""
    return Pool(**json.loads(file.read_text("utf-8")))


def pool_of(texts: list[str]) -> Pool:
    """Share questions out, each once: one that differs from another in articles only is the same."""
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(_without_articles(text), " ".join(text.split()))
    texts = list(found.values())
    first, second, third = REPEATED, REPEATED + REWORDED, REPEATED + REWORDED + TALKED
    return Pool(texts[:first], texts[first:second], texts[second:third], texts[third:])


def _without_articles(text: str) -> str:
    return " ".join(word for word in text.lower().split() if word not in ARTICLES)


def plain(question: str) -> str:
    """A question without its courtesy: two that are alike in this ask the same."""
    for courtesy in COURTESIES:
        before = courtesy.removesuffix("{}")
        if question.startswith(before):
            return question.removeprefix(before)
    return question
