"""The hash of a file and of how it is read: who may see it and its record fields count too."""

from __future__ import annotations

import hashlib
import json
import re

from ingestion.sources.source_file import SourceFile

_GROUPS = re.compile(r"#groups:[0-9a-f]{32}$")


def file_fingerprint(file: SourceFile, bytes_hash: str) -> str:
    """The bytes' hash; after a plus sign, the record fields and a mark of the source's groups."""
    fields = file.records
    how = "" if fields is None else f"{fields.id},{fields.title},{fields.text}"
    if file.groups:
        named = json.dumps(sorted(set(file.groups))).encode()
        how += f"#groups:{hashlib.blake2b(named, digest_size=16).hexdigest()}"
    return f"{bytes_hash}+{how}" if how else bytes_hash


def bytes_of(file_hash: str) -> str:
    """The hash of the bytes alone."""
    return file_hash.partition("+")[0]


def same_groups(before: str, now: str) -> bool:
    """Whether two hashes are of files whose sources name the same groups."""
    return _mark(before) == _mark(now)


def _mark(file_hash: str) -> str:
    found = _GROUPS.search(file_hash)
    return found.group() if found else ""
