"""Uploaded files, in a folder and in storage."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from app.errors import UploadsUnavailable
from app.uploads.factory import open_uploads
from app.uploads.protocol import Uploads
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source
from prompts.errors import SettingsError


@pytest.fixture(params=["folder", "memory", "file url"])
def uploads(request: pytest.FixtureRequest, tmp_path: Path) -> Uploads:
    where = {
        "folder": "./up",
        "memory": f"memory://{tmp_path.name}-uploads",
        "file url": (tmp_path / "up two").as_uri(),
    }
    return open_uploads(where[request.param])


def test_files_are_kept_replaced_listed_and_removed(uploads: Uploads) -> None:
    assert uploads.names("manuals") == []
    uploads.save("manuals", "b.md", io.BytesIO(b"one"))
    uploads.save("manuals", "a.md", io.BytesIO(b"two"))
    uploads.save("manuals", "b.md", io.BytesIO(b"three"))
    uploads.save("others", "c.md", io.BytesIO(b"four"))
    assert uploads.names("manuals") == ["a.md", "b.md"]
    listed = list_files(Source(url=uploads.folder("manuals")), Path("/"))
    assert [(file.document_id, file.size) for file in listed] == [("a.md", 3), ("b.md", 5)]
    assert uploads.remove("manuals", "a.md")
    assert not uploads.remove("manuals", "a.md")
    assert uploads.names("manuals") == ["b.md"]


class BreaksOff(io.BytesIO):
    """A caller that goes away in the middle."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError("connection lost")
        return super().read(4)


def test_an_upload_that_breaks_off_leaves_nothing(uploads: Uploads, tmp_path: Path) -> None:
    uploads.save("manuals", "a.md", io.BytesIO(b"as it was"))
    with pytest.raises(UploadsUnavailable):
        uploads.save("manuals", "a.md", BreaksOff(b"half of it is here"))
    (listed,) = list_files(Source(url=uploads.folder("manuals")), Path("/"))
    assert (listed.document_id, listed.size) == ("a.md", 9)
    assert list(tmp_path.rglob("*.part")) == []


def test_places_that_take_no_files(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"sync\.uploads"):
        open_uploads("https://example.org/uploads")
    with pytest.raises(SettingsError, match=r"sync\.uploads"):
        open_uploads("file://another-host/uploads")
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UploadsUnavailable, match="taken"):
        open_uploads("taken").save("manuals", "a.md", io.BytesIO(b"x"))
    with pytest.raises(UploadsUnavailable, match="nonesuch"):
        open_uploads("nonesuch://x").names("manuals")
