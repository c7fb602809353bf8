"""Look into an Office file's archive before a parser unpacks it."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import PurePosixPath

from ingestion.errors import UnreadableDocument
from ingestion.visibility import GroupRule

LARGEST_UNPACKED = 512 * 1024 * 1024
# One XML part becomes a tree in memory, several times its size.
LARGEST_PART = 128 * 1024 * 1024
# Real documents shrink to a twentieth; what shrinks further and is large was made to.
_HIGHEST_RATIO = 200
_SMALL = 32 * 1024 * 1024

_CUSTOM_PROPERTIES = "docProps/custom.xml"
_KINDS = {"word": ".docx", "ppt": ".pptx", "xl": ".xlsx"}


def open_archive(data: bytes, name: str, folder: str, *, streamed: bool = False) -> zipfile.ZipFile:
    """The archive, once it is known to be the expected kind of document and of bounded size.

    Args:
        data: the file's bytes.
        name: what to call it in an error.
        folder: the archive's main folder: word, ppt or xl.
        streamed: the parser reads parts piece by piece, so only the total is bounded.

    Raises:
        UnreadableDocument: it is something else, or would unpack to too much.
    """
    archive = zipfile.ZipFile(BytesIO(data))
    parts = archive.infolist()
    folders = {PurePosixPath(part.filename).parts[0] for part in parts if "/" in part.filename}
    if folder not in folders:
        _refuse_kind(name, folder, folders)
    # zipfile stops at the declared size, so an archive that lies about it gains nothing.
    total = sum(part.file_size for part in parts)
    largest = max((part.file_size for part in parts if part.filename.endswith(".xml")), default=0)
    if total > LARGEST_UNPACKED or (largest > LARGEST_PART and not streamed):
        raise UnreadableDocument(
            f"{name}: unpacks to {total >> 20} MB, more than a document may have; split it"
        )
    if total > _SMALL and total > _HIGHEST_RATIO * len(data):
        raise UnreadableDocument(
            f"{name}: {len(data) >> 10} KB unpack to {total >> 20} MB, as in a ZIP bomb; "
            "save it again with its own program"
        )
    return archive


def note_groups(archive: zipfile.ZipFile, groups: GroupRule) -> None:
    """Note what the properties that somebody added to a document say of its groups."""
    try:
        part = archive.read(_CUSTOM_PROPERTIES)
    except KeyError:
        return
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(part, parser)
    except etree.XMLSyntaxError:
        if b"groups" in part.lower():
            groups.hide("its added properties name groups and cannot be read")
        return
    for item in root:
        name = item.get("name")
        if name is not None:
            groups.read(name, "".join(item.itertext()))


def _refuse_kind(name: str, folder: str, folders: set[str]) -> None:
    actual = next((suffix for found, suffix in _KINDS.items() if found in folders), None)
    wanted = PurePosixPath(name).suffix
    if actual:
        raise UnreadableDocument(
            f"{name}: is a {actual} document, not {wanted}; rename it to {actual}"
        )
    raise UnreadableDocument(
        f"{name}: is a ZIP archive without a {_KINDS[folder]} document in it; unpack it first"
    )
