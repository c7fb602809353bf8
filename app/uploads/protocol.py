"""What a place for uploaded files does."""

from __future__ import annotations

from typing import BinaryIO, Protocol


class Uploads(Protocol):
    """Uploaded files by document set. Names are checked by `check_file_name` before they get here."""

    def folder(self, name: str) -> str:
        """Where a set's files are: an absolute path or a URL, fit for a source of its definition."""

    def names(self, name: str) -> list[str]:
        """Names of a set's files, sorted; none if nothing was uploaded.

        Raises:
            UploadsUnavailable: they cannot be listed.
        """

    def save(self, name: str, file_name: str, content: BinaryIO) -> None:
        """Keep a file, in the place of one of the same name. No reader ever sees half of it.

        Raises:
            UploadsUnavailable: it cannot be written.
        """

    def remove(self, name: str, file_name: str) -> bool:
        """Remove a file; False if no such name.

        Raises:
            UploadsUnavailable: it cannot be removed.
        """
