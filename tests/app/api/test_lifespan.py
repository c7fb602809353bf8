"""The service's start and end."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from app import main
from app.store.database import Database
from app.wiring import Parts
from prompts.errors import PlumbError

# One opened early, and the one that opens last.
STEPS = ("open_guard", "open_queue", "open_sessions", "Turns")


@pytest.mark.parametrize("failing", STEPS)
def test_a_start_that_fails_closes_what_it_opened(serve, monkeypatch, failing: str) -> None:
    closed: list[str] = []

    def watch(kind: type[Any]) -> None:
        close = kind.close

        def closing(self: Any) -> None:
            closed.append(kind.__name__)
            close(self)

        monkeypatch.setattr(kind, "close", closing)

    def refuse(*_: Any, **__: Any) -> None:
        raise PlumbError("this part cannot be built")

    watch(Database)
    watch(Parts)
    monkeypatch.setattr(main, failing, refuse)
    with pytest.raises(PlumbError, match="cannot be built"):
        serve()
    assert closed == ["Database", "Parts"]


def test_the_documented_version_is_the_packages(serve) -> None:
    project = tomllib.loads((Path(main.__file__).parents[1] / "pyproject.toml").read_text("utf-8"))[
        "project"
    ]
    assert serve().get("/openapi.json").json()["info"]["version"] == project["version"]
