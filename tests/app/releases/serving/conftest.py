"""What two revisions share, and the settings of a process that serves a release."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.releases.release import Release
from app.settings.tree import Settings
from ingestion.embedding.embedder import Embedder
from tests.app.releases.serving.world import World, make_world


@pytest.fixture
def world(embedder: Embedder, tmp_path: Path) -> World:
    """Version n of the set says MONTHS[n]; production means v3, and version 3 is live."""
    return make_world(embedder, tmp_path)


@pytest.fixture
def serving(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Settings of a process that serves a release."""

    def made(release: Release, **overrides: Any) -> Settings:
        with monkeypatch.context() as patched:
            patched.setenv("PLUMB_RELEASE", str(world.file(release)))
            return world.settings(**overrides)

    return made
