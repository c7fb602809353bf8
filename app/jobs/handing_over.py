"""Hand settings over to a process that runs jobs: through its environment, never its arguments.

Arguments are there for every user of the machine to see; the environment is not.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from app.settings import Settings
from prompts.errors import SettingsError

VARIABLE = "PLUMBLINE_JOB_SETTINGS"


def handed_over(settings: Settings) -> dict[str, str]:
    """The variable that carries these settings, secrets included."""
    # Of a tree that a room above has grown, what this room reads.
    own = {name: _open(getattr(settings, name)) for name in Settings.model_fields}
    return {VARIABLE: json.dumps(own)}


def take_over() -> Settings:
    """The settings that were handed to this process. Processes it starts do not get them.

    Raises:
        SettingsError: none were.
    """
    text = os.environ.pop(VARIABLE, None)
    if text is None:
        raise SettingsError(
            "this process was given no settings; jobs are run by `plumb serve` or `plumb worker`."
        )
    return Settings(**json.loads(text))


def _open(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: _open(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return os.fspath(value) if isinstance(value, Path) else value
