"""End a sync in the middle, in the process that runs it: because it was cancelled, or SIGTERM came.

At first the work is asked at its next sign of progress. What shows none for a while (a download,
an index that is built) is interrupted by a signal, and what a signal does not interrupt goes with
the process. All three are safe: a sync may be killed at any moment, and the next one goes on from
what it left.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from app.jobs.job import Cancellation
from app.jobs.recorder import Recorder

logger = logging.getLogger(__name__)
LOOK_S = 0.5
# How long work may go on without a sign of progress, and how long it may take to clear up.
INTERRUPTED_AFTER_S = 2.0
ENDED_AFTER_S = 10.0
EXIT_CODE = 143


class Stopped(BaseException):
    """The work is to end now. Nothing catches it but who runs the job, as with KeyboardInterrupt."""


class Stopper:
    """Ends the work of this process when somebody asks for it."""

    def __init__(self, recorder: Recorder[Any]) -> None:
        self._recorder = recorder
        self._asked = threading.Event()
        self._is_over = threading.Event()
        self._raised = False

    def check(self) -> None:
        """Raise `Stopped` if the work is to end; called between its steps."""
        if self._asked.is_set() and not self._is_over.is_set():
            self._raised = True
            raise Stopped

    def too_late(self) -> None:
        """From now on the work goes on to its end; nobody can stop it."""
        self._is_over.set()

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Interrupt the main thread, once: what it clears up then must not be interrupted."""
        if not self._raised and not self._is_over.is_set():
            self._raised = True
            raise Stopped

    def watch(self) -> None:
        """Wait until the work is cancelled, and see that it ends; runs in a thread."""
        while (asked := self._recorder.look_for_cancellation()) is None:
            if self._is_over.wait(LOOK_S):
                return
        self._asked.set()
        logger.info("%s asked that this sync be cancelled", asked.by)
        if not self._is_over.wait(INTERRUPTED_AFTER_S):
            main = threading.main_thread().ident
            if main is not None:
                signal.pthread_kill(main, signal.SIGTERM)
        if not self._is_over.wait(ENDED_AFTER_S):
            self._end_process(asked)

    def _end_process(self, asked: Cancellation) -> None:
        logger.warning("the sync that %s cancelled did not stop; its process ends", asked.by)
        try:
            self._recorder.end_at_once("cancelled")
        finally:
            os._exit(EXIT_CODE)


@contextmanager
def stoppable(recorder: Recorder[Any]) -> Iterator[Stopper]:
    """Let the block be ended by a cancellation or by SIGTERM: `Stopped` comes out of it then.

    For the main thread of a job's own process.
    """
    stopper = Stopper(recorder)
    before = signal.signal(signal.SIGTERM, stopper.on_signal)
    watching = threading.Thread(target=stopper.watch, name="cancellation", daemon=True)
    watching.start()
    try:
        yield stopper
    finally:
        stopper.too_late()
        watching.join()
        signal.signal(signal.SIGTERM, before)
