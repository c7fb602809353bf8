"""Tell text of layers that are switched off (optional content, ISO 32000-2, 8.11)."""

from __future__ import annotations

from ctypes import string_at
from typing import Any

from ingestion.loaders.pdf.marks import mark_text, named_marks

_LAYER = "OC"
_MOST_OBJECTS = 20_000
_MOST_LAYERS = 20
# In pixels; whether a layer shows anything does not need more.
_WIDEST = 1200


def may_have_layers(data: bytes) -> bool:
    """Whether the file can have layers, as far as its bytes say; some files pack their catalog."""
    return b"/OCProperties" in data or b"/ObjStm" in data


class Layers:
    """The layers of one page.

    PDFium does not say which layers are off, but does not draw them: a layer is off if a picture
    of its objects alone is empty.
    """

    def __init__(self, page: Any) -> None:
        import pypdfium2.raw

        self._pdfium = pypdfium2.raw
        self._page = page
        self._off: dict[str, bool] = {}

    def is_off(self, text_object: Any) -> bool:
        """Whether the text belongs to a layer that is not shown."""
        layer = self._layer_of(text_object)
        if layer is None:
            return False
        if layer not in self._off and len(self._off) < _MOST_LAYERS:
            self._off[layer] = self._draws_nothing(layer)
        return self._off.get(layer, False)

    def _layer_of(self, page_object: Any) -> str | None:
        for mark in named_marks(page_object, _LAYER):
            return mark_text(mark, b"Name")
        return None

    def _draws_nothing(self, layer: str) -> bool:
        pdfium = self._pdfium
        count = pdfium.FPDFPage_CountObjects(self._page)
        if count > _MOST_OBJECTS:
            return False
        objects = [pdfium.FPDFPage_GetObject(self._page, place) for place in range(count)]
        others = [drawn for drawn in objects if self._layer_of(drawn) != layer]
        if len(others) == count:
            return False  # its objects lie inside others, where they cannot be drawn alone
        for drawn in others:
            pdfium.FPDFPageObj_SetIsActive(drawn, False)
        try:
            return not self._draws()
        finally:
            for drawn in others:
                pdfium.FPDFPageObj_SetIsActive(drawn, True)

    def _draws(self) -> bool:
        """Whether the page, drawn on nothing, leaves a trace."""
        pdfium, page = self._pdfium, self._page
        wide = max(pdfium.FPDF_GetPageWidthF(page), 1.0)
        high = max(pdfium.FPDF_GetPageHeightF(page), 1.0)
        scale = min(_WIDEST / max(wide, high), 1.0)
        width, height = max(int(wide * scale), 1), max(int(high * scale), 1)
        bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGRA, None, 0)
        if not bitmap:
            return True
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0)
            pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0)
            size = pdfium.FPDFBitmap_GetStride(bitmap) * height
            return any(string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), size))
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
