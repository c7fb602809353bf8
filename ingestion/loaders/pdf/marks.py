"""Read the marks that tagged PDFs put on what they draw."""

from __future__ import annotations

from ctypes import POINTER, byref, c_ulong, c_ushort, cast
from typing import Any

_ARTIFACT = "Artifact"
# PDFium does not give the value of /Type, but only running headers, footers and watermarks
# carry these entries (ISO 32000-2, 14.8.2.2.2).
_OF_RUNNING = (b"Subtype", b"Attached")


def is_running(text_object: Any) -> bool:
    """Whether the file marks the text as a running header or footer."""
    import pypdfium2.raw as pdfium

    for place in range(pdfium.FPDFPageObj_CountMarks(text_object)):
        mark = pdfium.FPDFPageObj_GetMark(text_object, place)
        if mark and _name(mark) == _ARTIFACT:
            return any(pdfium.FPDFPageObjMark_GetParamValueType(mark, key) for key in _OF_RUNNING)
    return False


def _name(mark: Any) -> str:
    import pypdfium2.raw as pdfium

    buffer = (c_ushort * 32)()
    length = c_ulong()
    place = cast(buffer, POINTER(c_ushort))
    if not pdfium.FPDFPageObjMark_GetName(mark, place, 64, byref(length)):
        return ""
    return bytes(buffer)[: max(min(length.value, 64) - 2, 0)].decode("utf-16-le", "replace")
