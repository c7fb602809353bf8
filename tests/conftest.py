"""Parts that tests share: the real model, real stores, real servers."""

from __future__ import annotations

import ctypes
import gc
import inspect
import multiprocessing.spawn
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import routing
from filelock import FileLock
from httpx._transports import default as httpx_transports

from app.store import database
from ingestion.embedding import onnx_encoder, weights
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.embedding.onnx_export import export_model
from ingestion.embedding.weights import exports_folder
from ingestion.index.protocol import IndexStore
from ingestion.index.stores import open_store
from ingestion.settings import EmbeddingSettings, IndexSettings
from tests import scheduling
from tests.openai_server import Script, openai_server
from tests.scheduling import GroupedFiles
from tests.shared_frames import found_by_variables
from tests.shared_models import MOST_MODELS_KEPT, SharedEncoder, kept_by_files
from tests.shared_routes import kept_routes
from tests.shared_tables import kept_statements
from tests.warm_python import warm_python

ROOT = Path(__file__).resolve().parent.parent


# A service that has ended is garbage in circles, of few Python objects but much memory.
GROWTH_TO_COLLECT = 128 << 20
# Looking for garbage leaves out what was there the last time: a service of a file, too, which ends later.
# To look at all takes two seconds.
GROWTH_TO_LOOK_AT_ALL = 384 << 20
_memory_after_collecting = _memory_after_all = 0
# Threads leave free memory in many arenas; malloc_trim returns it to the system.
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def pytest_configure() -> None:
    """Look for garbage less often: a worker ends with millions of objects, most of which stay."""
    gc.set_threshold(50_000, 20, 20)
    gc.disable()  # what imports make stays
    # ranx compiles its metrics for 45 seconds, and then computes ours in two hundredths of one.
    os.environ.setdefault("NUMBA_DISABLE_JIT", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; each worker takes a whole file at a time."""
    items.sort(key=lambda item: scheduling.place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupedFiles | None:
    """Give files to workers in groups, where they are given file by file."""
    return GroupedFiles(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Leave what the imports made out of all later searches for garbage."""
    global _memory_after_collecting, _memory_after_all
    gc.enable()
    _free()
    gc.freeze()
    _memory_after_collecting = _memory_after_all = _resident_memory()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    """Free the memory of services that have ended."""
    if _resident_memory() > _memory_after_collecting + GROWTH_TO_COLLECT:
        _collect()


@pytest.fixture(scope="session", autouse=True)
def _shared_models() -> Iterator[None]:
    """Read a model's weights, graph and tokenizer once for all services of a worker.

    Each would take 0.6 seconds and 170 MB. Neither a compiled graph nor a tokenizer keeps state
    between calls.
    """

    def below(folder: Path, *_: Any) -> Iterator[Path]:
        return folder.rglob("*")

    def graph(file: Path, *_: Any) -> list[Path]:
        return [file]

    compiled = kept_by_files(onnx_encoder.CompiledGraph, graph, MOST_MODELS_KEPT)
    encoder = kept_by_files(SharedEncoder, below, MOST_MODELS_KEPT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx_encoder, "CompiledGraph", compiled)
        patch.setattr(onnx_encoder, "OnnxEncoder", encoder)
        patch.setattr(weights, "hash_weights", kept_by_files(weights.hash_weights, below))
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_frames() -> Iterator[None]:
    """Let classes with docstrings be made at once; a frame is of the same module however it is found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspect, "getmodule", found_by_variables(inspect.getmodule))
        yield


@pytest.fixture(scope="session", autouse=True)
def _shared_certificates() -> Iterator[None]:
    """Read the authorities' certificates once for all HTTP clients of a worker: 30 milliseconds each.

    A client's connections change nothing in the context. One with a certificate of its own, or that
    checks none, gets its own.
    """
    create = httpx_transports.create_ssl_context
    kept: dict[tuple[str | None, ...], ssl.SSLContext] = {}

    def created(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is not True or cert is not None or not trust_env:
            return create(verify=verify, cert=cert, trust_env=trust_env)
        key = tuple(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
        if key not in kept:
            kept[key] = create()
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx_transports, "create_ssl_context", created)
        yield


@pytest.fixture(scope="session", autouse=True)
def _shared_tables_and_routes() -> Iterator[None]:
    made = routing._EffectiveRouteContext
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_upgrade", kept_statements(database._upgrade))
        patch.setattr(made, "from_api_route", classmethod(kept_routes(made.from_api_route)))
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A test sees its own settings only: no variables, no plumbline.toml of the working folder."""
    for name in list(os.environ):
        if name.startswith("PLUMB_") and name not in ("PLUMB_BENCH_DATA", "PLUMB_TEST_QDRANT_URL"):
            monkeypatch.delenv(name)
    # Nor a key by which what it records would be sent.
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_BASE_URL", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The default model, loaded once for the session."""
    return load_embedder(EmbeddingSettings())


@pytest.fixture(scope="session")
def exported_model(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `plumb models export` writes of the default model; its graph is the one of `embedder`."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(exports_folder(EmbeddingSettings()), folder / "onnx")
    export_model(EmbeddingSettings(), folder)
    return folder


@pytest.fixture(params=["lancedb", "qdrant"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[IndexStore]:
    """Each backend in turn: LanceDB in a folder; Qdrant in local mode, or the server that is set."""
    url = str(tmp_path / "index")
    if request.param == "qdrant":
        url = os.environ.get("PLUMB_TEST_QDRANT_URL", "qdrant+memory:")
    opened = open_store(IndexSettings(url=url))
    yield opened
    if url.startswith("http"):
        _empty(url)
    opened.close()


@pytest.fixture(scope="session")
def bench_data() -> Path:
    """The public sets to measure on, where they are present."""
    folder = Path(os.environ.get("PLUMB_BENCH_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the measuring data is not at {folder}")
    return folder


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A real redis-server on a free port, gone after the test."""
    binary = shutil.which("redis-server")
    assert binary, "redis-server is not installed; run the tests through `make test`"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [binary, "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        # It says when it can be used; attempts to connect would take the processor from its start.
        assert any("Ready to accept connections" in line for line in server.stdout)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.communicate()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL on a Unix socket, gone after the session; yields its URL without a database."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb") or next((str(b / "initdb") for b in binaries), None)
    assert found, "PostgreSQL is not installed; run the tests through `make test`"
    # Sockets have short paths, and PostgreSQL does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="plumb-pg-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data, ctl = folder / "data", Path(found).with_name("pg_ctl")
    options = f"-c listen_addresses='' -k {folder} -c fsync=off"
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    try:
        _copy_cluster(found, as_user, data, _shared_folder(tmp_path_factory) / "postgres")
        run([*as_user, ctl, "-D", data, "-o", options, "-l", folder / "log", "-w", "start"])
        yield f"postgresql://plumb@/{{}}?host={folder}"
        run([*as_user, ctl, "-D", data, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_cluster(initdb: str, as_user: list[str], data: Path, kept: Path) -> None:
    """Make a PostgreSQL's files in `data`: `initdb` takes seconds, so that one worker runs it for all."""
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    with FileLock(f"{kept}.lock"):
        if not kept.is_dir():
            how = ["-U", "plumb", "-A", "trust", "-E", "UTF8", "--no-sync"]
            run([*as_user, initdb, "-D", data, *how], cwd=data.parent)
            run(["cp", "-a", data, kept])
            return
    run(["cp", "-a", kept, data])


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """An empty database of the PostgreSQL server."""
    import psycopg

    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server.format("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return postgres_server.format(name)


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each database in turn."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture(scope="session")
def _warm_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with warm_python(_shared_folder(tmp_path_factory) / "warm-python") as program:
        yield program


@pytest.fixture
def warm_processes(_warm_python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes that the test starts by `sys.executable` be forked; see `tests/warm_python.py`."""
    # Those that multiprocessing starts inherit more than the standard streams.
    multiprocessing.spawn.set_executable(sys.executable)
    monkeypatch.setattr(sys, "executable", _warm_python)


@pytest.fixture
def openai() -> Iterator[Script]:
    """A scripted chat model behind a real HTTP server."""
    with openai_server() as script:
        yield script


def _shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run share."""
    folder = factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def _collect() -> None:
    global _memory_after_collecting, _memory_after_all
    _free()
    if _resident_memory() > _memory_after_all + GROWTH_TO_LOOK_AT_ALL:
        gc.unfreeze()
        _free()
        _memory_after_all = _resident_memory()
    gc.freeze()
    _memory_after_collecting = _resident_memory()


def _free() -> None:
    gc.collect()
    if _trim is not None:
        _trim(0)


def _resident_memory() -> int:
    """Bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _empty(url: str) -> None:
    """Delete what a test left on a Qdrant server that is for tests only."""
    from qdrant_client import QdrantClient

    client = QdrantClient(url=url)
    for collection in client.get_collections().collections:
        if collection.name.startswith("plumbline."):
            client.delete_collection(collection.name)
