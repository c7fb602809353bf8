"""Ways to break what answers depend on, and to repair it again."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from evals.benchmarks.faults.services import START_S, Service, Stand
from evals.benchmarks.processes import wait_until

INDEX_GONE = frozenset({"index-unavailable"})
MODEL_GONE = frozenset({"chat-model-failed", "chat-model-resting"})
GARBAGE = b"\x00not what was here\xff" * 50


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks.

    Attributes:
        name: what, for people.
        broken: breaks it, and mends it when the context ends.
        errors: the kinds of problem that callers may get meanwhile.
        stream_errors: those that a stream which has begun may end in.
        cuts: whether connections may break off.
        degrades: whether another model may step in.
        forgets: whether conversations may be forgotten.
        dependency: what `/readyz` says is not ready meanwhile; None: nothing.
        needed: whether `/readyz` is 503 meanwhile.
    """

    name: str
    broken: Callable[[Stand, Service], Iterator[None]]
    errors: frozenset[str] = frozenset()
    stream_errors: frozenset[str] = frozenset()
    cuts: bool = False
    degrades: bool = False
    forgets: bool = False
    dependency: str | None = None
    needed: bool = False

    @contextmanager
    def breaking(self, stand: Stand, service: Service) -> Iterator[None]:
        """It is broken while the context lasts."""
        yield from self.broken(stand, service)


def _redis_killed(stand: Stand, service: Service) -> Iterator[None]:
    stand.redis.signal(signal.SIGKILL)
    yield
    stand.redis.start()


def _redis_hangs(stand: Stand, service: Service) -> Iterator[None]:
    stand.redis.signal(signal.SIGSTOP)
    yield
    stand.redis.signal(signal.SIGCONT)


def _index_away(stand: Stand, service: Service) -> Iterator[None]:
    away = stand.index.with_name("away")
    stand.index.rename(away)
    yield
    away.rename(stand.index)


def _index_garbage(stand: Stand, service: Service) -> Iterator[None]:
    """Every file of the index, its records too, holds something else; its folders are there."""
    away, garbage = stand.index.with_name("away"), stand.index.with_name("garbage")
    shutil.copytree(stand.index, garbage)
    for file in garbage.rglob("*"):
        if file.is_file():
            file.write_bytes(GARBAGE)
    # An empty folder would be an empty index, if only for a moment: these are two renames.
    stand.index.rename(away)
    garbage.rename(stand.index)
    yield
    stand.index.rename(garbage)
    away.rename(stand.index)
    shutil.rmtree(garbage)


def _model_silent(stand: Stand, service: Service) -> Iterator[None]:
    stand.model.set_mood("silent")
    yield
    stand.model.set_mood("well")


def _model_failing(stand: Stand, service: Service) -> Iterator[None]:
    stand.model.set_mood("failing")
    yield
    stand.model.set_mood("well")


def _worker_killed(stand: Stand, service: Service) -> Iterator[None]:
    """Mended by the service itself: the context ends when the next worker serves."""
    started = service.started()
    service.workers()[0].kill()
    yield
    wait_until(lambda: service.started() > started, "another worker serves", START_S)


FAULTS = (
    Fault("redis-server killed", _redis_killed, forgets=True, dependency="redis"),
    Fault("redis-server stopped (SIGSTOP)", _redis_hangs, forgets=True, dependency="redis"),
    Fault(
        "index's folder away", _index_away, INDEX_GONE, INDEX_GONE, dependency="index", needed=True
    ),
    Fault(
        "index's files are garbage",
        _index_garbage,
        INDEX_GONE,
        INDEX_GONE,
        dependency="index",
        needed=True,
    ),
    Fault("model says nothing", _model_silent, stream_errors=MODEL_GONE, degrades=True),
    Fault("model answers 500", _model_failing, degrades=True),
    Fault("worker killed", _worker_killed, cuts=True),
)
WITHOUT_LAST_RESORT = (
    Fault("model says nothing, no last resort", _model_silent, MODEL_GONE, MODEL_GONE),
    Fault("model answers 500, no last resort", _model_failing, MODEL_GONE, MODEL_GONE),
)


@dataclass(slots=True)
class Window:
    """When something was broken, in seconds of `time.time()`.

    Attributes:
        fault: what.
        broke: from when.
        mended: until when.
        closed: until when its consequences are its own.
        reported: whether `/readyz` said so.
        alive: whether `/healthz` was 200 meanwhile.
    """

    fault: Fault
    broke: float
    mended: float = 0.0
    closed: float = 0.0
    reported: bool = True
    alive: bool = True


def break_for(
    fault: Fault, stand: Stand, service: Service, seconds: float, recovery_s: float
) -> Window:
    """Break it, look at what the probes say, mend it, and leave it time to come back."""
    window = Window(fault, time.time())
    with fault.breaking(stand, service):
        # The probes may be answered by what is known from before the break.
        until = time.time() + seconds
        window.alive = service.alive()
        if fault.dependency is not None:
            window.reported = _is_reported(fault, service, until)
        time.sleep(max(0.0, until - time.time()))
    window.mended = time.time()
    if fault.dependency is not None:
        wait_until(lambda: service.readiness()[0] == 200 and _is_ready(fault, service), "it mends")
    time.sleep(recovery_s)
    window.closed = time.time()
    return window


def _is_reported(fault: Fault, service: Service, until: float) -> bool:
    while time.time() < until:
        status, _ = service.readiness()
        if (status == 503) == fault.needed and not _is_ready(fault, service):
            return True
    return False


def _is_ready(fault: Fault, service: Service) -> bool:
    _, body = service.readiness()
    return bool(body["dependencies"][fault.dependency]["ready"])
