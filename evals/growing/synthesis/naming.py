"""Name things of a document within a question."""

from __future__ import annotations

import re

from ingestion.documents import Chunk

NUMBERING = re.compile(r"^(?:(?:\d+|[A-Z])(?:\.\d+)*[.)]?\s+|(?:part|section)\s+\w+:\s*)", re.I)


VERSION = re.compile(r"\s*\((?:version|v\d|rev)[^()]*\)\s*$", re.I)


def place(chunk: Chunk) -> str:
    """The document by its title, with the nearest heading where that says something else."""
    title = VERSION.sub("", chunk.title) or chunk.title
    heading = NUMBERING.sub("", chunk.heading_path[-1]).strip() if chunk.heading_path else ""
    if heading and heading.casefold() not in title.casefold():
        return f"“{title}” ({heading})"
    return f"“{title}”"


def in_sentence(name: str) -> str:
    """A name without the capital that only began it; `RPO` and `Rimelog key` of a code stay."""
    first, _, rest = name.partition(" ")
    if first[:1].isupper() and first[1:].islower():
        first = first.lower()
    return f"{first} {rest}".strip()
