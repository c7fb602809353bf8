"""One file of a source: what it is called, where it is, and how to tell that it has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingestion.loaders import RecordFields


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a source lists. Plain data: it can be sent to another process.

    Attributes:
        document_id: what to call its document: the source's prefix and the path below the source.
        source: key of the source that lists it.
        url: where its bytes are: a local path, or a URL that fsspec opens.
        shown: where it comes from as readers are shown it: of a local file its source's folder and
            the path below, of any other its URL.
        size: bytes; 0 where the source does not tell.
        stamp: the source's own mark of the content (an ETag, a checksum, a version id); None where
            there is none that can be trusted, and then the bytes are read to know.
        format_name: a file name whose suffix tells the format, where `document_id` does not
            ("page.html" for a web page without a suffix).
        records: which fields of a record are which, for JSONL and CSV.
        groups: who sees its documents, whatever they say themselves; none: they say it.
        options: fsspec's storage options for `url`; secrets are not among them, they come from
            the environment.
        networks: what a page may be fetched from beside the public internet; see
            `sync.allowed_networks`. No definition can set it.
    """

    document_id: str
    source: str
    url: str
    size: int = 0
    stamp: str | None = None
    format_name: str | None = None
    records: RecordFields | None = None
    groups: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    shown: str = ""
