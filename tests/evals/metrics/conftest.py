"""A judge behind a real HTTP server, scripted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.metrics.judge import JudgeModel, open_judge
from evals.settings import JudgeSettings
from tests.openai_server import Script


@pytest.fixture
def slept() -> list[float]:
    """Pauses between tries that were not slept."""
    return []


@pytest.fixture
def make_judge(
    openai: Script, tmp_path: Path, slept: list[float]
) -> Iterator[Callable[..., JudgeModel]]:
    """Judges that ask the scripted server and keep what it says in one folder."""
    made: list[JudgeModel] = []

    def make(**settings: Any) -> JudgeModel:
        given = {"model": "openai:judge-1", "base_url": openai.url, **settings}
        judge = open_judge(JudgeSettings(**given), tmp_path / "evals", slept.append)
        assert judge is not None
        made.append(judge)
        return judge

    yield make
    for judge in made:
        judge.close()
