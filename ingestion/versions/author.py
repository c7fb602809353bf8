"""Who runs this: for the records of syncs, publications and leases."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import NamedTuple


class ProcessMark(NamedTuple):
    """Names one process among all that ever ran.

    Attributes:
        host: the machine's name.
        boot: the kernel's id of this run of the machine; empty where it has none.
        pid: the process id.
        started: the kernel's start time of the process, in ticks; 0 where it tells none.
    """

    host: str
    boot: str
    pid: int
    started: int


def this_process() -> ProcessMark:
    """The mark of the process that asks."""
    return ProcessMark(socket.gethostname(), _boot(), os.getpid(), _started(os.getpid()))


def is_certainly_dead(mark: ProcessMark) -> bool:
    """Whether the process is known to be gone; False if it is on another machine."""
    if mark.host != socket.gethostname() or mark.boot != _boot():
        return False
    try:
        os.kill(mark.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it is there, and someone else's
    return bool(mark.started) and _started(mark.pid) != mark.started


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    # The process name, in parentheses, may itself hold spaces and parentheses; state is field 3.
    after = fields.rpartition(")")[2].split()
    return 0 if after[0] == "Z" else int(after[19])
