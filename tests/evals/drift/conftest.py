"""An index, one real answer of it, and a store that holds as many like it as a test wants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

import plumb
from app.callers import Caller
from app.lineage.answer_store import AnswerLog
from app.lineage.record import AnswerRecord, record_of
from app.settings.tree import load_settings
from app.store.database import Database
from app.wiring import build
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.indexing import workbench_here

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HOURS = (
    "When does the {} depot open?",
    "How late is the {} depot open today?",
    "Is the {} depot open on Sunday?",
    "Which gate of the {} depot takes deliveries?",
)
CITIES = ("Kestrel", "Merlin", "Harrier", "Osprey", "Falcon", "Buzzard", "Kite", "Goshawk")
MEDICINE = (
    "Which {} antibody binds the spike protein?",
    "How does {} inhibit viral replication in cells?",
    "What dose of {} was given to patients in the trial?",
    "Is {} effective against respiratory syndromes?",
)
DRUGS = ("remdesivir", "ribavirin", "lopinavir", "interferon", "chloroquine", "favipiravir",
         "tocilizumab", "oseltamivir")  # fmt: skip
Records = Callable[..., list[AnswerRecord]]


@pytest.fixture(scope="session")
def answered(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder with the index `index` of the set `depot`, and an answer from it."""
    folder = tmp_path_factory.mktemp("drift")
    (folder / "documents").mkdir()
    (folder / "documents" / "hours.md").write_text(
        "# Opening hours\n\nThe Kestrel depot opens at 05:30 and closes at 22:00.\n", "utf-8"
    )
    store = open_store(IndexSettings(url=str(folder / "index")))
    sync_source("depot", str(folder / "documents"), workbench_here(store, embedder))
    service = build(load_settings(), store=store, embedder=embedder).answers
    answer = service.ask("When does the Kestrel depot open?", "depot")
    store.close()
    return folder / "index", answer


@pytest.fixture
def records(answered: tuple[Path, Any]) -> Records:
    """Make records on the pattern of the answer, some days before `NOW`, spread over a number of days.

    Their questions go through all words of a form; `change` gives an answer other values.
    """
    answer = answered[1]
    pattern = record_of(
        answer, answer.manifest, question="q", caller=Caller("ann", "reader", id="key:ann")
    )

    def make(
        count: int,
        days_ago: float,
        over: float,
        forms: tuple[str, ...] = HOURS,
        words: tuple[str, ...] = CITIES,
        **change: Any,
    ) -> list[AnswerRecord]:
        found = []
        for place in range(count):
            form, word = forms[place % len(forms)], words[place // len(forms) % len(words)]
            question = f"{form.format(word)} Ticket {place}."
            at = NOW - timedelta(days=days_ago - over * place / count)
            update = {
                "id": f"ans_{days_ago:05.1f}{forms is MEDICINE:d}{place:012d}",
                "at": at,
                "question": question,
                "question_hash": f"{days_ago}-{place}",
                **{name: value(place) if callable(value) else value
                   for name, value in change.items()},
            }  # fmt: skip
            found.append(pattern.model_copy(update=update))
        return found

    return make


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[list[AnswerRecord]], None]:
    """Put records into the store of the working folder."""

    def put(records: list[AnswerRecord]) -> None:
        database = Database(load_settings().store.url.get_secret_value())
        database.migrate()
        log = AnswerLog(database, keep_days=36500)
        for record in records:
            log.add(record)
        log.close()
        database.close()

    return put


@pytest.fixture
def run(answered: tuple[Path, Any]) -> Callable[..., Result]:
    """Run `plumb drift` up to `NOW` in this process; an error of ours comes out as it is."""

    def run(*arguments: str, code: int = 0) -> Result:
        until = [] if "--until" in arguments else ["--until", f"{NOW:%Y-%m-%d}"]
        quick = ["-S", "drift.permutations=199"]
        line = ["drift", *arguments, *until, "--index-url", str(answered[0]), *quick]
        result = CliRunner().invoke(plumb.app, line)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return run
