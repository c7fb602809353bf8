"""The process of one job: `python -m app.jobs.worker_process FOLDER KIND JOB_ID`."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from app.configuration.redaction import Redactor
from app.errors import JobHasEnded
from app.jobs.kinds import KINDS, JobKind
from app.jobs.process_queue import book_in
from app.jobs.recorder import Recorder
from app.jobs.settings_handover import take_over
from app.jobs.work import run
from app.telemetry.logs import RedactingHandler

logger = logging.getLogger(__name__)
LOOK_AGAIN_S = 0.25


def main(folder: Path, kind: JobKind[Any], job_id: str) -> None:
    """Wait for a place, then run the job; nothing is run that was cancelled before."""
    settings = take_over()
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=[RedactingHandler(Redactor(settings))],
    )
    book = book_in(folder, kind)
    try:
        with Recorder(book, job_id) as recorder:
            place = _place(folder, kind, kind.at_once(settings), recorder)
            if place is None:
                recorder.end("cancelled")
                return
            with place:
                run(recorder, settings)
    except JobHasEnded as error:
        logger.info("%s", error)


def _place(
    folder: Path, kind: JobKind[Any], at_once: int, recorder: Recorder[Any]
) -> AbstractContextManager[object] | None:
    """Wait for one of so many places; the system frees it when the process dies.

    None: the job was cancelled while it waited.
    """
    places = [FileLock(folder / f".{kind.name}-{number}.lock") for number in range(at_once)]
    while True:
        for place in places:
            try:
                return place.acquire(blocking=False)
            except Timeout:
                continue
        if recorder.look_for_cancellation() is not None:
            return None
        time.sleep(LOOK_AGAIN_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), KINDS[sys.argv[2]], sys.argv[3])
