"""Settings on their way to the process that runs a job."""

from __future__ import annotations

import os

import pytest

from app.jobs.settings_handover import VARIABLE, handed_over, take_over
from app.settings.tree import load_settings
from prompts.errors import SettingsError


def test_they_arrive_as_they_were_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "index.url": "./elsewhere",
        "chat.api_key": "sk-secret",
        "redis.url": "redis://:pw@h/1",
        "sync.allowed_roots": ["/a", "s3://b/c"],
        "chat.parameters": {"top_p": 0.5},
        "prompt.folder": "prompts-of-ours",
    }
    settings = load_settings(given)
    (value,) = handed_over(settings).values()
    monkeypatch.setenv(VARIABLE, value)
    # What the environment says here does not win over what was handed over, defaults included.
    monkeypatch.setenv("PLUMB_SYNC_KEEP_VERSIONS", "9")
    monkeypatch.setenv("PLUMB_SERVE_HOST", "0.0.0.0")
    assert take_over() == settings
    assert VARIABLE not in os.environ
    with pytest.raises(SettingsError, match="no settings"):
        take_over()
