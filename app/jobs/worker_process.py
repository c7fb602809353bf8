"""The process of one job: `python -m app.jobs.worker_process FOLDER KIND JOB_ID`."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from app.configuration.redaction import Redactor
from app.jobs.kinds import KINDS, JobKind
from app.jobs.process_queue import book_in
from app.jobs.recorder import Recorder
from app.jobs.settings_handover import take_over
from app.jobs.work import run
from app.telemetry.logs import RedactingHandler

LOOK_AGAIN_S = 0.25


def main(folder: Path, kind: JobKind[Any], job_id: str) -> None:
    """Wait for a place, then run the job."""
    settings = take_over()
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=[RedactingHandler(Redactor(settings))],
    )
    book = book_in(folder, kind)
    with Recorder(book, job_id) as recorder, _place(folder, kind, kind.at_once(settings)):
        run(recorder, settings)


@contextmanager
def _place(folder: Path, kind: JobKind[Any], at_once: int) -> Iterator[None]:
    """One of so many places; the system frees it when the process dies."""
    places = [FileLock(folder / f".{kind.name}-{number}.lock") for number in range(at_once)]
    while True:
        for place in places:
            try:
                place.acquire(blocking=False)
            except Timeout:
                continue
            try:
                yield
            finally:
                place.release()
            return
        time.sleep(LOOK_AGAIN_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), KINDS[sys.argv[2]], sys.argv[3])
