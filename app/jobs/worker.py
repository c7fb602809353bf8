"""`plumb worker`: take jobs from Redis and run them, one at a time."""

from __future__ import annotations

import os

from app.jobs.settings_handover import handed_over
from app.settings.tree import Settings
from prompts.errors import SettingsError


def work(settings: Settings, *, until_empty: bool = False, only: str | None = None) -> None:
    """Run jobs until stopped (SIGTERM: when the one at work has ended), or until there are none.

    A free worker takes a job of the first kind that has one waiting, or of the only one named; of
    batches, those of the release that it serves.

    Each job runs in a process that is forked for it. Nothing heavy is imported here, so that no
    threads of a model or a database are there to be forked. RQ's SpawnWorker is no choice: it puts
    the password of Redis among the arguments of the process.

    Raises:
        SettingsError: `only` is no kind, no Redis is set, or it cannot be reached.
    """
    from redis import Redis
    from redis.exceptions import RedisError
    from rq import Queue, Worker
    from rq.serializers import JSONSerializer

    from app.jobs.kinds import KINDS, queue_name

    if only is not None and only not in KINDS:
        raise SettingsError(f"--only {only!r}: is not a kind of job; there are {', '.join(KINDS)}.")
    url = settings.redis.url
    if url is None:
        raise SettingsError(
            "plumb worker takes jobs from Redis: set PLUMB_REDIS_URL=redis://host:6379/0. Without "
            "Redis, `plumb serve` runs jobs itself."
        )
    redis = Redis.from_url(url.get_secret_value())
    try:
        redis.ping()
    except RedisError as error:
        raise SettingsError(f"redis.url: {' '.join(str(error).split())}.") from error
    os.environ.update(handed_over(settings))
    queues = [
        Queue(queue_name(KINDS[kind], settings), connection=redis, serializer=JSONSerializer)
        for kind in ([only] if only else KINDS)
    ]
    Worker(queues, connection=redis, serializer=JSONSerializer).work(burst=until_empty)
