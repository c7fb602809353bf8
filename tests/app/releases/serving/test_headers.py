"""What every response of a process that serves a release carries, also those nobody foresaw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.release_header import HEADER
from app.main import create_app
from app.settings.tree import Settings
from tests.app.releases.serving.world import World

SITE = "https://app.example.org"


def test_errors_name_the_release_and_tell_browsers_the_same(
    world: World, serving: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    release = world.release("v1", 1)
    app = create_app(serving(release, browser__origins=[SITE]))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:

        def fails(*_: Any, **__: Any) -> None:
            raise RuntimeError("nobody foresaw this")

        monkeypatch.setattr(app.state.answer_log, "list", fails)
        for path, status in (("/v1/answers", 500), ("/v1/nothing", 404), ("/healthz", 200)):
            response = client.get(path, headers={"Origin": SITE})
            assert response.status_code == status, path
            assert response.headers.get_list(HEADER) == [release.id]
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["X-Frame-Options"] == "DENY"
            own = "no-referrer" if path.startswith("/v1") else "same-origin"
            assert response.headers["Referrer-Policy"] == own
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
            assert "no-store" in response.headers["Cache-Control"]
            assert response.headers["Access-Control-Allow-Origin"] == SITE
            assert HEADER in response.headers["Access-Control-Expose-Headers"]
        assert "nobody foresaw this" not in client.get("/v1/answers").text
        refused = client.get("/v1/answers", headers={"Host": "rebound.example"})
        assert (refused.status_code, refused.headers[HEADER]) == (403, release.id)
