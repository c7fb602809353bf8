"""Settings of the service around the answers: REST, jobs, batches, Redis."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from app.configuration.redaction import check_secret_url
from ingestion.settings import SettingsGroup


class RedisSettings(SettingsGroup):
    """The Redis that a deployment shares."""

    url: SecretStr | None = Field(
        default=None,
        description="redis://host:6379/0; readyz checks it when set, and syncs and batches asked "
        "for over REST are run by `plumb worker`.",
    )

    @field_validator("url")
    @classmethod
    def _readable(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            check_secret_url(url, "redis://:password@host:6379/0", ("redis", "rediss", "unix"))
        return url


class StoreSettings(SettingsGroup):
    """The database of answers, feedback and access."""

    url: SecretStr = Field(
        default=SecretStr("sqlite:///plumb-store.db"),
        description="sqlite:///FILE, or postgresql://user:password@host/database. Instead of the "
        "password, `?identity=azure` or `?identity=aws` at the end signs in with tokens of the "
        "process's own identity.",
    )
    keep_days: float = Field(
        default=30.0, gt=0, le=36_500, description="How long answers and feedback are kept, days."
    )
    texts: bool = Field(
        default=True,
        description="Whether the words of questions, answers, passages and feedback are stored. "
        "Without them ids, hashes, scores and times are; such an answer cannot be replayed.",
    )

    @field_validator("url")
    @classmethod
    def _readable(cls, url: SecretStr) -> SecretStr:
        check_secret_url(url, "sqlite:///FILE, or postgresql://user:password@host/database")
        return url


class JobsSettings(SettingsGroup):
    """Jobs: syncs and batches that are asked for over REST."""

    folder: Path = Field(
        default=Path("plumb-jobs"),
        description="Where jobs are recorded that run beside the service, in processes of their "
        "own. With redis.url set they are recorded in Redis and run by `plumb worker`.",
    )
    at_once: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Syncs beside the service that run at once; further ones wait.",
    )
    keep_days: float = Field(
        default=30.0, gt=0, description="How long a job that has ended is remembered, days."
    )


class BatchesSettings(SettingsGroup):
    """Batches of questions that are asked for over REST."""

    most_questions: int = Field(
        default=10_000, ge=1, le=1_000_000, description="Questions of one batch at most."
    )
    max_file_bytes: int = Field(
        default=10_000_000, ge=1000, description="Largest file of questions accepted."
    )
    most_unfinished: int = Field(
        default=10,
        ge=1,
        description="Batches that one caller may have unfinished at a time; further ones get 429.",
    )
    concurrency: int = Field(
        default=4, ge=1, le=64, description="Questions of one batch asked at a time."
    )
    at_once: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Batches beside the service that are answered at once; further ones wait. With "
        "redis.url set, as many as there are free processes of `plumb worker`.",
    )


class ServeSettings(SettingsGroup):
    """The REST service."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes that serve. More than one need redis.url, so that they share "
        "conversations, cached answers and limits.",
    )
    mcp: bool = Field(
        default=True,
        description="Whether assistants may use the Model Context Protocol at /mcp, as callers of REST.",
    )
    max_question_chars: int = Field(default=2000, ge=1, description="Longest question accepted.")
    max_body_bytes: int = Field(default=1_000_000, ge=1000, description="Largest request accepted.")
    max_upload_bytes: int = Field(
        default=100_000_000,
        ge=1000,
        description="Largest upload accepted: all files of one request together.",
    )
    header_timeout_s: float = Field(
        default=10.0,
        gt=0,
        description="How long a connection may take from its first byte, or from being opened, to "
        "the end of the request's headers, seconds; then it is closed.",
    )
    body_timeout_s: float = Field(
        default=20.0,
        gt=0,
        description="How long a whole request body may take to arrive, seconds; then 408.",
    )
    upload_timeout_s: float = Field(
        default=600.0, gt=0, description="The same for uploads, seconds."
    )
    write_timeout_s: float = Field(
        default=30.0,
        gt=0,
        description="How long a client may take to read what is waiting for it, seconds; then the "
        "response ends and the connection is closed.",
    )
    most_connections: int = Field(
        default=5000,
        ge=16,
        description="Connections that one process holds; over it, the one that is idle for longest "
        "is closed.",
    )


class EvaluationsSettings(SettingsGroup):
    """Where results of evaluations are; how suites are run is set where they run."""

    folder: Path = Field(
        default=Path("./plumb-evals"),
        description="Where runs, answers and judgements that can be used again, and reports are kept; "
        "the administration shows them.",
    )
