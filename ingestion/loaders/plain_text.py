"""Plain text: what is written is what is indexed, one block per paragraph."""

from __future__ import annotations

import re

from ingestion.loaders.cleaning import clean
from ingestion.loaders.decoding import decode
from ingestion.loaders.extraction import TextBuilder

# A first line of more characters is prose rather than a title.
LONGEST_TITLE_LINE = 80

_BLANK_LINE = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)*\n")


def extract(data: bytes, name: str) -> TextBuilder:
    """Paragraphs as they are laid out; a short first line is the title."""
    decoded = decode(data, name)
    builder = TextBuilder()
    builder.metadata.update(decoded.metadata)
    text = clean(decoded.text).strip()
    first = text[: LONGEST_TITLE_LINE + 1].split("\n", 1)[0].strip()
    if len(first) <= LONGEST_TITLE_LINE and not first.endswith((".", ",", ";", ":")):
        builder.title = first
    for paragraph in _BLANK_LINE.split(text):
        builder.verbatim(paragraph)
    return builder
