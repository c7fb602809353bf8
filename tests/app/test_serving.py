"""How worker processes are watched over."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from app.serving import run
from app.settings import load_settings


def test_a_worker_that_is_silent_for_seconds_is_not_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Any] = []

    class Multiprocess:
        def __init__(self, config: Any, sockets: list[socket.socket]) -> None:
            started.append(config)
            for listener in sockets:
                listener.close()

        def run(self) -> None:
            """Start nothing."""

    monkeypatch.setattr("uvicorn.supervisors.Multiprocess", Multiprocess)
    monkeypatch.setattr("app.telemetry.logs.log_to_stderr", lambda _: None)
    for variable in ("PLUMBLINE_JOB_SETTINGS", "PROMETHEUS_MULTIPROC_DIR"):
        monkeypatch.setenv(variable, "")  # what `run` sets there is undone after the test
    run(load_settings({"serve.workers": 2, "serve.port": 0, "redis.url": "redis://127.0.0.1:1/0"}))
    assert started[0].workers == 2
    # uvicorn's own bound is 5 s: busy machines, and the loading of models, are silent for longer.
    assert started[0].timeout_worker_healthcheck >= 60
