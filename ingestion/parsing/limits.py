"""The limits under which a worker process parses; the kernel keeps them.

On Windows there are neither of the two system calls, and a worker runs without limits; macOS has
the limit on time and ignores the one on memory.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Limits(NamedTuple):
    """What parsing one file may take.

    Attributes:
        timeout_s: seconds, fetching the file from elsewhere included.
        memory_mb: address space of the process, MiB.
    """

    timeout_s: float
    memory_mb: int

    def limit_memory(self) -> None:
        """Let every allocation of this process beyond the limit fail, from now on."""
        if sys.platform == "win32":
            return
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = self.memory_mb << 20
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
        # A crash on somebody's document must not leave a copy of it on the disk.
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))

    @contextmanager
    def bounded_time(self) -> Iterator[None]:
        """Have this process killed by SIGALRM if the block takes longer than the limit.

        The signal has no handler: one in Python would wait for a parser in C to come back.
        """
        if sys.platform == "win32":
            yield
            return
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, self.timeout_s)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
