"""An Office file's own properties as metadata."""

from __future__ import annotations

import datetime
import re
from typing import Protocol

from ingestion.loaders.cleaning import one_line
from ingestion.loaders.extraction import TextBuilder

# Authors that are the names of libraries.
_PROGRAMS = frozenset(
    ("python-docx", "python-pptx", "openpyxl", "apache poi", "xlsxwriter", "steve canny")
)


class CoreProperties(Protocol):
    """What python-docx and python-pptx offer under the same names."""

    @property
    def title(self) -> str: ...
    @property
    def author(self) -> str: ...
    @property
    def created(self) -> datetime.datetime | None: ...
    @property
    def modified(self) -> datetime.datetime | None: ...
    @property
    def subject(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def keywords(self) -> str: ...


def read_properties(properties: CoreProperties, builder: TextBuilder) -> None:
    """Take over title, author, dates and keywords, as far as somebody wrote them."""
    builder.title = properties.title or None
    keep(
        builder,
        author=properties.author,
        subject=properties.subject,
        category=properties.category,
        keywords=properties.keywords,
        created=properties.created,
        modified=properties.modified,
    )


def keep(builder: TextBuilder, **values: str | datetime.datetime | None) -> None:
    """Add those values that say something; dates in ISO form, keywords as a list."""
    for key, value in values.items():
        if isinstance(value, datetime.datetime):
            builder.metadata[key] = value.isoformat()
            continue
        text = one_line(value or "")
        if not text or text.lower() in _PROGRAMS:
            continue
        if key == "keywords":
            builder.metadata[key] = [word for word in re.split(r"\s*[,;]\s*", text) if word]
        else:
            builder.metadata[key] = text
