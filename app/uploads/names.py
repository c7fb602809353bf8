"""Which names an uploaded file may have."""

from __future__ import annotations

from app.errors import InvalidRequest
from ingestion.loaders.files import OFFICE_LOCK_PREFIX, printable
from ingestion.loaders.formats import format_of

# What file systems hold, with room for what is put around the name while it is written.
MOST_BYTES = 200


def check_file_name(name: str | None) -> str:
    """A name that is one file's in one folder, on any system, and its document's id as it stands.

    Raises:
        InvalidRequest: it is not valid; the message says what is wrong with it.
        UnsupportedFormat: there is no loader for its suffix.
    """
    if not name:
        raise InvalidRequest("a file without a name was uploaded; send each with its filename.")
    shown = ascii(name[:80])
    if "/" in name or "\\" in name or name in (".", ".."):
        raise InvalidRequest(f"{shown}: a file is uploaded by its name alone, without a folder.")
    if printable(name) != name or name != name.strip():
        raise InvalidRequest(
            f"{shown}: has control characters, %XX, or spaces at its ends; rename the file."
        )
    if name.startswith((".", OFFICE_LOCK_PREFIX)):
        raise InvalidRequest(f"{shown}: is a hidden file or a lock file, which are not indexed.")
    if len(name.encode()) > MOST_BYTES:
        raise InvalidRequest(f"{shown}: the name has more than {MOST_BYTES} bytes; shorten it.")
    format_of(name)
    return name
