"""Records of answers, and a log of them on each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from app.answering.answer import Answer, Citation, CitationCheck, Passage, StageScores, Usage
from app.callers import Caller
from app.lineage.answer_store import AnswerLog
from app.lineage.record import AnswerRecord, record_of
from app.manifest import Manifest, RetrievalManifest
from app.store.database import Database

ANNA = Caller("anna", "reader", frozenset({"sales"}))
BEN = Caller("ben", "reader")
ADMIN = Caller("root", "admin")


def passage(document: str = "warranty.md", chunk: str = "c1") -> Passage:
    """A passage with words, headings and metadata."""
    return Passage(
        chunk_id=chunk, document=document, title="Warranty terms", heading_path=["Length"],
        page=None, start=0, end=20, text="It lasts 24 months.", context="Warranty terms\nLength",
        score=0.5, scores=StageScores(dense=0.5, fused=0.5), metadata={"team": "sales"},
        source=f"/docs/{document}",
    )  # fmt: skip


def answer(text: str = "It lasts 24 months [1].", **fields: Any) -> Answer:
    """An answer from one passage."""
    manifest = Manifest(
        document_set="depot", index_version="1-abc", embedding_model="m", embedding_hash="e" * 64,
        prompt="answer@v1", prompt_hash="p" * 64, chat_model="extractive", chat_parameters={},
        retrieval=RetrievalManifest(fusion="rrf", passages=6, depth=100),
    )  # fmt: skip
    found = passage()
    citation = Citation(
        marker=1, document=found.document, title=found.title, source=found.source,
        heading_path=found.heading_path, page=None, start=0, end=20, text=found.text, quoted=True,
        chunk_id=found.chunk_id,
    )  # fmt: skip
    given: dict[str, Any] = {
        "answer": text, "refused": False, "citations": [citation], "passages": [found],
        "citation_check": CitationCheck(quotes_unverified=["24 years"]), "manifest": manifest,
        "prompt_version": "answer@v1", "index_version": "1-abc", "model": "extractive",
        "usage": Usage(input_tokens=1000, output_tokens=200), "timings_ms": {"total": 12.5},
        **fields,
    }  # fmt: skip
    return Answer(**given)


def record(at: datetime | None = None, caller: Caller = ANNA, **how: Any) -> AnswerRecord:
    """The record of an answer, at a time of one's choice."""
    given = how.pop("answer", None) or answer()
    made = record_of(
        given,
        answer().manifest,
        **{"question": "How long does the warranty last?", "caller": caller, **how},
    )
    return made.model_copy(update={"at": at}) if at is not None else made


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """Each database in turn, with its tables."""
    opened = Database(store_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def make_log(database: Database) -> Iterator[Callable[..., AnswerLog]]:
    """Logs of answers on the database."""
    made: list[AnswerLog] = []

    def make(keep_days: float = 30, texts: bool = True) -> AnswerLog:
        made.append(AnswerLog(database, keep_days, texts))
        return made[-1]

    yield make
    for log in made:
        log.close()


@pytest.fixture
def log(make_log: Callable[..., AnswerLog]) -> AnswerLog:
    """A log of answers that keeps texts, 30 days."""
    return make_log()
