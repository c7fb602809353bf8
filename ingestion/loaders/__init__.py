"""Read files into documents: one module per format, one door for all.

Importing this package is cheap; a parser library is imported when a file needs it.
"""

from __future__ import annotations

from ingestion.loaders.files import FoundFile, find_files
from ingestion.loaders.formats import SUPPORTED_SUFFIXES
from ingestion.loaders.loading import load
from ingestion.loaders.records import LoadProblem, RecordFields

# Raise it whenever the same bytes come to be read as another text, cut differently or stored with
# other facets: every set is then rebuilt at its next sync.
EXTRACTION = "6"

__all__ = [
    "EXTRACTION",
    "SUPPORTED_SUFFIXES",
    "FoundFile",
    "LoadProblem",
    "RecordFields",
    "find_files",
    "load",
]
