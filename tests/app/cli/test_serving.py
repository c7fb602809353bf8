"""How worker processes are watched over, and what the collector sees of a started service."""

from __future__ import annotations

import gc
import socket
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fastapi.testclient import TestClient

from app.cli.serving import leave_alone_what_stays, run
from app.errors import StoreUnavailable
from app.main import create_app
from app.settings.tree import load_settings


def test_a_worker_that_is_silent_for_seconds_is_not_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Any] = []

    class Multiprocess:
        processes: ClassVar[list[Any]] = []

        def __init__(self, config: Any, sockets: list[socket.socket]) -> None:
            started.append(config)
            for listener in sockets:
                listener.close()

        def run(self) -> None:
            """Start nothing."""

    monkeypatch.setattr("uvicorn.supervisors.Multiprocess", Multiprocess)
    monkeypatch.setattr("app.telemetry.logs.log_to_stderr", lambda *_: None)
    for variable in ("PLUMBLINE_JOB_SETTINGS", "PROMETHEUS_MULTIPROC_DIR"):
        monkeypatch.setenv(variable, "")  # what `run` sets there is undone after the test
    run(load_settings({"serve.workers": 2, "serve.port": 0, "redis.url": "redis://127.0.0.1:1/0"}))
    assert started[0].workers == 2
    # uvicorn's own bound is 5 s: busy machines, and the loading of models, are silent for longer.
    assert started[0].timeout_worker_healthcheck >= 60


def test_what_is_built_at_the_start_is_left_alone_before_the_first_request(
    tmp_path: Path,
) -> None:
    seen: list[bool] = []
    settings = {"index.url": str(tmp_path / "i"), "store.url": f"sqlite:///{tmp_path / 's.db'}"}
    app = create_app(load_settings(settings), lambda: seen.append(hasattr(app.state, "turns")))
    with TestClient(app):
        assert seen == [True]


def test_a_collection_no_longer_looks_at_what_stays() -> None:
    try:
        leave_alone_what_stays()
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 1_000
    finally:
        gc.unfreeze()


def test_a_service_that_cannot_start_says_why_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.telemetry.logs.log_to_stderr", lambda *_: None)
    (tmp_path / "store.db").write_text("no database" * 1000)
    settings = {"index.url": str(tmp_path / "i"), "store.url": f"sqlite:///{tmp_path / 'store.db'}"}
    with pytest.raises(StoreUnavailable, match=r"store\.db"):
        run(load_settings({**settings, "serve.port": 0}))
    assert "Application startup failed" in caplog.text
    assert "Traceback" not in caplog.text
