"""Settings of conversations."""

from __future__ import annotations

from pydantic import Field

from ingestion.settings import SettingsGroup


class SessionSettings(SettingsGroup):
    """Conversations. They are kept in Redis where redis.url is set, else in the process."""

    keep_hours: float = Field(
        default=24.0, gt=0, description="How long a session is kept after it was last spoken in."
    )
    most_exchanges: int = Field(
        default=50, ge=1, le=1000, description="Questions with answers kept of a session."
    )
    most: int = Field(default=10_000, ge=1, description="Sessions kept in the process.")
    most_in_redis: int = Field(
        default=100_000, ge=1, description="Sessions kept in Redis, of all processes together."
    )
    most_per_owner: int = Field(
        default=1_000,
        ge=1,
        description="Sessions kept of one caller; the one that was silent longest goes first. Where "
        "there are too many in all, the caller with the most loses one.",
    )
    history_tokens: int = Field(
        default=1500,
        ge=50,
        description="How much of a session the condensing model gets to read, about, in tokens.",
    )
    condense: str = Field(
        default="production", description="Version (v1) or alias of the prompt `condense`."
    )
