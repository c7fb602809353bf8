"""Hand settings over to a process that runs jobs: through its environment, never its arguments.

Arguments are there for every user of the machine to see; the environment is not.
"""

from __future__ import annotations

import json
import os
import zlib
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from app.releases.pins import Pins
from app.settings.tree import Settings
from prompts.errors import SettingsError

VARIABLE = "PLUMBLINE_JOB_SETTINGS"
PINS = "release"


def handed_over(settings: Settings) -> dict[str, str]:
    """The variable that carries these settings, secrets included."""
    # Of a tree that a room above has grown, groups and fields of groups, what this room reads.
    own = {
        name: _open(getattr(settings, name), field.annotation)
        for name, field in Settings.model_fields.items()
        if name != PINS
    }
    if settings.release is not None:
        # As they were read: the file may be another one by now. Packed, since the system limits the
        # length of a variable, and a release may hold many sets that are much alike.
        pins = settings.release.model_dump_json().encode()
        own[PINS] = b64encode(zlib.compress(pins)).decode()
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
    given = json.loads(text)
    packed = given.pop(PINS, None)
    pins = None if packed is None else Pins.model_validate_json(zlib.decompress(b64decode(packed)))
    return Settings(**given, release=pins)


def _open(value: Any, known: Any = None) -> Any:
    """Args: known: the type that this room knows of a group, where the value's is one above it."""
    if isinstance(value, BaseModel):
        kind = known if isinstance(known, type) and issubclass(known, BaseModel) else type(value)
        return {name: _open(getattr(value, name)) for name in kind.model_fields}
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return os.fspath(value) if isinstance(value, Path) else value
