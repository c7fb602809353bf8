"""Open the place for uploads that a setting names."""

from __future__ import annotations

from app.uploads.local import LocalUploads
from app.uploads.protocol import Uploads
from app.uploads.stored import StoredUploads
from ingestion.sources.locations import is_web, local_path
from prompts.errors import SettingsError


def open_uploads(where: str) -> Uploads:
    """A folder, or a URL that fsspec opens.

    Raises:
        SettingsError: files cannot be kept there.
    """
    try:
        local = local_path(where)
    except ValueError as error:
        raise SettingsError(f"sync.uploads: {where}: {error}.") from error
    if local is not None:
        return LocalUploads(local.expanduser())
    if is_web(where):
        raise SettingsError(
            f"sync.uploads: {where}: files cannot be written to the web; name a folder, s3://…, "
            "az://… or gs://…."
        )
    return StoredUploads(where)
