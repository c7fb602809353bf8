"""Sources and uploads in storage, against the storage's own emulators over HTTP."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLAY = ROOT / "tests" / "servers" / "storage_play.py"
AZURITE = ROOT / "tests" / "servers" / "azurite" / "node_modules" / ".bin" / "azurite-blob"
INSTALL = "make services installs it"
# The account that every azurite has, as Microsoft publishes it.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def interpreter(package: str) -> str:
    """A Python that has a package: this one, or the one that `make services` makes for storage.

    s3fs wants another botocore than boto3 does, so that the two do not fit into one environment.
    """
    if importlib.util.find_spec(package):
        return sys.executable
    own = ROOT / ".venv-storage" / "bin" / "python"
    if not own.exists():
        pytest.skip(f"{package} is not installed; {INSTALL}")
    return str(own)


def play(package: str, url: str, folder: Path, **environment: str) -> dict[str, Any]:
    """Play a set's life below a URL."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "AZURE_"))}
    python = interpreter(package)
    done = subprocess.run(
        [python, str(PLAY), url],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    output: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return output


@pytest.fixture
def azure() -> Iterator[str]:
    """azurite with a container; its connection string."""
    if not AZURITE.exists() or shutil.which("node") is None:
        pytest.skip(f"azurite is not installed; {INSTALL}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [str(AZURITE), "--blobPort", str(port), "--inMemoryPersistence", "--silent",
         "--skipApiVersionCheck", "--disableTelemetry"],
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, "azurite has ended"
                assert time.monotonic() < until, "azurite does not answer"
                time.sleep(0.05)
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
        )
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def s3() -> Iterator[str]:
    """moto's server; its endpoint."""
    server_module = pytest.importorskip("moto.server", reason=f"moto is missing; {INSTALL}")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def check(played: dict[str, Any], url: str) -> None:
    """What must have happened, wherever it did."""
    first, again, changed, uploads = (
        played[name] for name in ("first", "again", "changed", "uploads")
    )
    assert first["counts"] == [2, 0, 0, 0]
    assert first["problems"] == ["broken.pdf"]
    assert first["stamped"]  # so that nothing is fetched again to know that it has not changed
    assert sorted(first["sources"]) == [f"{url}/docs/deep/a b%41.md", f"{url}/docs/pumps.md"]
    assert {str(groups) for groups in first["groups"].values()} == {"None", "['hr']"}
    assert again["counts"] == [0, 0, 0, 2]
    assert changed["problems"] == []
    assert len(changed["groups"]) == 3
    assert uploads["empty"] == []
    assert uploads["names"] == ["a.md", "b.md"]
    assert uploads["synced"]["counts"] == [2, 0, 0, 0]
    assert uploads["synced"]["sources"] == [f"{url}/up/manuals/a.md", f"{url}/up/manuals/b.md"]
    assert (uploads["removed"], uploads["left"]) == ([True, False], ["a.md"])


def test_azure_blob_storage(azure: str, tmp_path: Path) -> None:
    url = f"az://c{uuid.uuid4().hex[:12]}/kb"
    check(play("adlfs", url, tmp_path, AZURE_STORAGE_CONNECTION_STRING=azure), url)


def test_s3(s3: str, tmp_path: Path) -> None:
    url = f"s3://b-{uuid.uuid4().hex[:12]}/kb"
    found = play(
        "s3fs",
        url,
        tmp_path,
        AWS_ENDPOINT_URL=s3,
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION="us-east-1",
    )
    check(found, url)
