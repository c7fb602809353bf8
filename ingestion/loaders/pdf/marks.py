"""Read the marks that PDFs put on what they draw (marked content, ISO 32000-2, 14.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ctypes import POINTER, byref, c_ulong, c_ushort, cast
from functools import partial
from typing import Any

_ARTIFACT = "Artifact"
# PDFium does not give the value of /Type, but only running headers, footers and watermarks
# carry these entries (ISO 32000-2, 14.8.2.2.2).
_OF_RUNNING = (b"Subtype", b"Attached")
_LONGEST = 256


def is_running(text_object: Any) -> bool:
    """Whether the file marks the text as a running header or footer."""
    import pypdfium2.raw as pdfium

    return any(
        pdfium.FPDFPageObjMark_GetParamValueType(mark, key)
        for mark in named_marks(text_object, _ARTIFACT)
        for key in _OF_RUNNING
    )


def named_marks(page_object: Any, name: str) -> Iterator[Any]:
    """The object's marks of this name."""
    import pypdfium2.raw as pdfium

    for place in range(pdfium.FPDFPageObj_CountMarks(page_object)):
        mark = pdfium.FPDFPageObj_GetMark(page_object, place)
        if mark and _text(partial(pdfium.FPDFPageObjMark_GetName, mark)) == name:
            yield mark


def mark_text(mark: Any, key: bytes) -> str:
    """A text among the mark's entries, empty if absent."""
    import pypdfium2.raw as pdfium

    return _text(partial(pdfium.FPDFPageObjMark_GetParamStringValue, mark, key))


def _text(read: Callable[..., int]) -> str:
    buffer = (c_ushort * _LONGEST)()
    length = c_ulong()
    if not read(cast(buffer, POINTER(c_ushort)), 2 * _LONGEST, byref(length)):
        return ""
    end = max(min(length.value, 2 * _LONGEST) - 2, 0)
    return bytes(buffer)[:end].decode("utf-16-le", "replace")
