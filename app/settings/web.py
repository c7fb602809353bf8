"""Settings of the pages for people."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from app.configuration.redaction import without_credentials
from ingestion.settings import SettingsGroup

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class WebSettings(SettingsGroup):
    """The pages: chat at `/`, administration at `/admin`."""

    enabled: bool = Field(default=True, description="Whether the service has pages for people.")
    language: str = Field(
        default="en",
        description="Language of the pages: the name of a file in `app/web/texts/`.",
    )
    sign_in_hours: float = Field(
        default=12.0,
        gt=0,
        le=24 * 30,
        description="How long a browser stays signed in, hours.",
    )
    stale_days: float = Field(
        default=30.0,
        ge=0,
        description="From how many days on without a sync the administration calls an index old; "
        "0 = never.",
    )

    @field_validator("language")
    @classmethod
    def _tag(cls, language: str) -> str:
        if not LANGUAGE.fullmatch(language):
            raise ValueError(
                f"{without_credentials(language)[:40]!r} is not a language tag; write en"
            )
        return language
