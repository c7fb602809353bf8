"""Run the REST service in this process."""

from __future__ import annotations

import socket
import sys

from app.settings import Settings
from prompts.errors import SettingsError

# How long open answers may still take when the service is to stop. A stream of a job's events
# would else hold it for as long as the job goes on.
SHUTDOWN_S = 30


def run(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        SettingsError: the address cannot be listened on.
    """
    import uvicorn

    from app.main import create_app
    from app.security.opening import notice

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
    print(notice(settings.auth, host), file=sys.stderr)  # noqa: T201
    config = uvicorn.Config(
        create_app(settings),
        log_level="info",
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    uvicorn.Server(config).run(sockets=[listener])
