"""A worker process: takes jobs on its standard input, answers with what came of them.

Messages are pickles, one after the other. First come the limits and the folder for copies; the
answer is `READY`. Then, for each `Job`, what it returns or the error to raise.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
import traceback
from io import BufferedReader
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Protocol, cast

from ingestion.errors import ParsingStopped
from ingestion.parsing.limits import Limits
from ingestion.parsing.read_file import too_little_memory
from prompts.errors import PlumbError

READY = "ready"


class Job(Protocol):
    """What a worker does with one file. Plain data, of a module that imports little."""

    @property
    def document_id(self) -> str:
        """What to call the file in messages."""

    def run(self, folder: Path, memory_mb: int | None) -> object:
        """Do it, in the worker; what it returns or raises is pickled.

        Args:
            folder: where a copy of a file from elsewhere is put.
            memory_mb: the limit on the process, to be named where it is met.
        """


def main() -> None:
    """Work until the parent is gone or ends this process."""
    # Ctrl-C reaches every process of the terminal; it is the parent that ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The parent's next messages may be in this reader's buffer already: no other may be made.
    requests = cast("BufferedReader", sys.stdin.buffer)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a parser prints must not get among the answers.
    os.dup2(2, sys.stdout.fileno())  # sys.stderr may be None
    limits: Limits
    limits, folder = pickle.load(requests)  # noqa: S301 (from the parent)
    limits.limit_memory()
    jobs: SimpleQueue[Job] = SimpleQueue()
    Thread(target=_receive, args=(requests, jobs, folder), daemon=True).start()
    answer = pickle.dumps(READY)
    try:
        while True:
            replies.write(answer)
            replies.flush()
            answer = _answer(jobs.get(), folder, limits)
    except BrokenPipeError:  # the parent is gone
        _leave(folder)
    except Exception:  # noqa: BLE001 (printed here; the parent says whose file it was)
        traceback.print_exc()
        _leave(folder, status=1)


def _answer(job: Job, folder: Path, limits: Limits) -> bytes:
    with limits.bounded_time():
        try:
            return pickle.dumps(job.run(folder, limits.memory_mb), protocol=5)
        except PlumbError as error:
            return pickle.dumps(_with_cause(error))
        except MemoryError:  # parsed, and no room left for the answer
            pass
        return pickle.dumps(ParsingStopped(too_little_memory(job.document_id, limits.memory_mb)))


def _with_cause(error: PlumbError) -> PlumbError:
    """The error with its cause as a note: pickling keeps notes, and drops causes."""
    if error.__cause__ is not None:
        error.add_note("In the worker:\n" + "".join(traceback.format_exception(error.__cause__)))
    return error


def _receive(requests: BufferedReader, jobs: SimpleQueue[Job], folder: Path) -> None:
    """Queue what comes; leave when the parent is gone, in the middle of a file too.

    Where a parser keeps this thread from running, the time limit ends the process.
    """
    try:
        while True:
            jobs.put(pickle.load(requests))  # noqa: S301 (from the parent)
    except EOFError:
        pass  # the parent is gone, and so is the need for an answer
    finally:
        _leave(folder)


def _leave(folder: Path, status: int = 0) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(status)  # at once: the other thread may hold standard input
