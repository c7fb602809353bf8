"""A job: what was asked for, how far it is, what came of it."""

from __future__ import annotations

import re
import secrets
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from app.callers import Caller
from ingestion.null_fields import NullIsLeftOut
from ingestion.sync.report import SyncReport
from ingestion.sync.work import PUBLISHING, Progress
from ingestion.versions.author import ProcessMark

JOB_ID = re.compile(r"^[0-9]{8}-[0-9]{6}-[0-9a-f]{8}$")
WITHHELD = "what documents it names is shown to callers who see all documents."
State = Literal["queued", "running", "succeeded", "not_published", "failed", "cancelled"]


class SyncRequest(NullIsLeftOut):
    """How a sync is to go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    publish: bool = Field(
        default=True, description="Publish when the checks pass; else leave a candidate."
    )
    force: bool = Field(default=False, description="Publish though many documents would go.")
    retry: bool = Field(default=False, description="Read again what could not be indexed before.")
    why: str = Field(default="", max_length=1000, description="A remark for the log.")


class JobProgress(BaseModel):
    """How far a sync is.

    Attributes:
        stage: what is being done: waiting, loading, planning, copying, indexing, finishing,
            checking, publishing.
        files: files to read.
        files_read: files read so far.
        documents: documents indexed so far.
        chunks: chunks embedded so far.
        reused: chunks whose vectors were known.
    """

    stage: str = "waiting"
    files: int = 0
    files_read: int = 0
    documents: int = 0
    chunks: int = 0
    reused: int = 0

    @classmethod
    def of(cls, progress: Progress) -> JobProgress:
        """The part of a sync's progress that a job shows."""
        return cls(**{name: getattr(progress, name) for name in cls.model_fields})


class Job(BaseModel, ABC):
    """Work of any kind that goes on after its request was answered.

    Attributes:
        id: names it.
        state: `not_published`: the version was made, and a check kept it from going live.
        created, started, ended: when, in UTC.
        by: the name of who asked for it.
        owner: the id of who asked for it; None: nobody noted it.
        error: why it failed, and the mend.
        cancelled_by: the name of who asked to cancel it; None: nobody did.
        cancel_asked: when they asked, in UTC. The job still ends as it would have if they asked too late.
    """

    id: str
    state: State = "queued"
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    by: str
    owner: str | None = None
    error: str | None = None
    cancelled_by: str | None = None
    cancel_asked: datetime | None = None

    @property
    @abstractmethod
    def subject(self) -> str:
        """What it works on; one job of a kind works on it at a time."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in ("queued", "running")

    @property
    def can_be_cancelled(self) -> bool:
        """Whether asking for that may still have an effect."""
        return not self.has_ended and self.cancel_asked is None


class SyncJob(Job):
    """A sync that was asked for over REST.

    Attributes:
        document_set: the set.
        kind: what kind of job it is.
        request: how it is to go.
        progress: how far it is.
        notices: what should be known, in sentences.
        report: what the sync did, when it has ended well.
    """

    document_set: str
    kind: Literal["sync"] = "sync"
    request: SyncRequest = SyncRequest()
    progress: JobProgress = JobProgress()
    notices: list[str] = []
    report: SyncReport | None = None

    def seen_by(self, caller: Caller) -> SyncJob:
        """The job as a caller may read it.

        Reasons, notices and golden questions name documents and may quote them. Callers who are
        bound to groups get the numbers, and of jobs that they asked for what ended them.
        """
        if caller.groups is None:
            return self
        report = self.report
        notices = (
            [WITHHELD] if self.notices or (report and (report.problems or report.golden)) else []
        )
        bare: dict[str, Any] = {"notices": notices}
        if report is not None:
            quiet: dict[str, Any] = {
                "problems": [],
                "hidden": [],
                "dropped": report.dropped.model_copy(update={"by_document": {}}),
                "golden": None,
                "not_published": report.not_published and WITHHELD,
            }
            bare["report"] = report.model_copy(update=quiet)
        if not caller.owns(self.owner):
            bare["error"] = self.error and WITHHELD
            bare["request"] = self.request.model_copy(update={"why": ""})
        return self.model_copy(update=bare)

    @property
    def subject(self) -> str:
        return self.document_set

    @property
    def can_be_cancelled(self) -> bool:
        return super().can_be_cancelled and self.progress.stage != PUBLISHING


class BatchJob(Job):
    """Work on a batch; the batch itself has its questions, and how far it is.

    Attributes:
        batch: the batch's id.
        kind: what kind of job it is.
    """

    batch: str
    kind: Literal["batch"] = "batch"

    @property
    def subject(self) -> str:
        return self.batch


AnyJob = TypeVar("AnyJob", bound=Job)


class Cancellation(BaseModel):
    """That somebody asked to cancel a job, kept beside its record until its process has seen it.

    Attributes:
        by: their name.
        at: when, in UTC.
    """

    by: str
    at: datetime

    @property
    def changes(self) -> dict[str, Any]:
        """The fields of the job that say so."""
        return {"cancelled_by": self.by, "cancel_asked": self.at}


class JobRecord(BaseModel, Generic[AnyJob]):
    """A job as it is kept.

    Attributes:
        job: the job.
        process: the process that runs it; None until there is one.
        seen: its last sign of life, in UTC.
    """

    job: AnyJob
    process: ProcessMark | None = None
    seen: datetime


def sync_job(document_set: str, request: SyncRequest, by: str, owner: str | None = None) -> SyncJob:
    """A sync that waits to be run."""
    return SyncJob(document_set=document_set, request=request, by=by, owner=owner, **_new())


def batch_job(batch: str, by: str) -> BatchJob:
    """Work on a batch that waits to be done."""
    return BatchJob(batch=batch, by=by, **_new())


def _new() -> dict[str, datetime | str]:
    now = datetime.now(UTC)
    return {"id": f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}", "created": now}
