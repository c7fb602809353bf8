"""Settings of the answer cache."""

from __future__ import annotations

from pydantic import Field

from ingestion.settings import SettingsGroup


class CacheSettings(SettingsGroup):
    """Answers kept for questions that are asked again; in Redis where redis.url is set."""

    enabled: bool = Field(default=True, description="Whether answers are cached.")
    ttl_s: float = Field(
        default=86_400.0, gt=0, description="How long an answer may be given again, seconds."
    )
    semantic: bool = Field(
        default=True,
        description="Whether a question in other words may get a kept answer too (English).",
    )
    semantic_threshold: float = Field(
        default=0.80,
        ge=0,
        le=1,
        description="Cosine similarity from which another question is compared word by word.",
    )
    semantic_questions: int = Field(
        default=2000,
        ge=1,
        le=100_000,
        description="Recent questions compared with, per index version, filter and groups.",
    )
    comparison_bytes: int = Field(
        default=64_000_000,
        ge=100_000,
        description="Most bytes of recent questions that a process holds to compare with, over all "
        "index versions, filters and groups.",
    )
    entries: int = Field(
        default=10_000, ge=1, description="Most things kept in one process, where Redis is not set."
    )
    bytes: int = Field(
        default=256_000_000,
        ge=1000,
        description="Most bytes of them. In Redis, maxmemory is the limit.",
    )
    timeout_ms: float = Field(
        default=50.0,
        gt=0,
        le=10_000,
        description="How long Redis may take for one call; then the question goes on without.",
    )
    aside_s: float = Field(
        default=5.0,
        gt=0,
        description="Longest time, in seconds, for which a failed Redis is not called: a sixteenth of "
        "it after the first failure, twice as long after each further one.",
    )
