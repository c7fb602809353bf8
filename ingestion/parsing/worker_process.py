"""A worker process as its parent sees it: started when needed, replaced when it has died."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, cast

import ingestion
from ingestion.errors import ParsingStopped, ParsingUnavailable
from ingestion.parsing.limits import Limits
from ingestion.parsing.worker import READY, Job
from prompts.errors import PlumbError

# What parsers leak, and how far the heap is in pieces, must not count against a later file.
FILES_PER_PROCESS = 200
# Not `multiprocessing`: its workers import the parent's main module again, with all that hangs on
# it, and cannot where that is read from standard input. -P keeps the working folder, which may
# hold anybody's documents, out of the way of imports.
_BOOTSTRAP = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from ingestion.parsing.worker import main; main()"
)
# openpyxl imports numpy, whose threads, one a core, would each take 40 MB of the address space.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_CLOSED = "the parser is closed; make another"
_GRACE_S = 5.0  # for one that is on its way out anyhow
# What reading from and writing to a process that has died raises; it may die in mid-answer.
_BROKEN_OFF = (EOFError, OSError, pickle.UnpicklingError)


class _Running:
    """A process that has been started, its two pipes and its folder for copies."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 (our own code)
            [sys.executable, "-P", "-c", _BOOTSTRAP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if sys.__stderr__ is None else None,
            env={**os.environ, **_ENVIRONMENT},
        )
        self.folder: Path | None = None
        self.files = 0
        self._requests = cast("IO[bytes]", self.process.stdin)
        self._replies = cast("IO[bytes]", self.process.stdout)

    def send(self, message: object) -> None:
        """Send a message, whole."""
        pickle.dump(message, self._requests)
        self._requests.flush()

    def receive(self) -> object:
        """The next answer, waited for."""
        return pickle.load(self._replies)  # noqa: S301 (from our own process)

    def end(self, grace_s: float) -> int:
        """End the process and clear up after it; its exit status, below 0 for a signal.

        Args:
            grace_s: how long it may take to end of itself, seconds.
        """
        try:
            status = self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        for pipe in (self._requests, self._replies):
            with suppress(OSError):  # what was not sent stays unsent
                pipe.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        return status


class WorkerProcess:
    """One worker; one thread at a time asks it, any thread may stop it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._running: _Running | None = None
        self._stopped = False
        self._starting = Lock()

    def do(self, job: Job) -> object:
        """What the job returns.

        Raises:
            ParsingStopped: it takes too long or too much memory, or crashes its parser.
            ParsingUnavailable: no process can be started.
            PlumbError: what the job raises, such as `DocumentError` of a file that cannot be parsed.
        """
        used = self._running is not None and self._running.files > 0
        answer = self._ask(job)
        if isinstance(answer, ParsingStopped) and used:
            answer = self._ask(job)  # what earlier files left behind may have been too much
        if isinstance(answer, PlumbError):
            raise answer
        return answer

    def stop(self) -> None:
        """End the process at once, and start no other; a job under way gets an error."""
        with self._starting:
            self._stopped = True
            running = self._running
        if running is not None:
            running.process.kill()

    def end(self, grace_s: float = 0) -> int:
        """End the process, if there is one, and clear up after it; its exit status."""
        running, self._running = self._running, None
        return running.end(grace_s) if running is not None else 0

    def _ask(self, job: Job) -> object:
        """The worker's answer: what the job returns, or the error to raise. A process that is spent is ended."""
        running = self._running
        if running is None or running.process.poll() is not None:
            running = self._start()
        try:
            running.send(job)
            answer = running.receive()
        except _BROKEN_OFF:
            status = self.end(_GRACE_S)
            if self._stopped:
                raise ParsingUnavailable(_CLOSED) from None
            raise _why_it_stopped(job.document_id, status, self._limits) from None
        except BaseException:
            self.end()  # half an answer may be left in the pipe
            raise
        running.files += 1
        if running.files >= FILES_PER_PROCESS or isinstance(answer, ParsingStopped):
            self.end()
        return answer

    def _start(self) -> _Running:
        self.end()
        try:
            with self._starting:
                if self._stopped:
                    raise ParsingUnavailable(_CLOSED)
                self._running = running = _Running()
            running.send(_import_path())
            running.folder = Path(tempfile.mkdtemp(prefix="plumb-parsing-"))
            running.send((self._limits, running.folder))
            ready = running.receive()
        except _BROKEN_OFF as error:
            status = self.end(_GRACE_S)
            if self._stopped:
                raise ParsingUnavailable(_CLOSED) from None
            detail = str(error) if isinstance(error, OSError) else _how_it_ended(status)
            raise ParsingUnavailable(
                f"no process for parsing can be started ({detail}); look for limits on memory and "
                "processes, or set PLUMB_LOADING_WORKERS=0 to parse without workers"
            ) from error
        except BaseException:
            self.end()  # its answer may still be on the way, and would be taken for a file's
            raise
        if ready != READY:
            self.end()
            raise ParsingUnavailable(
                f"the process for parsing says {ready!r}, not {READY!r}; reinstall Plumbline"
            )
        return running


def _import_path() -> list[str]:
    """Where a worker finds this package and what it needs, wherever it is started."""
    ours = str(Path(ingestion.__file__).resolve().parent.parent)
    return [ours, *(entry for entry in sys.path if entry)]


def _why_it_stopped(document_id: str, status: int, limits: Limits) -> ParsingStopped:
    """What to tell of the document that was being parsed.

    Args:
        document_id: that document.
        status: the process's exit status, below 0 for a signal.
        limits: the limits it ran under.
    """
    if sys.platform != "win32" and status == -signal.SIGALRM:
        return ParsingStopped(
            f"{document_id}: parsing was stopped after {limits.timeout_s:g} s; "
            "split it, or raise PLUMB_LOADING_TIMEOUT_S"
        )
    if sys.platform != "win32" and status == -signal.SIGKILL:
        return ParsingStopped(
            f"{document_id}: its parser was killed from outside (SIGKILL), most likely because the "
            "machine ran out of memory; split it, or lower PLUMB_LOADING_WORKERS or "
            "PLUMB_LOADING_MEMORY_MB"
        )
    return ParsingStopped(
        f"{document_id}: its parser crashed ({_how_it_ended(status)}); open and save it again, or "
        f"remove it; if it is large, split it or raise PLUMB_LOADING_MEMORY_MB "
        f"({limits.memory_mb:,} MB)"
    )


def _how_it_ended(status: int) -> str:
    """An exit status in words: 'SIGSEGV', 'exit status 1'."""
    if status < 0:
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"
    return f"exit status {status}"
