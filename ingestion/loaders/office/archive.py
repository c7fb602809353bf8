"""Look into an Office file's archive before a parser unpacks it."""

from __future__ import annotations

import posixpath
import re
import zipfile
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

from ingestion.documents.visibility import GroupRule
from ingestion.errors import UnreadableDocument

LARGEST_UNPACKED = 512 * 1024 * 1024
# One XML part becomes a tree in memory, several times its size.
LARGEST_PART = 128 * 1024 * 1024
# Real documents shrink to a twentieth; what shrinks further and is large was made to.
_HIGHEST_RATIO = 200
_SMALL = 32 * 1024 * 1024

_CUSTOM_PROPERTIES = "docProps/custom.xml"
_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_NAME = re.compile(re.escape(_STRICT) + rb"(\w+)/([\w/-]+)")
_RENAMED = {
    b"extendedProperties": b"extended-properties",
    b"customProperties": b"custom-properties",
}
_KINDS = {"word": ".docx", "ppt": ".pptx", "xl": ".xlsx"}


def open_archive(
    data: bytes, name: str, folder: str, *, streamed: bool = False
) -> tuple[zipfile.ZipFile, bytes]:
    """The archive and its bytes, once it is known to be the expected kind and of bounded size.

    A file that was saved as "Strict Open XML" is given with the names of the usual kind, which
    are the only ones that parsers know.

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
    if not _is_strict(archive):
        return archive, data
    with archive:
        data = _in_usual_names(archive)
    return zipfile.ZipFile(BytesIO(data)), data


def parsed(part: bytes) -> Any:
    """The root of an XML part, without following what it refers to; None if it is broken."""
    from lxml import etree  # type: ignore[import-untyped]

    try:
        return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None


def read_xml(archive: zipfile.ZipFile, path: str) -> Any:
    """The root of an XML part; None if it is missing, broken, or too large for a tree."""
    try:
        if archive.getinfo(path).file_size > LARGEST_PART:
            return None
        return parsed(archive.read(path))
    except KeyError:
        return None


def related_paths(archive: zipfile.ZipFile, path: str) -> dict[str, tuple[str, str]]:
    """The parts that a part of the archive refers to: relationship id to type and path."""
    folder, _, file = path.rpartition("/")
    root = read_xml(archive, f"{folder}/_rels/{file}.rels")
    found: dict[str, tuple[str, str]] = {}
    for one in root if root is not None else ():
        if one.get("TargetMode") == "External":
            continue
        target = posixpath.normpath(posixpath.join("/" + folder, one.get("Target") or ""))
        found[one.get("Id") or ""] = (one.get("Type") or "", target.lstrip("/"))
    return found


def note_groups(archive: zipfile.ZipFile, groups: GroupRule) -> None:
    """Note what the properties that somebody added to a document say of its groups."""
    try:
        part = archive.read(_CUSTOM_PROPERTIES)
    except KeyError:
        return
    from lxml import etree

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


def _is_strict(archive: zipfile.ZipFile) -> bool:
    try:
        return _STRICT in archive.read("_rels/.rels")
    except KeyError:
        return False


def _in_usual_names(archive: zipfile.ZipFile) -> bytes:
    """The archive with the namespaces of ISO/IEC 29500 Strict turned into the usual ones."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for part in archive.infolist():
            content = archive.read(part)
            if part.filename.endswith((".xml", ".rels")):
                content = _STRICT_NAME.sub(_usual_name, content)
            target.writestr(part.filename, content)
    return buffer.getvalue()


def _usual_name(match: re.Match[bytes]) -> bytes:
    area, rest = match[1], match[2]
    for strict, usual in _RENAMED.items():
        rest = rest.replace(strict, usual)
    return b"http://schemas.openxmlformats.org/" + area + b"/2006/" + rest


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
