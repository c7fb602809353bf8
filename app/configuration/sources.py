"""The places that settings come from, in order, and where each value came from.

A flag is closest to the person who runs the command, so it wins. The environment is next: an operator can
override one process without touching what all share. Mounted files come with this container, vaults
are shared by a deployment. `plumbline.toml` lies beside the code, and so comes last before defaults.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableSource
from pydantic_settings.sources.utils import parse_env_vars

from app.configuration.key_vault import VARIABLE as KEY_VAULT
from app.configuration.key_vault import read_key_vault
from app.configuration.secrets_manager import VARIABLE as SECRETS_MANAGER
from app.configuration.secrets_manager import read_secrets_manager
from prompts.errors import SettingsError

SECRETS_DIR = "PLUMB_SECRETS_DIR"
# Variables that say where settings are; they are none themselves.
VARIABLES = frozenset({KEY_VAULT, SECRETS_MANAGER, SECRETS_DIR})
PREFIX = "PLUMB_"
# Groups that the room of evaluations adds to the tree.
ABOVE = ("PLUMB_EVALS_", "PLUMB_JUDGE_", "PLUMB_TRACKING_")
NAMES = {
    "InitSettingsSource": "flag",
    "EnvSettingsSource": "environment",
    "TomlConfigSettingsSource": "file",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place outside this process that holds settings.

    Attributes:
        label: its kind, as people name it: `key vault`.
        where: its name or address.
        held: what it holds, by environment variable.
    """

    label: str
    where: str
    held: Mapping[str, str | None]


@dataclass(slots=True)
class Loading:
    """One load of a tree.

    Attributes:
        places: what was read, the strongest first.
        origins: dotted setting -> where its value came from; defaults are left out.
    """

    # Settings are equal if their values are, wherever these came from.
    places: tuple[Place, ...] = field(default=(), compare=False)
    origins: dict[str, str] = field(default_factory=dict, compare=False)


_LOADING: ContextVar[Loading | None] = ContextVar("loading", default=None)


@contextmanager
def loading(places: tuple[Place, ...]) -> Iterator[Loading]:
    """Trees made within this read these places, and note where values come from.

    Settings that are handed over to another process are whole, and are made without.
    """
    found = Loading(places)
    token = _LOADING.set(found)
    try:
        yield found
    finally:
        _LOADING.reset(token)


def held_sources(settings_cls: type[BaseSettings]) -> tuple[PydanticBaseSettingsSource, ...]:
    """A source for each place of the load at work."""
    found = _LOADING.get()
    return tuple(HeldSource(settings_cls, place) for place in found.places) if found else ()


def origins_source(settings_cls: type[BaseSettings]) -> tuple[PydanticBaseSettingsSource, ...]:
    """What notes where values come from, for the end of the list of sources."""
    found = _LOADING.get()
    return (OriginsSource(settings_cls, found.origins),) if found else ()


def read_places(known: Mapping[str, str]) -> tuple[Place, ...]:
    """What the named places hold: mounted files, Key Vault, Secrets Manager.

    Args:
        known: environment variable -> dotted setting.

    Raises:
        SettingsError: one cannot be read, or holds a name that begins like a setting and is none.
    """
    readers = (
        (SECRETS_DIR, "secret file", _read_folder),
        (KEY_VAULT, "key vault", read_key_vault),
        (SECRETS_MANAGER, "secrets manager", read_secrets_manager),
    )
    places = tuple(
        Place(label, where, read(where))
        for variable, label, read in readers
        if (where := os.environ.get(variable))
    )
    for place in places:
        for variable in place.held:
            check_known(variable, known, f"{place.label} {place.where}: {variable}")
    return places


def check_known(variable: str, known: Mapping[str, str], shown: str) -> None:
    """A misspelt name would else be silently without effect.

    Args:
        shown: the variable and where it stands, as the message names them.

    Raises:
        SettingsError: it is not a setting; the message names the nearest.
    """
    if variable in known:
        return
    for above in ABOVE:
        # A vault is shared with evaluations, which an image that only serves does not hold.
        if variable.startswith(above) and not any(name.startswith(above) for name in known):
            return
    close = difflib.get_close_matches(variable, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else " `plumb settings` lists them all."
    raise SettingsError(f"{shown} is not a setting.{hint}")


class HeldSource(EnvSettingsSource):
    """Reads what a place holds as the environment is read."""

    def __init__(self, settings_cls: type[BaseSettings], place: Place) -> None:
        self.__name__ = place.label
        self._held = place.held
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return parse_env_vars(self._held, self.case_sensitive)


class OriginsSource(PydanticBaseSettingsSource):
    """Gives no values; notes which source gave each."""

    def __init__(self, settings_cls: type[BaseSettings], origins: dict[str, str]) -> None:
        super().__init__(settings_cls)
        self._origins = origins

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """None."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Nothing."""
        for source, groups in reversed(self.settings_sources_data.items()):
            for group, values in groups.items():
                if isinstance(values, Mapping):
                    named = NAMES.get(source, source)
                    self._origins.update((f"{group}.{name}", named) for name in values)
        return {}


def _read_folder(named: str) -> dict[str, str | None]:
    """Files of a folder, each named as its variable: Kubernetes' and compose's secrets."""

    class Nothing(BaseSettings):
        """The folder's files are wanted, not fields."""

    folder = Path(named).expanduser()
    try:
        found = NestedSecretsSettingsSource(
            Nothing,  # type: ignore[arg-type] # its own annotation leaves out what it takes
            secrets_dir=folder,
            secrets_dir_missing="error",
            secrets_case_sensitive=True,
        ).env_vars
    except UnicodeDecodeError as error:
        raise SettingsError(f"{SECRETS_DIR}: {folder}: a file in it is not UTF-8 text.") from error
    except (OSError, UnreadableSource) as error:
        reason = getattr(error, "strerror", None) or str(error)
        at = getattr(error, "filename", None) or folder
        raise SettingsError(f"{SECRETS_DIR}: {at}: {reason}.") from error
    # `plumb-redis-url` and `plumb_redis_url` are meant as PLUMB_REDIS_URL; other files are others'.
    named_so = {name.upper().replace("-", "_"): text for name, text in found.items()}
    return {name: text for name, text in named_so.items() if name.startswith(PREFIX)}
