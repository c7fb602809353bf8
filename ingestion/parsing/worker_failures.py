"""Why a worker process ended in the middle of a file, and what can be done about it."""

from __future__ import annotations

import signal
import sys

from ingestion.errors import ParsingStopped
from ingestion.parsing.limits import Limits


def why_it_stopped(document_id: str, status: int, limits: Limits) -> ParsingStopped:
    """What to tell of the document that was being parsed.

    Args:
        document_id: that document.
        status: the process's exit status, below 0 for a signal.
        limits: the bounds it ran under.
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
        f"{document_id}: its parser crashed ({how_it_ended(status)}); open and save it again, or "
        f"remove it; if it is large, split it or raise PLUMB_LOADING_MEMORY_MB "
        f"({limits.memory_mb:,} MB)"
    )


def how_it_ended(status: int) -> str:
    """An exit status in words: 'SIGSEGV', 'exit status 1'."""
    if status < 0:
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"
    return f"exit status {status}"
