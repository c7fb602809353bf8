"""The sessions that the settings ask for."""

from __future__ import annotations

from app.sessions.memory import MemorySessions
from app.sessions.session import Sessions
from app.settings.tree import Settings


def open_sessions(settings: Settings) -> Sessions:
    """In Redis where it is set, else in this process."""
    if settings.redis.url is None:
        return MemorySessions(settings.session)
    from app.sessions.redis import RedisSessions

    return RedisSessions(settings.redis.url.get_secret_value(), settings.session)
