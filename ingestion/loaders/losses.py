"""What loaders leave out on purpose, counted in words: the whole list of allowed losses."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum

DROPPED = "dropped"  # the metadata field


class Loss(StrEnum):
    """Why text of a source is not in its document."""

    HIDDEN = "hidden by the author"
    STRUCK_OUT = "struck out or deleted"
    RUNNING = "running headers, footers and page numbers"
    READING_AID = "reading aids (ruby)"
    SCRIPT = "scripts, styles and controls"
    NAVIGATION = "navigation and advertisements"
    DUPLICATE = "the same text again, as another program's fallback"
    COMMENT = "comments of reviewers"
    LINE_NUMBER = "line numbers of code"


_LINE = re.compile(r"(.+): (\d+) words?")


def counted(lines: object) -> Counter[str]:
    """Words by reason, from the lines in a document's metadata; other lines are passed over.

    A document may have a field of the same name that is its author's.
    """
    words: Counter[str] = Counter()
    for line in lines if isinstance(lines, list) else ():
        found = _LINE.fullmatch(str(line))
        if found and found[1] in set(Loss):
            words[found[1]] += int(found[2])
    return words


class Losses:
    """Counts words left out of one document, by reason."""

    def __init__(self) -> None:
        self._words: Counter[Loss] = Counter()

    def add(self, loss: Loss, text: str) -> None:
        """Count the words of a text that is left out."""
        if words := len(text.split()):
            self._words[loss] += words

    def lines(self) -> list[str]:
        """One line for each reason, as metadata holds them: `hidden by the author: 12 words`."""
        return [
            f"{loss}: {count} word{'s' if count > 1 else ''}"
            for loss, count in sorted(self._words.items())
        ]
