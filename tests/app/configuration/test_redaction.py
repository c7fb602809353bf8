"""No secret of any setting is printed: a canary in every field that can hold one."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from typer.testing import CliRunner

from app.answering.chat_model_factory import make_hosted_model
from app.answering.chat_model_pool import ChatModels, translate_provider_errors
from app.cli.settings import settings_as_json
from app.configuration.redaction import Redactor, shown, without_credentials
from app.errors import ChatModelFailed, ChatModelUnknown
from app.settings.answering import ChatSettings
from app.settings.tree import variable_names
from app.telemetry.logs import RedactingHandler
from evals.settings import Settings, load_settings
from plumb import app
from prompts.errors import SettingsError
from tests.openai_server import Script

CANARY = "Canary77secret"
HEADERS = {"default_headers": {"Authorization": f"Bearer {CANARY}", "X-Api-Key": CANARY}}
OUT = "https://user:{}@127.0.0.1:1/x"


def kinds(annotation: Any) -> set[Any]:
    """The types that an annotation is made of."""
    if get_origin(annotation) in (Union, UnionType):
        return {kind for part in get_args(annotation) for kind in kinds(part)}
    return {get_origin(annotation) or annotation}


def fields() -> list[tuple[str, str, set[Any]]]:
    """Every setting that can hold text: variable, dotted name, types."""
    found = []
    for variable, dotted in variable_names(Settings).items():
        group, _, name = dotted.partition(".")
        part = Settings.model_fields[group].annotation
        types = kinds(part.model_fields[name].annotation)
        if types & {SecretStr, str, dict, list, tuple}:
            found.append((variable, dotted, types))
    return found


def canary_for(dotted: str, types: set[Any]) -> str:
    """A value with the canary, as the field may hold it."""
    if dotted == "redis.url":
        return f"redis://:{CANARY}@127.0.0.1:1/0"
    if dotted == "store.url":
        return f"postgresql://user:{CANARY}@127.0.0.1:1/db?connect_timeout=1"
    if SecretStr in types:
        return CANARY
    if dict in types:
        return json.dumps({} if "role" in dotted else HEADERS)
    url = OUT.format(CANARY)
    return json.dumps([url]) if types & {list, tuple} else url


def test_every_field_that_is_a_secret_is_swept() -> None:
    secret = [dotted for _, dotted, types in fields() if SecretStr in types]
    assert {"redis.url", "store.url", "chat.api_key", "judge.api_key"} <= set(secret)
    assert {"index.api_key", "telemetry.azure_connection_string"} <= set(secret)


@pytest.mark.parametrize(
    ("variable", "dotted", "types"), fields(), ids=[dotted for _, dotted, _ in fields()]
)
def test_no_setting_is_shown_with_its_secret(
    variable: str, dotted: str, types: set[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, canary_for(dotted, types))
    if dotted == "auth.issuer":
        monkeypatch.setenv("PLUMB_AUTH_AUDIENCE", "x")
    if dotted == "auth.browser_client_id":
        monkeypatch.setenv("PLUMB_AUTH_ISSUER", "https://id.example")
        monkeypatch.setenv("PLUMB_AUTH_AUDIENCE", "x")
    try:
        found = json.dumps(settings_as_json(load_settings()))
    except SettingsError as error:
        found = str(error)
    assert dotted in found
    assert CANARY not in found


def test_the_table_of_settings_and_its_json_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMB_AUTH_AUDIENCE", "x")
    for variable, dotted, types in fields():
        with monkeypatch.context() as alone:
            alone.setenv(variable, canary_for(dotted, types))
            fits = _loads()
        if fits:
            monkeypatch.setenv(variable, canary_for(dotted, types))
    shown_so = CliRunner().invoke(app, ["settings"], env={"COLUMNS": "300"})
    as_json = CliRunner().invoke(app, ["settings", "--json"])
    assert (shown_so.exit_code, as_json.exit_code) == (0, 0), shown_so.output
    assert "**********" in shown_so.output
    assert CANARY not in shown_so.output + as_json.output
    output = json.loads(as_json.output)
    assert output["sources"]["redis.url"] == "environment"
    assert output["sources"]["serve.port"] == "default"


def _loads() -> bool:
    try:
        load_settings()
    except SettingsError:
        return False
    return True


@pytest.mark.parametrize(
    ("variable", "dotted", "types"), fields(), ids=[dotted for _, dotted, _ in fields()]
)
def test_no_error_of_loading_quotes_a_secret(
    variable: str, dotted: str, types: set[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, _, name = dotted.partition(".")
    wrong = [
        f'{name} = ["{CANARY}"]',
        f'{name} = {{ api_key = "{CANARY}" }}',
        f'{name} = "{CANARY}',
    ]
    if SecretStr in types:
        wrong.append(f"{name} = {{ {CANARY} = 1 }}")
    for line in wrong:
        (tmp_path / "plumbline.toml").write_text(f"[{group}]\n{line}\n")
        error = _error_of_loading()
        if error is None:
            assert types & {dict, list, tuple}  # such a value fits there
            continue
        # Where a field holds no secret, a wrong value may be quoted: it shows what is wrong.
        if SecretStr in types or "api_key" in line:
            assert CANARY not in str(error)
        assert error.__cause__ is None or CANARY not in str(error.__cause__)


def _error_of_loading() -> SettingsError | None:
    try:
        load_settings()
    except SettingsError as error:
        return error
    return None


def test_all_secrets_at_once_are_checked_and_never_printed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given = {
        dotted: canary_for(dotted, types) for _, dotted, types in fields() if SecretStr in types
    }
    given |= {
        "index.url": f"http://user:{CANARY}@127.0.0.1:1",
        "chat.model": "openai:gpt-x",
        "chat.base_url": f"http://user:{CANARY}@127.0.0.1:1/v1",
        "chat.parameters": json.dumps(HEADERS),
        "judge.model": "openai:gpt-x",
        "judge.base_url": f"http://user:{CANARY}@127.0.0.1:1/v1",
        "telemetry.otlp_endpoint": f"http://user:{CANARY}@127.0.0.1:1/v1/traces?sig={CANARY}",
        "tracking.tracker": "mlflow",
        "tracking.mlflow_url": f"http://user:{CANARY}@127.0.0.1:1",
    }
    monkeypatch.setenv("PLUMB_QDRANT_UPSERT_RETRIES", "0")
    pairs = [part for name, value in given.items() for part in ("-S", f"{name}={value}")]
    done = CliRunner().invoke(app, ["settings", "check", "--json", "--timeout", "20", *pairs])
    assert done.exit_code == 1, done.output
    report = json.loads(done.stdout)
    failed = {found["name"] for found in report["checks"] if found["state"] == "failed"}
    assert {"index", "redis", "database", "traces (OTLP)", "tracker"} <= failed
    assert CANARY not in done.output + caplog.text


def test_a_malformed_url_is_refused_before_a_client_quotes_a_part_of_it() -> None:
    for url in ("redis://:pa/ss@host:6379", "redis://:pa#ss@host", "http://:pa@host"):
        with pytest.raises(SettingsError, match=r"redis\.url") as found:
            load_settings({"redis.url": url})
        assert "pa" not in str(found.value).replace("password", "").replace("parts", "")
    with pytest.raises(SettingsError, match=r"store\.url.*percent-encoded"):
        load_settings({"store.url": "postgresql://u:p@ss@host/db"})
    load_settings({"store.url": "sqlite:////srv/a @ b/store.db"})


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("http://user:pw@host:1/p?x=1", "http://user:**********@host:1/p?x=1"),
        ("https://token@host", "https://**********@host"),
        ("https://a.blob/x?sv=1&sig=abc", "https://a.blob/x?sv=1&sig=**********"),
        ("https://u:p/w@host", "https://**********"),
        ("https://host/path", "https://host/path"),
        ("./index", "./index"),
    ],
)
def test_urls_are_shown_without_credentials(given: str, seen: str) -> None:
    assert without_credentials(given) == seen


def test_secrets_show_where_they_point_and_parameters_keep_what_is_none() -> None:
    assert shown(SecretStr("redis://:pw@h:6379/0")) == "redis://:**********@h:6379/0"
    assert shown(SecretStr("sk-123")) == "**********"
    given = {"max_tokens": 5, "stop_token": "END", "api_token": "t", "temperature": 0.5}
    assert shown(given) == {**given, "api_token": "**********"}


def test_a_server_that_quotes_the_request_does_not_show_its_headers(openai: Script) -> None:
    chat = ChatSettings(model="openai:m", base_url=openai.url, parameters=HEADERS, max_retries=0)
    models = ChatModels(chat, Settings().extractive, None, lambda: b"key")  # type: ignore[arg-type]
    chosen = models.get({})
    assert isinstance(chosen.model, ChatOpenAI)
    assert CANARY not in repr(chosen.parameters)
    with pytest.raises(ChatModelFailed) as found, translate_provider_errors(chosen):
        raise RuntimeError(f"400: bad header Authorization: Bearer {CANARY}")
    assert CANARY not in str(found.value)


def test_a_model_that_cannot_be_made_does_not_show_its_key() -> None:
    chat = ChatSettings(model="openai:m", api_key=SecretStr(CANARY))
    with pytest.raises(ChatModelUnknown) as found:
        make_hosted_model(chat, {"n": 0, "api_token": CANARY, "temperature": "hot"})
    assert CANARY not in str(found.value)
    assert "n must be" in str(found.value) or "temperature" in str(found.value)


def test_logs_are_written_without_secrets_tracebacks_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = load_settings({"redis.url": f"redis://:{CANARY}@h:1/0"})
    handler = RedactingHandler(Redactor(settings))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        raise RuntimeError(f"cannot connect to redis://:{CANARY}@h:1/0")
    except RuntimeError:
        logger.exception("it failed with %s", CANARY)
    written = capsys.readouterr().err
    assert "it failed with **********" in written
    assert CANARY not in written
