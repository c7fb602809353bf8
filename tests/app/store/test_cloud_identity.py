"""PostgreSQL takes the token of the process's identity: a real server, a real client, a local identity endpoint."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import create_engine, make_url, text

from app.errors import StoreUnavailable
from app.store.cloud_identity import sign_in_by_identity
from app.store.database import Database
from infra.dry_run.stores import program
from prompts.errors import SettingsError
from tests.app.configuration.vaults import TOKEN, Vault, running_vault

RDS = "plumbline.abc123.eu-central-1.rds.amazonaws.com"


@pytest.fixture(scope="module")
def asks_for_passwords() -> Iterator[str]:
    """A PostgreSQL in which the one password is the token of the identity endpoint; its URL without one."""
    folder = Path(tempfile.mkdtemp(prefix="plumb-pg-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    (folder / "password").write_text(TOKEN, "utf-8")
    if as_user:
        shutil.chown(folder, "postgres")
        shutil.chown(folder / "password", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, initdb = folder / "data", program("initdb")
    ctl = [*as_user, str(Path(initdb).with_name("pg_ctl")), "-D", str(data)]
    made = [*as_user, initdb, "-D", str(data), "-U", "service", "-A", "scram-sha-256"]
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -k {folder} -c fsync=off"
    try:
        for command in (
            [*made, f"--pwfile={folder / 'password'}", "-E", "UTF8", "--no-sync"],
            [*ctl, "-o", options, "-l", str(folder / "log"), "-w", "start"],
        ):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        yield f"postgresql://service@127.0.0.1:{port}/postgres"
        subprocess.run([*ctl, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """The identity endpoint that Azure puts beside a container."""
    pytest.importorskip("azure.identity", reason="pip install 'plumbline[dev]' has it")
    for name in [name for name in os.environ if name.startswith(("AZURE_", "MSI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", "")  # no az to sign in by
    with running_vault(tmp_path) as running:
        monkeypatch.setenv("IDENTITY_ENDPOINT", running.identity)
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        yield running


def test_the_token_of_the_identity_is_the_password(
    asks_for_passwords: str, identity: Vault
) -> None:
    database = Database(f"{asks_for_passwords}?identity=azure")
    database.migrate()
    with database.session() as session:
        assert session.execute(text("SELECT current_user")).scalar() == "service"
    assert not database.migrations().pending
    database.close()
    assert set(identity.asked) == {"identity"}


def test_without_the_identity_the_server_refuses(asks_for_passwords: str) -> None:
    database = Database(asks_for_passwords)
    with pytest.raises(StoreUnavailable, match="password"):
        database.check()
    database.close()


def test_a_process_without_an_identity_gets_a_clear_error(
    asks_for_passwords: str, identity: Vault
) -> None:
    identity.no_identity = True
    database = Database(f"{asks_for_passwords}?identity=azure")
    with pytest.raises(StoreUnavailable, match="gives this process no token") as raised:
        database.check()
    database.close()
    assert "AZURE_CLIENT_ID" in str(raised.value)


def test_a_token_of_aws_is_for_one_user_on_one_host(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("boto3", reason="boto3 is missing: pip install 'plumbline[dev]'")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    url = make_url(f"postgresql+psycopg://plumbline@{RDS}/plumbline")
    given: list[str] = []

    engine = create_engine(url)
    sign_in_by_identity(engine, url, "aws")

    def connect(*_: object, **parameters: str) -> NoReturn:
        given.append(parameters["password"])
        raise ConnectionRefusedError

    monkeypatch.setattr(engine.dialect, "connect", connect)
    with pytest.raises(ConnectionRefusedError):
        engine.connect()
    token = urlsplit(f"https://{given[0]}")
    asked = parse_qs(token.query)
    assert token.netloc == f"{RDS}:5432"
    assert asked["Action"] == ["connect"]
    assert asked["DBUser"] == ["plumbline"]
    assert "/eu-central-1/rds-db/" in asked["X-Amz-Credential"][0]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "postgresql://u@h/d?identity=google",
            "identity=google names no cloud; write azure or aws",
        ),
        ("postgresql://u:p4ssword@h/d?identity=azure", "takes no password; leave out one"),
        ("postgresql://h/d?identity=azure", "needs a user and a host"),
        ("postgresql://u@h/d?identity=aws", "nothing names the region of h; set AWS_REGION"),
    ],
)
def test_a_url_that_does_not_fit_is_refused(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    with pytest.raises(SettingsError, match=said) as raised:
        Database(url)
    assert "p4ssword" not in str(raised.value)
