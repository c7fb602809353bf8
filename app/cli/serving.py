"""Run the REST service in this process."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.configuration.redaction import Redactor
from app.errors import NotStarted
from app.jobs.settings_handover import handed_over, take_over
from app.settings.tree import Settings
from prompts.errors import PlumbError, SettingsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.main import Gates

logger = logging.getLogger(__name__)
# Taken from the modes of all that a service writes: the group, and others.
PRIVATE = 0o077
# How long open answers may still take when the service is to stop. A stream of a job's events
# would else hold it for as long as the job goes on.
SHUTDOWN_S = 30
# A worker that gives no sign of life for so long is killed, with all that it is answering, and another
# one begins. On a busy machine a healthy one is silent for seconds, most of all while it starts.
SILENT_S = 60
# How uvicorn speaks HTTP: see `app.api.connections`. There are no websockets here.
PROTOCOL: dict[str, Any] = {
    "http": "app.api.connections:BoundedProtocol",
    "ws": "none",
    "access_log": False,
}
# Files that a process opens beside its connections.
OTHER_FILES = 512


def run(settings: Settings, gates: Gates | None = None) -> None:
    """Serve until interrupted.

    Args:
        gates: see `create_app`; a function of a module, so that worker processes find it too.

    Raises:
        SettingsError: the address cannot be listened on.
        NotStarted: a worker process could not start.
        PlumbError: what else keeps it from starting; the message says what.
    """
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    from app.main import create_app
    from app.security.factory import notice
    from app.telemetry.logs import log_to_stderr
    from app.telemetry.metrics import SHARED_FOLDER

    if settings.serve.workers > 1 and settings.redis.url is None:
        raise SettingsError(
            "serve.workers: more than one need redis.url, so that they share conversations, cached "
            "answers and limits; set PLUMB_REDIS_URL, or leave serve.workers at 1."
        )
    # What the service writes (jobs, uploads, batches, versions of the index) is for its user alone.
    os.umask(os.umask(PRIVATE) | PRIVATE)
    host, port = settings.serve.host, settings.serve.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; set --host and --port."
        ) from error
    log_to_stderr(settings.telemetry, _release(settings), Redactor(settings))
    logger.info("%s", notice(settings.auth, host, settings.browser.hosts))
    common: dict[str, Any] = {
        "log_config": None,
        "timeout_graceful_shutdown": SHUTDOWN_S,
        **PROTOCOL,
    }
    _allow_connections(settings.serve.most_connections)
    workers = settings.serve.workers
    if workers == 1:
        service = PlainStart(create_app(settings, leave_alone_what_stays, gates), logs=False)
        config = uvicorn.Config(service, **common)
        if os.getpid() == 1:
            # When it has stopped, uvicorn raises the signal again for the handler before its own:
            # as the first process of a container, that a service that is asked to stop ends well.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except SystemExit:
            if service.failure is not None:
                raise service.failure from None
            raise
        return
    config = uvicorn.Config(
        partial(worker_app, gates),
        factory=True,
        workers=workers,
        timeout_worker_healthcheck=SILENT_S,
        **common,
    )
    with TemporaryDirectory(prefix="plumb-metrics-") as shared:
        os.environ.update(handed_over(settings) | {SHARED_FOLDER: shared})
        supervisor = Multiprocess(config, [listener])
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise NotStarted("a worker could not start, so none serves; its entry above says why.")


def _allow_connections(most: int) -> None:
    """Have the system let this process, and those that it starts, hold this many connections."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        logger.warning(
            "the system lets a process open %s files, and serve.most_connections=%s takes %s: "
            "lower it, or raise the system's limit (ulimit -n).",
            allowed,
            most,
            wanted,
        )


class PlainStart:
    """ASGI: say what a user can mend in one line where the service cannot start, not in a traceback.

    Args:
        logs: whether the line goes into the log; else who started the service says it.

    Attributes:
        failure: what keeps it from starting; None where nothing does.
    """

    def __init__(self, app: ASGIApp, *, logs: bool) -> None:
        self._app = app
        self._logs = logs
        self.failure: PlumbError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; of the start, only how it went."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        failed: list[str] = []

        async def without_traceback(message: Message) -> None:
            # Starlette sends the traceback first, and then raises what it is of.
            if message["type"] == "lifespan.startup.failed":
                failed.append(message.get("message", ""))
            else:
                await send(message)

        try:
            await self._app(scope, receive, without_traceback)
        except PlumbError as error:
            if not failed:
                raise
            self.failure = error
            line = " ".join(str(error).split()) if self._logs else ""
            await send({"type": "lifespan.startup.failed", "message": line})
        except BaseException:
            if failed:
                await send({"type": "lifespan.startup.failed", "message": failed[0]})
            raise


def leave_alone_what_stays() -> None:
    """Take all that a started service holds out of the collector's sight.

    A full collection looks at every object: with the libraries' that took 185 ms, in which nobody
    was answered.
    """
    gc.collect()
    gc.freeze()


def worker_app(gates: Gates | None = None) -> ASGIApp:
    """The app of one worker process, by the settings that `run` handed over."""
    from app.main import create_app
    from app.telemetry.logs import log_to_stderr

    settings = take_over()
    log_to_stderr(settings.telemetry, _release(settings), Redactor(settings))
    return PlainStart(create_app(settings, leave_alone_what_stays, gates), logs=True)


def _release(settings: Settings) -> str | None:
    return None if settings.release is None else settings.release.id
