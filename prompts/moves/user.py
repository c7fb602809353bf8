"""Who runs this."""

from __future__ import annotations

import getpass
import os
import socket


def current_user() -> str:
    """`user@host`, as far as the system knows them."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}"
