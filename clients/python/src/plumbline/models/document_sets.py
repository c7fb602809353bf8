"""Document sets, the jobs that sync them, and the service's health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from plumbline.models.answers import Model


class DocumentSet(Model):
    """A document set that can be asked, at its live version."""

    name: str
    index_version: str
    documents: int
    chunks: int
    embedding_model: str
    committed_at: datetime


class IndexVersion(DocumentSet):
    """One index version of a set; `live` is the one that answers come from.

    Attributes:
        dropped: words that loaders left out of its documents on purpose, by reason; None: not known.
    """

    live: bool
    committed_by: str
    dropped: dict[str, int] | None = None


class SetDefinition(Model):
    """What a set is synced by. Parts are as they were given to `document_sets.define`."""

    document_set: str
    sources: list[dict[str, Any]]
    chunking: dict[str, Any] = Field(default_factory=dict)
    embedding: dict[str, Any] = Field(default_factory=dict)
    language: str | None = None
    golden: list[dict[str, Any]] = Field(default_factory=list)
    checks: dict[str, Any] = Field(default_factory=dict)
    on_failure: str = "keep"


class DefinedSet(Model):
    """A definition that is kept. A restricted set may only have sources that the operator allows."""

    definition: SetDefinition
    restricted: bool


class DocumentSetDetails(Model):
    """All about a set: its definition, its versions, the files that were uploaded to it."""

    name: str
    definition: SetDefinition | None
    restricted: bool
    live: IndexVersion | None
    versions: list[IndexVersion]
    uploads: list[str]


class Publication(Model):
    """One move of what readers see; `action` is `publish` or `rollback`."""

    number: int
    version: str
    action: str
    at: datetime
    by: str
    why: str = ""


# Jobs


class JobProgress(Model):
    """How far a sync is; `stage` says what is being done."""

    stage: str = "waiting"
    files: int = 0
    files_read: int = 0
    documents: int = 0
    chunks: int = 0
    reused: int = 0


class DocumentProblem(Model):
    """A document that could not be indexed, and why; `kept`: the index holds it as it was."""

    document: str
    reason: str
    kept: bool = False


class SyncReport(Model):
    """What a sync did.

    Attributes:
        not_published: why the new version is not live, where it should be.
        problems, hidden: documents that could not be indexed, or that nobody bound to groups sees.
        golden: the check by golden questions.
        dropped: words that were left out on purpose.
    """

    document_set: str
    index_version: str
    base_version: str | None
    changed: bool
    published: bool
    not_published: str = ""
    full_build: str = ""
    resumed: bool = False
    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    problems: list[DocumentProblem] = Field(default_factory=list)
    hidden: list[DocumentProblem] = Field(default_factory=list)
    embedded: int = 0
    reused: int = 0
    seconds: float = 0.0
    publish_ms: float | None = None
    documents_in_set: int = 0
    chunks_in_set: int = 0
    golden: dict[str, Any] | None = None
    collected: list[str] = Field(default_factory=list)
    dropped: dict[str, Any] = Field(default_factory=dict)


class Job(Model):
    """A sync of a document set.

    Attributes:
        state: `queued`, `running`, `succeeded`, `not_published` (the version was made, and a check
            kept it from going live), `failed` (`error` says why) or `cancelled`.
        cancelled_by, cancel_asked: who asked to cancel it, and when.
        report: what the sync did, when it has ended well.
    """

    id: str
    state: str
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    by: str
    owner: str | None = None
    error: str | None = None
    cancelled_by: str | None = None
    cancel_asked: datetime | None = None
    document_set: str
    kind: str = "sync"
    request: dict[str, Any] = Field(default_factory=dict)
    progress: JobProgress = Field(default_factory=JobProgress)
    notices: list[str] = Field(default_factory=list)
    report: SyncReport | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in ("queued", "running")


# Health


class Health(Model):
    """The process answers; `release` is the one that it serves."""

    status: str
    release: str | None = None


class Dependency(Model):
    """One thing that answers depend on."""

    ready: bool
    needed: bool = True
    detail: str | None = None


class Readiness(Model):
    """Whether questions can be answered, and what each dependency says."""

    ready: bool
    release: str | None = None
    dependencies: dict[str, Dependency]
