"""Which formats can be read, and whether a file is what its name says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import PurePosixPath

from ingestion.errors import EmptyDocument, UnreadableDocument, UnsupportedFormat
from ingestion.loaders.decoding import check_is_text

# Enough to meet the marks below; PDF readers accept "%PDF-" anywhere in the first kilobyte.
HEAD_BYTES = 8192


class Container(Enum):
    """What kind of bytes a format is written in."""

    TEXT = auto()
    PDF = auto()
    ZIP = auto()


@dataclass(frozen=True, slots=True)
class Format:
    """A format and the module below `ingestion.loaders` that reads it."""

    media_type: str
    module: str
    container: Container


_OFFICE = "application/vnd.openxmlformats-officedocument"
_MARKDOWN = Format("text/markdown", "markdown", Container.TEXT)
_HTML = Format("text/html", "html", Container.TEXT)
_PLAIN = Format("text/plain", "plain_text", Container.TEXT)
_JSON_LINES = Format("application/jsonl", "records", Container.TEXT)
_SHEET = Format(f"{_OFFICE}.spreadsheetml.sheet", "office.xlsx", Container.ZIP)

FORMATS: dict[str, Format] = {
    ".csv": Format("text/csv", "delimited", Container.TEXT),
    ".docx": Format(f"{_OFFICE}.wordprocessingml.document", "office.docx", Container.ZIP),
    ".htm": _HTML,
    ".html": _HTML,
    ".jsonl": _JSON_LINES,
    ".log": _PLAIN,
    ".markdown": _MARKDOWN,
    ".md": _MARKDOWN,
    ".ndjson": _JSON_LINES,
    ".pdf": Format("application/pdf", "pdf", Container.PDF),
    ".pptx": Format(f"{_OFFICE}.presentationml.presentation", "office.pptx", Container.ZIP),
    ".text": _PLAIN,
    ".tsv": Format("text/tab-separated-values", "delimited", Container.TEXT),
    ".txt": _PLAIN,
    ".xhtml": _HTML,
    ".xlsm": _SHEET,
    ".xlsx": _SHEET,
}
SUPPORTED_SUFFIXES = tuple(sorted(FORMATS))

# Old binary formats, and what to save them as.
_SUCCESSOR = {".doc": ".docx", ".ppt": ".pptx", ".xls": ".xlsx", ".rtf": ".docx", ".odt": ".docx"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def format_of(name: str) -> Format:
    """The format that a file's suffix announces.

    Raises:
        UnsupportedFormat: there is no loader for it.
    """
    suffix = PurePosixPath(name).suffix.lower()
    known = FORMATS.get(suffix)
    if known:
        return known
    if suffix in _SUCCESSOR:
        raise UnsupportedFormat(
            f"{name}: {suffix} files are not supported; save it as {_SUCCESSOR[suffix]} or .pdf"
        )
    what = f"{suffix} files are" if suffix else "files without a suffix are"
    raise UnsupportedFormat(f"{name}: {what} not supported; use {', '.join(SUPPORTED_SUFFIXES)}")


def check_content(head: bytes, expected: Format, name: str) -> None:
    """Check a file's first bytes against the format its name announces.

    Raises:
        EmptyDocument: there are no bytes.
        UnreadableDocument: it is something else, or encrypted.
    """
    if not head:
        raise EmptyDocument(f"{name}: the file is empty (0 bytes); fill or remove it")
    if head.startswith(_OLE):
        raise UnreadableDocument(
            f"{name}: is encrypted, or in the format of Office 97-2003; "
            "remove the password, or save it in a current format"
        )
    actual = _container(head)
    if actual is expected.container:
        if actual is Container.TEXT:
            check_is_text(head, name)
        return
    suffix = PurePosixPath(name).suffix.lower() or expected.media_type
    if actual is Container.PDF:
        raise UnreadableDocument(f"{name}: is a PDF, not a {suffix} file; rename it to .pdf")
    if actual is Container.ZIP:
        raise UnreadableDocument(
            f"{name}: is a ZIP archive or Office document, not a {suffix} file; "
            "rename it to its real suffix, or unpack it"
        )
    raise UnreadableDocument(
        f"{name}: is not a {suffix} file (it starts with {head[:12]!r}); "
        "get it again, or give it the suffix of its real format"
    )


def _container(head: bytes) -> Container:
    # Text may well speak of "%PDF-"; only at the very start does it make a text file a PDF.
    if head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-"):
        return Container.PDF
    if head.startswith(_ZIP):
        return Container.ZIP
    if b"%PDF-" in head[:1024] and b" obj" in head:
        return Container.PDF
    return Container.TEXT
