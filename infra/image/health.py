"""Whether the container's process does its work: the health check of images and compose.yaml.

    health.py serve     the service can answer questions (/readyz)
    health.py worker    this container's worker is registered in Redis and shows that it lives

The exit code is 0 if so, else 1 with one line that says what is wrong.
"""

from __future__ import annotations

import os
import socket
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

TIMEOUT_S = 4


def serve() -> str:
    """What keeps the service from answering; empty if nothing does."""
    port = int(os.environ.get("PLUMB_SERVE_PORT", "8000"))
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        return f"port {port}: {error}"
    return "" if response.status == 200 else f"{response.status}: {body}"


def mounted(name: str) -> str:
    """The value of a mounted secret file, as PLUMB_SECRETS_DIR names their folder; empty if there is none."""
    folder = os.environ.get("PLUMB_SECRETS_DIR")
    try:
        return Path(folder, name).read_text("utf-8").strip() if folder else ""
    except OSError:
        return ""


def worker() -> str:
    """Why no worker of this container can take jobs; empty if one can."""
    from redis import Redis
    from redis.exceptions import RedisError
    from rq import Worker

    url = os.environ.get("PLUMB_REDIS_URL") or mounted("PLUMB_REDIS_URL")
    if not url:
        return "PLUMB_REDIS_URL is not set"
    redis = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    host = socket.gethostname()
    try:
        # Redis forgets a worker that is silent for longer than its time to live.
        if any(known.hostname == host for known in Worker.all(connection=redis)):
            return ""
    except RedisError as error:
        return f"Redis: {error}"
    return f"no worker of {host} is registered"


def main(arguments: list[str]) -> int:
    """Check what the arguments name."""
    checks = {"serve": serve, "worker": worker}
    if len(arguments) != 1 or arguments[0] not in checks:
        sys.stderr.write("usage: health.py serve|worker\n")
        return 2
    wrong = checks[arguments[0]]()
    if wrong:
        sys.stderr.write(f"{wrong}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
