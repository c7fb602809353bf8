"""Choose what a reader would call a document."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ingestion.loaders.cleaning import one_line

LONGEST_TITLE = 200

# What programs write when nobody chose a title.
_PLACEHOLDER = re.compile(
    r"(untitled|unbenannt|sans titre|no title|title|document|word document|"
    r"(powerpoint |google )?pr[eé]sentation|slide ?\d*|"
    r"(untitled|new|neues)? ?(document|dokument|presentation)[ \d]*|book ?\d*|anonymous|"
    r"unspecified)",
    re.IGNORECASE,
)
_GENERIC_HEADING = re.compile(
    r"(table of )?contents|inhalt(sverzeichnis)?|abstract|summary|preface|foreword|index|notes|"
    r"acknowledge?ments?|references|introduction",
    re.IGNORECASE,
)
_PROGRAM_PREFIX = re.compile(r"microsoft (word|powerpoint|excel) - ", re.IGNORECASE)
_FILE_NAME = re.compile(
    r".*\.(pdf|docx?|xlsx?|pptx?|odt|rtf|tex|dvi|ps|indd|qxd|txt|html?|md)", re.IGNORECASE
)


def stated_title(text: str | None) -> str | None:
    """A title from a file's properties, or None if a program rather than a person chose it."""
    title = one_line(text or "")
    if not title or len(title) > LONGEST_TITLE or not any(map(str.isalpha, title)):
        return None
    if _PROGRAM_PREFIX.match(title) or _FILE_NAME.fullmatch(title):
        return None
    if _PLACEHOLDER.fullmatch(title.strip("()[]<> ")):
        return None
    return title


def is_file_name(title: str, document_id: str) -> bool:
    """Whether the title only repeats the file's name: 'scan-0012' of scan-0012.pdf."""
    stem = PurePosixPath(document_id).stem
    return _letters(title) == _letters(stem)


def is_generic(heading: str) -> bool:
    """Whether a heading names a part that any document may have, rather than the whole."""
    return _GENERIC_HEADING.fullmatch(heading.strip(" .:")) is not None


def title_from_name(document_id: str) -> str:
    """The file's name made readable: 'annual_report-2024.pdf' is 'Annual report 2024'."""
    name = PurePosixPath(document_id)
    words = one_line(re.sub(r"[_\-\s]+", " ", name.stem))
    return words[:1].upper() + words[1:] if words else document_id


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
