"""Settings of showing documents in their own form."""

from __future__ import annotations

from pydantic import Field

from ingestion.settings import SettingsGroup


class OriginalsSettings(SettingsGroup):
    """Pages of cited documents, drawn from the documents' own files."""

    shown: bool = Field(
        default=True,
        description="Whether pages of PDFs are drawn for those who may see the document; else its "
        "extracted text alone is shown. The service must reach the files as the sync did.",
    )
    max_bytes: int = Field(
        default=100_000_000, ge=1000, description="Largest file that pages are drawn from."
    )
    max_pixels: int = Field(
        default=4_000_000,
        ge=10_000,
        le=50_000_000,
        description="Most pixels of one image; a page that would take more is drawn smaller.",
    )
    cache_bytes: int = Field(
        default=32_000_000, ge=0, description="Most bytes of drawn pages that a process keeps."
    )
    timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=600,
        description="Limit on drawing one page, or on finding words on pages, seconds; fetching the "
        "file is included.",
    )
    memory_mb: int = Field(
        default=1024,
        ge=256,
        description="Limit on the address space of the process that draws, MiB (Linux only).",
    )
