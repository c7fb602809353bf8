"""Get at the bytes of a file that a source lists, wherever it is."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath

from ingestion.errors import UnreadableDocument
from ingestion.loaders.files import reason
from ingestion.loaders.loading import LARGEST_FILE
from ingestion.sources.locations import is_web, local_path, scheme_of
from ingestion.sources.source_file import SourceFile

_BLOCK = 1024 * 1024
# A record file in storage may be larger than memory; it is read one line at a time.
_READ_BY_LINE = (".jsonl", ".ndjson")
_LONGEST_SUFFIX = 16


@contextmanager
def local_copy(file: SourceFile, folder: Path | None = None) -> Iterator[Path]:
    """Where the file's bytes can be read: a local file itself, or a copy that is removed after.

    Args:
        file: what to read.
        folder: where a copy is put, by default the system's folder for temporary files. A
            process that may be killed gets one that its parent clears.

    Raises:
        UnreadableDocument: it cannot be fetched, or is too large.
    """
    path = _local(file)
    if path is not None:
        yield path
        return
    suffix = PurePosixPath(file.format_name or file.document_id).suffix
    with tempfile.NamedTemporaryFile(
        prefix="plumb-", suffix=suffix if len(suffix) <= _LONGEST_SUFFIX else "", dir=folder
    ) as copy:
        with closing(_remote_blocks(file)) as blocks:
            for block in blocks:
                try:
                    copy.write(block)
                except OSError as error:
                    raise _no_room(file, error) from error
        try:
            copy.flush()
        except OSError as error:
            raise _no_room(file, error) from error
        yield Path(copy.name)


def content_hash(file: SourceFile) -> str:
    """SHA-256 of the file's bytes, 64 hex digits; read in blocks, kept nowhere.

    Raises:
        UnreadableDocument: it cannot be read, or is too large.
    """
    path = _local(file)
    if path is not None:
        try:
            with path.open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            raise UnreadableDocument(
                f"{file.document_id}: cannot be read: {reason(error)}; "
                "check the file and its permissions"
            ) from error
    digest = hashlib.sha256()
    with closing(_remote_blocks(file)) as blocks:
        for block in blocks:
            digest.update(block)
    return digest.hexdigest()


def _local(file: SourceFile) -> Path | None:
    try:
        return local_path(file.url)
    except ValueError as error:
        raise UnreadableDocument(f"{file.document_id}: {file.url} {error}") from error


def _remote_blocks(file: SourceFile) -> Generator[bytes, None, None]:
    blocks = _page_blocks(file) if is_web(file.url) else _storage_blocks(file)
    by_line = PurePosixPath(file.document_id).suffix.lower() in _READ_BY_LINE
    limit = None if by_line and not is_web(file.url) else LARGEST_FILE
    total = 0
    with closing(blocks):
        for block in blocks:
            total += len(block)
            if limit is not None and total > limit:
                raise UnreadableDocument(
                    f"{file.document_id}: more than the {limit >> 20} MB that one document may "
                    "have; split it"
                )
            yield block


def _page_blocks(file: SourceFile) -> Generator[bytes, None, None]:
    from ingestion.sources.web_client import WITHIN, opened_page, web_client

    within = file.options.get(WITHIN, ())
    with (
        web_client(file.options, file.networks) as client,
        opened_page(client, "GET", file.url, within=within, error=UnreadableDocument) as page,
    ):
        yield from page.iter_bytes(_BLOCK)


def _storage_blocks(file: SourceFile) -> Generator[bytes, None, None]:
    from ingestion.sources.storage import open_storage, why

    filesystem, path = open_storage(file.url, file.options, UnreadableDocument)
    try:
        with filesystem.open(path, "rb") as opened:
            while block := opened.read(_BLOCK):
                yield block
    except Exception as error:
        detail = why(error, scheme_of(file.url) or "")
        raise UnreadableDocument(f"{file.document_id}: {file.url}: {detail}") from error


def _no_room(file: SourceFile, error: OSError) -> UnreadableDocument:
    return UnreadableDocument(
        f"{file.document_id}: no room for a copy ({reason(error)}); free space in "
        f"{tempfile.gettempdir()}, or set TMPDIR"
    )
