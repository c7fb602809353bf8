"""Run one job, in the service's process or a worker's."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from app.batch.work import answer_batch
from app.configuration.redaction import Redactor
from app.document_sets.definitions import definition_to_sync, require_definition
from app.errors import JobHasEnded, message_for_readers, without_places
from app.jobs.job import AnyJob, BatchJob, JobProgress, SyncJob
from app.jobs.kinds import BATCHES, SYNCS, JobKind
from app.jobs.recorder import Recorder
from app.jobs.stopping import Stopped, Stopper, stoppable
from app.settings.tree import Settings
from ingestion.index.storable_values import shown
from ingestion.sync.report import SyncReport
from ingestion.sync.work import PUBLISHING, Progress
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)
# The longest message of a failed job.
MOST_ERROR_CHARS = 1000


def run(recorder: Recorder[Any], settings: Settings) -> None:
    """Run a job whose turn has come, and record what came of it."""
    job = recorder.job
    try:
        if isinstance(job, BatchJob):
            recorder.begin()
            answer_batch(job.batch, settings)
            recorder.end("succeeded")
            return
        recorder.begin(progress=JobProgress(stage="loading"))
        with stoppable(recorder) as stopper:
            report = sync(recorder, settings, stopper)
    except Stopped:
        if recorder.job.cancel_asked is not None:
            recorder.end("cancelled")
        else:
            recorder.end("failed", error=f"its process was asked to end (SIGTERM); {SYNCS.again}.")
    except PlumbError as error:
        # Anyone who may see the job reads this: of a batch its readers, of a sync editors. The log
        # has all of it.
        logger.warning("job %s failed: %s", job.id, error)
        recorder.end("failed", error=_job_error(error, settings, is_read=isinstance(job, BatchJob)))
    except Exception:
        logger.exception("job %s failed unexpectedly", job.id)
        recorder.end("failed", error="it failed unexpectedly; its log has the details.")
    else:
        recorder.end("not_published" if report.not_published else "succeeded", report=report)


def _job_error(error: PlumbError, settings: Settings, *, is_read: bool) -> str:
    """An error on one line, bounded, without secrets and without folders of the server."""
    text = message_for_readers(error) if is_read else str(error)
    return shown(Redactor(settings)(without_places(" ".join(text.split()))), MOST_ERROR_CHARS)


def sync(recorder: Recorder[SyncJob], settings: Settings, stopper: Stopper) -> SyncReport:
    """Sync the job's set as its definition is now.

    Raises:
        PlumbError: it cannot be done; the message says why.
        Stopped: the job was cancelled, or its process was asked to end.
    """
    from app.uploads.factory import open_uploads
    from app.wiring import bench
    from ingestion.index.stores import open_store
    from ingestion.sync.options import SyncOptions
    from ingestion.sync.run import sync as sync_set
    from ingestion.sync.start import prepare
    from ingestion.versions.catalogue import Catalogue

    job = recorder.job

    def on_progress(progress: Progress) -> None:
        stopper.check()
        if progress.stage == PUBLISHING:
            stopper.too_late()
        current = JobProgress.of(progress)
        same_stage = current.stage == recorder.job.progress.stage
        (recorder.enter_soon if same_stage else recorder.enter)(progress=current)

    def on_notice(notice: str) -> None:
        recorder.enter(notices=[*recorder.job.notices, notice])

    store = open_store(settings.index, settings.qdrant)
    try:
        catalogue = Catalogue(store)
        stored = require_definition(catalogue, job.document_set)
        uploads = open_uploads(settings.sync.uploads)
        definition = definition_to_sync(stored, catalogue, uploads, settings)
        prepared = prepare(definition, bench(settings, catalogue), base=Path(stored.base))
        options = SyncOptions(
            publish=job.request.publish,
            force=job.request.force,
            retry=job.request.retry,
            keep_versions=settings.sync.keep_versions,
            by=job.by,
            why=job.request.why,
            lease_s=settings.sync.lease_s,
        )
        # The definition is kept already, and stays as it was made: what is synced by may lack
        # the uploads, and carries options that hold for today's allowed roots.
        return sync_set(
            prepared.definition,
            prepared.files,
            prepared.tools,
            options,
            left_alone=prepared.left_alone,
            on_progress=on_progress,
            on_notice=on_notice,
        )
    finally:
        store.close()


def run_sync_job(job_id: str) -> None:
    """What `plumb worker` runs for each sync that it takes from Redis."""
    _run_from_redis(SYNCS, job_id)


def run_batch_job(job_id: str) -> None:
    """What `plumb worker` runs for each batch that it takes from Redis."""
    _run_from_redis(BATCHES, job_id)


def _run_from_redis(kind: JobKind[AnyJob], job_id: str) -> None:
    from app.jobs.redis_queue import RedisQueue
    from app.jobs.settings_handover import take_over

    settings = take_over()
    queue = RedisQueue(settings, kind)
    try:
        with Recorder(queue.book, job_id) as recorder:
            run(recorder, settings)
    except JobHasEnded as error:
        logger.info("%s", error)
    finally:
        queue.close()
