"""Run one job, whoever asks for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from app.definitions import definition_to_sync, require_definition
from app.jobs.job import Job
from app.jobs.recorder import Recorder
from app.settings import Settings
from ingestion.sync.report import SyncReport
from ingestion.sync.work import OnProgress
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)


def run(job: Job, recorder: Recorder, settings: Settings) -> None:
    """Run a job whose turn has come, and record what came of it."""
    recorder.begin()
    try:
        report = sync(job, settings, recorder.on_progress, recorder.on_notice)
    except PlumbError as error:
        recorder.end("failed", error=" ".join(str(error).split()))
    except Exception:
        logger.exception("job %s failed in a way nobody foresaw", job.id)
        recorder.end("failed", error="it failed in a way nobody foresaw; its log has the details.")
    else:
        recorder.end("not_published" if report.not_published else "succeeded", report=report)


def sync(
    job: Job, settings: Settings, on_progress: OnProgress, on_notice: Callable[[str], None]
) -> SyncReport:
    """Sync the job's set as its definition is now.

    Raises:
        PlumbError: it cannot be done; the message says why.
    """
    from app.parts import bench
    from app.uploads.opening import open_uploads
    from ingestion.index.stores import open_store
    from ingestion.sync.options import SyncOptions
    from ingestion.sync.run import sync as sync_set
    from ingestion.sync.start import prepare
    from ingestion.versions.catalogue import Catalogue

    store = open_store(settings.index, settings.qdrant)
    try:
        catalogue = Catalogue(store)
        kept = require_definition(catalogue, job.document_set)
        uploads = open_uploads(settings.sync.uploads)
        definition = definition_to_sync(kept, catalogue, uploads, settings)
        prepared = prepare(definition, bench(settings, catalogue), base=Path(kept.base))
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
    """What `plumb worker` runs for each job that it takes from Redis."""
    from app.jobs.handing_over import take_over
    from app.jobs.redis_queue import RedisQueue

    settings = take_over()
    queue = RedisQueue(settings)
    try:
        with Recorder(queue.book, job_id) as recorder:
            run(queue.get(job_id), recorder, settings)
    finally:
        queue.close()
