"""The tables as the migrations make them."""

from __future__ import annotations

import pytest

from app.store import database

MIGRATE = database._upgrade


@pytest.fixture(autouse=True)
def _migrations_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_upgrade", MIGRATE)
