"""Settings from mounted files, Key Vault and Secrets Manager: precedence, errors, what is read."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.configuration import key_vault
from app.settings.tree import load_settings
from prompts.errors import SettingsError
from tests.app.configuration.vaults import Vault, running_vault


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secret files, as PLUMB_SECRETS_DIR names it."""
    made = tmp_path / "secrets"
    made.mkdir()
    monkeypatch.setenv("PLUMB_SECRETS_DIR", str(made))
    return made


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """A Key Vault, and this process' managed identity."""
    pytest.importorskip("azure.keyvault.secrets", reason="pip install 'plumbline[dev]' has it")
    for name in [name for name in os.environ if name.startswith(("AZURE_", "MSI_"))]:
        monkeypatch.delenv(name)
    with running_vault(tmp_path) as running:
        monkeypatch.setenv("IDENTITY_ENDPOINT", running.identity)
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", running.certificate)
        monkeypatch.setenv("PLUMB_KEY_VAULT", running.url)
        yield running


@pytest.fixture(scope="module")
def manager() -> Iterator[str]:
    """AWS Secrets Manager as moto serves it."""
    pytest.importorskip("boto3", reason="boto3 is missing: pip install 'plumbline[dev]'")
    server = pytest.importorskip("moto.server", reason="moto is missing: 'plumbline[dev]' has it")
    running = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def secret(manager: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Writes the secret that PLUMB_SECRETS_MANAGER names."""
    import boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", manager)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("PLUMB_SECRETS_MANAGER", "prod/plumbline@eu-central-1")
    client = boto3.client("secretsmanager", region_name="eu-central-1")

    def write(text: str) -> None:
        client.create_secret(Name="prod/plumbline", SecretString=text)

    yield write
    client.delete_secret(SecretId="prod/plumbline", ForceDeleteWithoutRecovery=True)
    client.close()


def test_mounted_files_are_read_as_kubernetes_links_them(folder: Path) -> None:
    data = folder / "..2026_11_28"
    data.mkdir()
    (data / "PLUMB_REDIS_URL").write_text("redis://:from-file@h:6379/0\n")
    (data / "plumb-chat-api-key").write_text("key-from-file")
    (folder / "..data").symlink_to(data.name)
    for name in ("PLUMB_REDIS_URL", "plumb-chat-api-key"):
        (folder / name).symlink_to(f"..data/{name}")
    (folder / "tls.crt").write_text("of another application")
    settings = load_settings()
    assert settings.redis.url.get_secret_value() == "redis://:from-file@h:6379/0"
    assert settings.chat.api_key.get_secret_value() == "key-from-file"
    assert settings.origin("chat.api_key") == "secret file"
    assert settings.origin("chat.model") == "default"


def test_a_misspelt_file_and_a_missing_folder_are_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "PLUMB_REDIS_ULR").write_text("x")
    with pytest.raises(
        SettingsError, match=r"PLUMB_REDIS_ULR is not a setting. Did you mean PLUMB_REDIS_URL"
    ):
        load_settings()
    monkeypatch.setenv("PLUMB_SECRETS_DIR", str(folder / "gone"))
    with pytest.raises(SettingsError, match=r"PLUMB_SECRETS_DIR: .*gone.*does not exist"):
        load_settings()


def test_values_for_evaluations_do_not_stop_a_service_that_has_none(folder: Path) -> None:
    (folder / "PLUMB_JUDGE_API_KEY").write_text("for evaluations")
    assert load_settings().origin("chat.api_key") == "default"


def test_key_vault_gives_settings_and_foreign_secrets_are_not_even_read(vault: Vault) -> None:
    vault.secrets = {
        "PLUMB-CHAT-API-KEY": "vault-key",
        "plumb-chat-parameters": '{"top_p": 0.5}',
        "plumb-index-api-key": "switched off",
        "other-app-password": "foreign",
    }
    vault.disabled = {"plumb-index-api-key"}
    settings = load_settings()
    assert settings.chat.api_key.get_secret_value() == "vault-key"
    assert settings.chat.parameters == {"top_p": 0.5}
    assert settings.index.api_key is None
    assert settings.origin("chat.api_key") == "key vault"
    assert not any("other-app" in path for path in vault.asked)


def test_a_name_in_the_vault_that_is_no_setting_is_reported(vault: Vault) -> None:
    vault.secrets = {"plumb-chat-api-kye": "x"}
    with pytest.raises(
        SettingsError, match=r"PLUMB_CHAT_API_KYE is not a setting. Did you mean PLUMB_CHAT_API_KEY"
    ):
        load_settings()


def test_a_vault_that_denies_is_reported_with_the_role_that_is_missing(vault: Vault) -> None:
    vault.denied = True
    with pytest.raises(SettingsError, match=r"denies access .*Key Vault Secrets User") as found:
        load_settings()
    assert "\n" not in str(found.value)


def test_a_missing_identity_is_reported(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.no_identity = True
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "managedidentitycredential")
    with pytest.raises(SettingsError, match=r"signing in failed .*managed identity") as found:
        load_settings()
    assert "\n" not in str(found.value)


def test_an_unreachable_vault_is_reported(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMB_KEY_VAULT", "https://127.0.0.1:1")
    with pytest.raises(SettingsError, match=r"https://127\.0\.0\.1:1 cannot be reached"):
        load_settings()


def test_a_vault_that_is_silent_is_given_up(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_vault, "TIMEOUT_S", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("PLUMB_KEY_VAULT", f"https://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(SettingsError, match=r"gave no answer within 0\.3 s"):
            load_settings()


@pytest.mark.parametrize("url", ["http://x.vault.azure.net", "x", "https://u:hidden@x/"])
def test_what_is_no_vault_is_reported(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMB_KEY_VAULT", url)
    with pytest.raises(SettingsError, match="write the vault's URL") as found:
        load_settings()
    assert "hidden" not in str(found.value)


def test_a_secret_of_secrets_manager_gives_settings(secret) -> None:
    held = {"PLUMB_CHAT_API_KEY": "aws-key", "PLUMB_SERVE_PORT": 81, "username": "of others"}
    held["PLUMB_CHAT_PARAMETERS"] = {"top_p": 0.5}
    secret(json.dumps(held))
    settings = load_settings()
    assert settings.chat.api_key.get_secret_value() == "aws-key"
    assert settings.serve.port == 81
    assert settings.chat.parameters == {"top_p": 0.5}
    assert settings.origin("serve.port") == "secrets manager"


@pytest.mark.parametrize("text", ['{"PLUMB_CHAT_API_KEY": "quo', '["hidden-one"]'])
def test_a_malformed_secret_is_reported_and_not_quoted(secret, text: str) -> None:
    secret(text)
    with pytest.raises(SettingsError, match="is not a JSON object") as found:
        load_settings()
    assert "quo" not in str(found.value)
    assert "hidden" not in str(found.value)


def test_what_aws_refuses_is_reported_with_the_mend(secret, monkeypatch) -> None:
    secret("{}")
    monkeypatch.setenv("PLUMB_SECRETS_MANAGER", "nonesuch@eu-central-1")
    with pytest.raises(
        SettingsError, match=r"'nonesuch' cannot be read \(ResourceNotFound.*region"
    ):
        load_settings()
    monkeypatch.setenv("PLUMB_SECRETS_MANAGER", "prod/plumbline")
    with pytest.raises(SettingsError, match="no region is set; write it behind the name"):
        load_settings()
    monkeypatch.setenv("PLUMB_SECRETS_MANAGER", "prod/plumbline@eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")
    with pytest.raises(SettingsError, match="Could not connect to the endpoint"):
        load_settings()


def test_each_place_wins_over_those_behind_it(
    folder: Path, vault: Vault, secret, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["CHAT_MODEL", "SERVE_HOST", "PROMPT_ANSWER", "SESSION_CONDENSE", "EMBEDDING_DEVICE"]
    settings_of = [
        "chat.model",
        "serve.host",
        "prompt.answer",
        "session.condense",
        "embedding.device",
    ]
    toml = ['[chat]\nmodel="toml"', '[serve]\nhost="toml"', '[prompt]\nanswer="toml"']
    toml += ['[session]\ncondense="toml"', '[embedding]\ndevice="toml"']
    (tmp_path / "plumbline.toml").write_text("\n".join(toml))
    secret(json.dumps({f"PLUMB_{name}": "aws" for name in names[:4]}))
    vault.secrets = {f"plumb-{name.replace('_', '-')}": "azure" for name in names[:3]}
    for name in names[:2]:
        (folder / f"PLUMB_{name}").write_text("mounted")
    monkeypatch.setenv("PLUMB_CHAT_MODEL", "environment")
    settings = load_settings()
    values = [getattr(getattr(settings, d.split(".")[0]), d.split(".")[1]) for d in settings_of]
    assert values == ["environment", "mounted", "azure", "aws", "toml"]
    assert [settings.origin(dotted) for dotted in settings_of] == [
        "environment",
        "secret file",
        "key vault",
        "secrets manager",
        "file",
    ]
    flagged = load_settings({"chat.model": "flag"})
    assert (flagged.chat.model, flagged.origin("chat.model")) == ("flag", "flag")
