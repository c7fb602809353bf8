"""A small index, and a service whose real turns fill the store of the working folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from fastapi.testclient import TestClient
from typer.testing import CliRunner

import plumb
from app.main import create_app
from app.settings.tree import load_settings
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.indexing import workbench_here

DOCUMENTS = {
    "warranty.md": "# Warranty terms\n\nThe warranty on a refrigeration unit lasts 24 months from "
    "delivery.\n\nA claim is sent to the service desk at desk@depot.example within 14 days of the "
    "failure.\n",
    "hours.md": "# Depot opening hours\n\nThe Kestrel depot opens at 05:30 and closes at 22:00.\n\n"
    "The Merlin depot is open around the clock.\n",
    "codes.csv": "code,meaning,action\nE-214,Door open too long,Close the door\n"
    "E-241,Sensor lost,Replace the sensor\n",
}
WARRANTY = "How long does the warranty on a refrigeration unit last?"
KESTREL = "When does the Kestrel depot open?"
MOON = "Who walked on the moon first?"


@pytest.fixture
def depot(embedder: Embedder, tmp_path: Path) -> Path:
    """The working folder, with the set `depot` in the folder `index`."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    store = open_store(IndexSettings(url=str(tmp_path / "index")))
    sync_source("depot", str(folder), workbench_here(store, embedder))
    store.close()
    return tmp_path


@pytest.fixture
def service(depot: Path) -> Iterator[TestClient]:
    """The service over it, which writes its answers to plumb-store.db there."""
    settings = load_settings({"index.url": str(depot / "index")})
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def ask(service: TestClient) -> Callable[..., dict[str, Any]]:
    """Ask the service, and give feedback where some is given."""

    def ask(question: str, feedback: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        answered = service.post("/v1/chat", json={"question": question, **more})
        assert answered.status_code == 200, answered.text
        answer: dict[str, Any] = answered.json()
        if feedback:
            given = service.post(f"/v1/answers/{answer['id']}/feedback", json=feedback)
            assert given.status_code in (200, 201), given.text
        # Reading it waits until it is in the database.
        assert service.get(f"/v1/answers/{answer['id']}").status_code == 200
        return answer

    return ask


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run `plumb eval …` in this process; an error of ours comes out as it is."""

    def run(*arguments: str, code: int = 0) -> Result:
        index = [] if "--words-only" in arguments else ["--index-url", "index"]
        result = CliRunner().invoke(plumb.app, ["eval", *arguments, *index])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return run


def rows(file: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def edit(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Mend every row, as a person would in an editor."""
    edited = rows(file)
    for row in edited:
        change(row)
    file.write_text("".join(f"{json.dumps(row)}\n" for row in edited), encoding="utf-8")
