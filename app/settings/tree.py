"""The one tree of settings.

A value comes from the first of: a flag of the command line; the release that `PLUMB_RELEASE` names;
the environment (`PLUMB_INDEX_URL` sets `index.url`, `PLUMB_CHAT_MODEL` sets `chat.model`, …); the
secret files, Azure Key Vault and AWS secret that `PLUMB_SECRETS_DIR`, `PLUMB_KEY_VAULT` and
`PLUMB_SECRETS_MANAGER` name (`app/configuration/`); the file that `PLUMB_CONFIG` names, or
`plumbline.toml` in the working folder; the default. `plumb settings` prints the tree with the values
in force.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableVariable

from app.configuration import sources
from app.configuration.redaction import shown
from app.releases.pins import VARIABLE as RELEASE
from app.releases.pins import Pins, settings_of
from app.releases.release import read_release
from app.releases.settings import ReleasesSettings
from app.settings.access import AuthSettings, BrowserSettings, LimitsSettings
from app.settings.answering import (
    ChatSettings,
    ExtractiveSettings,
    PricesSettings,
    PromptSettings,
    RetrievalSettings,
)
from app.settings.cache import CacheSettings
from app.settings.originals import OriginalsSettings
from app.settings.service import (
    BatchesSettings,
    EvaluationsSettings,
    JobsSettings,
    RedisSettings,
    ServeSettings,
    StoreSettings,
)
from app.settings.sessions import SessionSettings
from app.settings.telemetry import TelemetrySettings
from app.settings.web import WebSettings
from ingestion.settings import (
    ChunkingSettings,
    EmbeddingSettings,
    IndexSettings,
    LoadingSettings,
    QdrantSettings,
    SettingsGroup,
    SyncSettings,
)
from prompts.errors import SettingsError

ENV_PREFIX = "PLUMB_"
# Variables that are read elsewhere and are no settings of the tree.
OTHER_VARIABLES = {
    "PLUMB_CONFIG",
    RELEASE,
    "PLUMB_BENCH_CHUNKS",
    "PLUMB_BENCH_DATA",
    "PLUMB_BENCH_REQUESTS",
    "PLUMB_BENCH_SECONDS",
    "PLUMB_BENCH_WALKS",
    "PLUMB_TEST_QDRANT_URL",
    *sources.VARIABLES,
}
DEFAULT_CONFIG = Path("plumbline.toml")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="forbid",
        frozen=True,
    )

    index: IndexSettings = IndexSettings()
    qdrant: QdrantSettings = QdrantSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    loading: LoadingSettings = LoadingSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    sync: SyncSettings = SyncSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    prompt: PromptSettings = PromptSettings()
    chat: ChatSettings = ChatSettings()
    prices: PricesSettings = PricesSettings()
    extractive: ExtractiveSettings = ExtractiveSettings()
    session: SessionSettings = SessionSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    redis: RedisSettings = RedisSettings()
    store: StoreSettings = StoreSettings()
    cache: CacheSettings = CacheSettings()
    jobs: JobsSettings = JobsSettings()
    batches: BatchesSettings = BatchesSettings()
    originals: OriginalsSettings = OriginalsSettings()
    serve: ServeSettings = ServeSettings()
    auth: AuthSettings = AuthSettings()
    limits: LimitsSettings = LimitsSettings()
    browser: BrowserSettings = BrowserSettings()
    web: WebSettings = WebSettings()
    releases: ReleasesSettings = ReleasesSettings()
    evals: EvaluationsSettings = EvaluationsSettings()
    # Given by `load_tree`: what PLUMB_RELEASE names is a file, and no value.
    release: Pins | None = Field(default=None, exclude=True, repr=False)

    _loaded: sources.Loading = PrivateAttr(default_factory=sources.Loading)

    def origin(self, dotted: str) -> str:
        """Where a value came from: `default`, `environment`, `key vault`, …"""
        return self._loaded.origins.get(dotted, "default")

    def places(self) -> list[tuple[str, str]]:
        """The vaults and folders that were read: where each is, and its kind."""
        return [(place.where, place.label) for place in self._loaded.places]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, the release, environment, secret files and vaults, then the file."""
        file = config_file()
        below: list[PydanticBaseSettingsSource] = [
            env_settings,
            *sources.held_sources(settings_cls),
            *([TomlConfigSettingsSource(settings_cls, file)] if file else []),
        ]
        pins = init_settings().get("release")
        if isinstance(pins, Pins):
            released = settings_of(pins)
            below = [
                _ReleaseSource(settings_cls, released),
                *(_Without(settings_cls, source, released) for source in below),
            ]
        return init_settings, *below, *sources.origins_source(settings_cls)


class _ReleaseSource(InitSettingsSource):
    """The settings that a release carries."""

    __name__ = "release file"


class _Without(PydanticBaseSettingsSource):
    """Another source without the values that go before it.

    Sources are merged within mappings: of `chat.parameters`, what only the lower source names would
    else be added to the release's.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        source: PydanticBaseSettingsSource,
        taken: dict[str, dict[str, Any]],
    ) -> None:
        super().__init__(settings_cls)
        # By this name `plumb settings` says where a value came from.
        self.__name__ = getattr(source, "__name__", type(source).__name__)
        self._source = source
        self._taken = taken

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """The other source's."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """All values of the other source but those that are taken."""
        return {
            group: {
                name: value
                for name, value in values.items()
                if name not in self._taken.get(group, {})
            }
            if isinstance(values, dict)
            else values
            for group, values in self._source().items()
        }


Tree = TypeVar("Tree", bound=Settings)


def config_file() -> Path | None:
    """The settings file in force, if there is one."""
    named = os.environ.get("PLUMB_CONFIG")
    if named:
        return Path(named)
    return DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None


def _pins() -> Pins | None:
    """The pins of the release that `PLUMB_RELEASE` names; None if it names none."""
    named = os.environ.get(RELEASE)
    return Pins.of(read_release(Path(named))) if named else None


def load_settings(overrides: dict[str, Any] | None = None) -> Settings:
    """Read the settings; `overrides` (dotted name -> value) win over release, environment and file.

    Raises:
        SettingsError: a name is unknown or a value does not fit; the message names it.
        InvalidRelease: the file that PLUMB_RELEASE names is not a release.
    """
    return load_tree(Settings, overrides)


def load_tree(tree_type: type[Tree], overrides: dict[str, Any] | None = None) -> Tree:
    """As `load_settings`, for a tree that a room above has grown.

    Raises:
        As `load_settings`.
    """
    known = variable_names(tree_type)
    _check_variable_names(known)
    tree: dict[str, Any] = {}
    for dotted, value in (overrides or {}).items():
        group, _, name = dotted.partition(".")
        if not name:
            raise SettingsError(
                f"{dotted!r} is not a setting; write group.name, for example index.url."
            )
        tree.setdefault(group, {})[name] = _decoded(dotted, value)
    file = config_file()
    if file is not None and not file.is_file():
        raise SettingsError(f"PLUMB_CONFIG names {file}, which is not there.")
    try:
        with sources.loading(sources.read_places(known)) as loading:
            settings = tree_type(**tree, release=_pins())
    except ValidationError as error:
        # What pydantic raised holds values as they were given, so it goes no further.
        raise SettingsError(_explain(error, tree_type)) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: is not valid TOML: {error}.") from error
    except UnreadableVariable as error:
        raise SettingsError(f"settings: {error}; a mapping or a list is written as JSON.") from None
    settings._loaded = loading
    return settings


def variable_names(tree_type: type[Settings] = Settings) -> dict[str, str]:
    """Environment variable -> dotted setting, for the whole tree."""
    return {
        f"{ENV_PREFIX}{group}_{name}".upper(): f"{group}.{name}"
        for group, field in tree_type.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, SettingsGroup)
        for name in field.annotation.model_fields
    }


def _decoded(dotted: str, value: Any) -> Any:
    """A flag's text that begins a JSON object or list is one: `chat.parameters={"top_p": 0.5}`."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        # The value stays unquoted: headers in it may hold credentials.
        raise SettingsError(f"{dotted}: the value is not JSON: {error}.") from None


def _check_variable_names(known: dict[str, str]) -> None:
    for variable in sorted(os.environ):
        if variable.startswith(ENV_PREFIX) and variable not in OTHER_VARIABLES:
            sources.check_known(variable, known, f"the environment variable {variable}")


def _explain(error: ValidationError, tree_type: type[Settings]) -> str:
    names = {dotted: variable for variable, dotted in variable_names(tree_type).items()}
    parts = []
    for problem in error.errors():
        dotted = ".".join(str(part) for part in problem["loc"])
        value = _given(problem["loc"], problem.get("input"), tree_type)
        if problem["type"] == "extra_forbidden":
            value = ""
        what = "is not a setting" if problem["type"] == "extra_forbidden" else problem["msg"]
        where = f" [{names[dotted]}]" if dotted in names else ""
        parts.append(f"{dotted}{where}: {what}{value}")
    return "settings: " + "; ".join(parts) + ". `plumb settings` lists them all."


def _given(place: tuple[int | str, ...], value: Any, tree_type: type[Settings]) -> str:
    """A wrong value as it may be quoted: nothing of a secret, nor of a whole group."""
    group = tree_type.model_fields.get(str(place[0])) if len(place) > 1 else None
    fields = getattr(group.annotation, "model_fields", {}) if group else {}
    field = fields.get(str(place[1])) if len(place) > 1 else None
    if field is None or SecretStr in (field.annotation, *get_args(field.annotation)):
        return ""
    return f" (given: {shown({str(place[-1]): value})[str(place[-1])]!r})"
