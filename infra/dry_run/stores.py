"""What both revisions share, as real servers: Redis and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from infra.dry_run.processes import DryRunError, Processes


def find_program(name: str) -> str | None:
    """The path of a server's program; PostgreSQL's and Debian's administrative folders count, too."""
    folders = [os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"]
    folders += [
        str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    ]
    return shutil.which(name, path=os.pathsep.join(folders))


def program(name: str) -> str:
    """As `find_program`.

    Raises:
        DryRunError: it is not installed.
    """
    found = find_program(name)
    if found is None:
        raise DryRunError(
            f"{name} is not installed; `make release-dry-run` installs it with apt-get, or install it "
            "yourself and try again."
        )
    return found


async def start_redis(processes: Processes, folder: Path, port: int) -> str:
    """Start a Redis that keeps nothing on disk; its URL."""
    server = processes.start(
        "redis",
        [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
         "--dir", str(folder)],
    )  # fmt: skip
    await processes.wait_for_port("redis", server, port)
    return f"redis://127.0.0.1:{port}/0"


async def start_postgres(processes: Processes, folder: Path, port: int) -> str:
    """Start a new PostgreSQL with an empty database; its URL. As root it runs as user `postgres`."""
    data, user = folder / "postgres", "postgres" if os.geteuid() == 0 else None
    data.mkdir()
    if user:
        shutil.chown(data, user, user)
    made = subprocess.run(
        [program("initdb"), "-D", str(data), "-U", "plumb", "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync"],
        user=user, group=user, extra_groups=[] if user else None, cwd=data,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise DryRunError(f"PostgreSQL cannot be set up: {' '.join(made.stderr.split())[-300:]}")
    server = processes.start(
        "postgres",
        [program("postgres"), "-D", str(data), "-p", str(port), "-c", "listen_addresses=127.0.0.1",
         "-c", "unix_socket_directories=", "-c", "fsync=off"],
        stop_by=signal.SIGINT, user=user,
    )  # fmt: skip
    await processes.wait_for_port("postgres", server, port)
    return f"postgresql://plumb@127.0.0.1:{port}/postgres"
