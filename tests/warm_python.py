"""A `python` that has already imported what takes seconds, for tests that start processes.

A server imports it once. `python`, a small program, asks the server to fork, hands over its arguments,
variables, working folder and standard streams, passes signals on, and ends as the fork ends. The fork
is a process of its own, in a session of its own: it can be killed like any other.

A test that is about the start of a process, its interpreter or its arguments uses the real Python.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from filelock import FileLock

# LanceDB starts its thread again in a fork; OpenVINO starts its own with the first graph.
PRELOADED = [
    "alembic.command",
    "lancedb.background_loop",
    "mcp.server.stdio",
    "pyarrow.dataset",
    "scipy.stats",
    "tokenizers",
    "app.cli.main",
    "app.cli.serving",
    "app.jobs.redis_queue",
    "app.jobs.work",
    "app.main",
    "app.mcp.http",
    "app.mcp.tools",
    "app.wiring",
    "evals.cli",
    "evals.commands.canary",
    "evals.commands.promote",
    "evals.commands.release",
    "ingestion.cli",
    "ingestion.embedding.onnx_encoder",
    "ingestion.index.lance",
    "ingestion.sync.start",
]

CLIENT = """#!{python} -ISE
import json, os, signal, socket, sys
ARGUMENTS = sys.argv[1:]
plain = [one for one in ARGUMENTS if one not in ("-P", "-u")]
is_program = plain and (plain[0] in ("-c", "-m") or not plain[0].startswith("-"))
# A parser bounds its own memory, so that it starts with nothing.
if not is_program or any("ingestion.parsing" in one for one in plain):
    os.execv({python!r}, [{python!r}, *ARGUMENTS])
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
request = {{"arguments": plain, "folder": os.getcwd(), "variables": dict(os.environ)}}
text = json.dumps(request).encode()
socket.send_fds(server, [len(text).to_bytes(8, "big")], [0, 1, 2])
server.sendall(text)
replies = server.makefile("r")
process = int(replies.readline() or sys.exit("the server of warm processes is gone"))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda number, _: os.kill(process, number))
status = int(replies.readline() or sys.exit("the server of warm processes is gone"))
if status < 0:
    signal.signal(-status, signal.SIG_DFL) if -status != signal.SIGKILL else None
    os.kill(os.getpid(), -status)
os._exit(status)
"""


@contextmanager
def warm_python(folder: Path) -> Iterator[str]:
    """The path of the program; its server ends when nobody in any process uses the folder any more."""
    address, program = folder / "server", folder / "python"
    folder.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as held:
        with FileLock(folder / "lock"):
            if held.connect_ex(str(address)) != 0:
                address.unlink(missing_ok=True)
                program.write_text(
                    CLIENT.format(python=sys.executable, address=str(address)), encoding="utf-8"
                )
                program.chmod(0o700)
                _start_server(address, folder / "log")
                held.connect(str(address))
        yield str(program)


def _start_server(address: Path, log: Path) -> None:
    variables = {name: one for name, one in os.environ.items() if not name.startswith("PLUMB_")}
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [sys.executable, "-P", __file__, str(address)],
            cwd=Path(__file__).parent.parent,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    assert server.stdout is not None
    started = server.stdout.readline() == b"listening\n"
    server.stdout.close()
    if not started:
        raise RuntimeError(f"the server of warm processes did not start: {log.read_text()}")
    # It outlives this process if another uses it, and is waited for if not.
    threading.Thread(target=server.wait, name="warm python", daemon=True).start()


class _Server:
    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._connections: set[socket.socket] = set()
        self._forks: dict[int, socket.socket] = {}
        self._children, ended = socket.socketpair()
        for one in (self._children, ended):
            one.setblocking(False)
        self._selector.register(self._children, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ended.fileno(), warn_on_full_buffer=False)
        self._ended = ended

    def run(self) -> None:
        """Serve until the last connection is closed and the last fork has ended."""
        served = False
        while not served or self._connections or self._forks:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    self._connections.add(connection)
                    self._selector.register(connection, selectors.EVENT_READ)
                    served = True
                elif key.fileobj is self._children:
                    self._children.recv(4096)
                    self._reap()
                elif key.fileobj in self._connections:
                    self._answer(key.fileobj)

    def _answer(self, connection: Any) -> None:
        prefix, streams, _, _ = socket.recv_fds(connection, 8, 3)
        request = connection.recv(int.from_bytes(prefix, "big"), socket.MSG_WAITALL)
        if not request:  # who asked is gone, and so is what it asked for
            self._forget(connection)
            for process in [one for one, asked in self._forks.items() if asked is connection]:
                os.kill(process, signal.SIGKILL)
            return
        process = os.fork()
        if process == 0:
            self._leave()
            _run(json.loads(request), streams)
        for stream in streams:
            os.close(stream)
        self._forks[process] = connection
        connection.sendall(f"{process}\n".encode())

    def _reap(self) -> None:
        while self._forks:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            connection = self._forks.pop(process)
            if connection in self._connections:
                with suppress(OSError):  # who asked may have been killed meanwhile
                    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
                self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        self._connections.remove(connection)
        connection.close()

    def _leave(self) -> None:
        """In a fork: hold nothing of the server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for one in (self._listener, self._children, self._ended, *self._connections):
            one.close()
        os.setsid()


def _run(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be the process that was asked for, to its end."""
    status = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(
            2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False
        )
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
        os.environ.clear()
        os.environ.update(request["variables"])
        os.chdir(request["folder"])
        sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        first, *rest = request["arguments"]
        try:
            if first == "-c":
                sys.argv = ["-c", *rest[1:]]
                exec(rest[0], {"__name__": "__main__"})
            elif first == "-m":
                sys.argv = rest
                runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
            else:
                sys.argv = [first, *rest]
                runpy.run_path(first, run_name="__main__")
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.code, str):
                sys.stderr.write(f"{end.code}\n")
        threading._shutdown()
        atexit._run_exitfuncs()
    except BaseException:  # noqa: BLE001 (as the interpreter does at the end)
        traceback.print_exc()
    finally:
        for output in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # the program may have closed it
                output.flush()
        os._exit(status & 0xFF)


def _know_weights() -> None:
    """Hash the default model's weights once for all forks."""
    from ingestion.embedding import weights
    from ingestion.settings import EmbeddingSettings

    hash_weights, known = weights.hash_weights, weights.resolve_model(EmbeddingSettings())

    def hash_unknown(folder: Path, name: str) -> str:
        return known.content_hash if folder == known.folder else hash_weights(folder, name)

    weights.hash_weights = hash_unknown


def main(address: str) -> None:
    """Import, listen, serve."""
    for name in PRELOADED:
        importlib.import_module(name)
    sys.modules["lancedb.background_loop"]._FORK_WARNED = True  # here, none of it runs at a fork
    _know_weights()
    gc.collect()
    gc.freeze()  # so that a fork copies no page for looking into it
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        os.write(1, b"listening\n")
        os.dup2(2, 1)
        _Server(listener).run()
    Path(address).unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1])
