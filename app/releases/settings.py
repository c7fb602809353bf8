"""Settings of releases, and which settings a release carries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from ingestion.settings import SettingsGroup

# The settings that shape answers, by group. Names of secrets never stand here.
SHAPING = {
    "chat": (
        "model",
        "base_url",
        "parameters",
        "max_output_tokens",
        "fallback_model",
        "fallback_base_url",
        "last_resort",
    ),
    "extractive": ("max_sentences", "threshold"),
    "retrieval": ("passages", "depth", "rerank_model", "rerank_depth"),
    "session": ("history_tokens",),
}


class ReleasesSettings(SettingsGroup):
    """How releases are moved. `PLUMB_RELEASE` names the release that a process serves."""

    traffic: Path | None = Field(
        default=None,
        description="Executable that shares traffic between revisions: it gets REVISION=PERCENT for "
        "each (a revision is named by its release's id), and must be safe to run again. Default: "
        "none, so that promoting moves index versions and prompt aliases only.",
    )
    traffic_timeout_s: float = Field(
        default=120.0, gt=0, description="How long that executable may take, seconds."
    )
    keep: int = Field(
        default=5,
        ge=2,
        description="How many of the last releases in production, and of the last ones made, keep "
        "their index versions.",
    )


def shaping_settings(settings: BaseModel) -> dict[str, dict[str, Any]]:
    """The part of the settings tree that a release carries, by group and name, as JSON values."""
    return {
        group: getattr(settings, group).model_dump(mode="json", include=set(names))
        for group, names in SHAPING.items()
    }
