"""What is different between two answers: words and passages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

from pydantic import BaseModel

from app.answering.answer import Passage

# A word with the white space behind it, so that stretches are not torn apart by equal spaces.
WORDS = re.compile(r"\w+\s*|\W")


class PassageMove(BaseModel):
    """A passage whose rank is not what it was.

    Attributes:
        chunk_id: the passage's chunk.
        document: the document it is from.
        title: that document's title.
        before: its rank then, from 1; None: it was not there.
        after: its rank now; None: it is not there.
    """

    chunk_id: str
    document: str
    title: str
    before: int | None
    after: int | None


class Stretch(BaseModel):
    """Some of the words: in both texts, only in the one before, or only in the one after."""

    kind: Literal["same", "removed", "added"]
    text: str


def passage_moves(before: list[Passage], after: list[Passage]) -> list[PassageMove]:
    """The passages that came, went or moved: by their rank now, then those that went."""
    then = {passage.chunk_id: rank for rank, passage in enumerate(before, start=1)}
    now = {passage.chunk_id: rank for rank, passage in enumerate(after, start=1)}
    return [
        PassageMove(
            chunk_id=key,
            document=passage.document,
            title=passage.title,
            before=then.get(key),
            after=now.get(key),
        )
        for key, passage in {passage.chunk_id: passage for passage in [*after, *before]}.items()
        if then.get(key) != now.get(key)
    ]


def text_diff(before: str, after: str) -> list[Stretch]:
    """Both texts, word by word, in stretches that are the same, removed or added."""
    then, now = WORDS.findall(before), WORDS.findall(after)
    return list(_stretches(then, now))


def _stretches(then: list[str], now: list[str]) -> Iterator[Stretch]:
    matcher = SequenceMatcher(None, then, now, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            yield Stretch(kind="same", text="".join(then[i:j]))
            continue
        if i < j:
            yield Stretch(kind="removed", text="".join(then[i:j]))
        if k < m:
            yield Stretch(kind="added", text="".join(now[k:m]))
