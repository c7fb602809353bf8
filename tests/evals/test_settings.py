from __future__ import annotations

import pytest

from app.jobs.settings_handover import handed_over, take_over
from app.settings.tree import variable_names
from app.settings.tree import variable_names as app_names
from evals.settings import Settings, load_settings
from prompts.errors import SettingsError


def test_the_tree_has_groups_that_the_room_below_does_not_know() -> None:
    assert set(variable_names(Settings)) > set(app_names())


def test_values_come_from_the_environment_and_from_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMB_EVALS_CONCURRENCY", "7")
    given = load_settings({"tracking.tracker": "none", "index.url": "./x"})
    assert (given.evals.concurrency, given.tracking.tracker, given.index.url) == (7, "none", "./x")


def test_a_misspelt_setting_of_this_room_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMB_JUDGE_MODL", "x")
    with pytest.raises(SettingsError, match="PLUMB_JUDGE_MODEL"):
        load_settings()


def test_worker_processes_get_the_part_they_know(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in handed_over(load_settings({"serve.port": 81})).items():
        monkeypatch.setenv(name, value)
    assert take_over().serve.port == 81
