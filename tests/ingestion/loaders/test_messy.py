"""PDFs that real tools produced, with all their faults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import DocumentError, EmptyDocument, UnreadableDocument

DATA = Path(os.environ.get("PLUMB_BENCH_DATA") or Path(__file__).parents[4] / "shared" / "data")
MESSY = DATA / "messy"

pytestmark = [
    pytest.mark.messy,
    pytest.mark.skipif(not MESSY.is_dir(), reason=f"no messy files at {MESSY}"),
]

# By the start of the name: what goes wrong.
REFUSED: dict[str, tuple[type[DocumentError], str]] = {
    "005-libreoffice-writer-password": (UnreadableDocument, "is encrypted"),
    "007-imagemagick-images_imagemagick-ASCII85Decode": (EmptyDocument, "run OCR"),
    "007-imagemagick-images_imagemagick-CCITTFaxDecode": (EmptyDocument, "run OCR"),
    "007-imagemagick-images_imagemagick-lzw": (EmptyDocument, "run OCR"),
    "019-grayscale-image": (EmptyDocument, "run OCR"),
}
# By the start of the name: title, and words that must stand in the text in this order.
READ: dict[str, tuple[str, list[str]]] = {
    "003": ("003 pdflatex image pdflatex image", ["Your Chapter", "sadipscing elitr"]),
    "006": ("006 pdflatex outline pdflatex outline", ["9 Baz 4", "A blind text like this gives"]),
    "011": ("PDF Example Document", ["Readability counts.\nSpecial cases", "Vatican City"]),
    "012": ("Example for a Form", ["First Name", "Last Name", "Birthday"]),
    "021": (
        "The Crazy Ones",
        ["rules. And they have no respect for", "genius. Because the people"],
    ),
    "024": ("Annotated PDF", ["Some text."]),
    "026": (
        "Two-Column Document with Lorem Ipsum",
        [
            "consectetuer adipiscing elit",
            "| Country | Population (millions) |",
            "| Finland | 5.5 |",
        ],
    ),
}


def messy_files() -> list[Path]:
    return sorted(MESSY.glob("*.pdf")) if MESSY.is_dir() else []


@pytest.mark.parametrize("path", messy_files(), ids=lambda path: path.stem)
def test_every_file_is_read_or_refused_with_a_reason(loading: Any, path: Path) -> None:
    refused = next((REFUSED[start] for start in REFUSED if path.name.startswith(start)), None)
    if refused:
        with pytest.raises(refused[0], match=refused[1]):
            loading.one(path.name, path.read_bytes())
        return
    document = loading.one(path.name, path.read_bytes())
    assert "\ufffe" not in document.text
    title, words = READ.get(path.name[:3], (document.title, []))
    assert document.title == title
    place = 0
    for word in words:
        place = document.text.index(word, place)
