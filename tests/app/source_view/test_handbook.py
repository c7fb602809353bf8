"""Answers over the handbook: each citation opens, and its words are the ones that are highlighted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from app import wiring
from app.answering.answer import Answer
from app.document_sets.open_sets import OpenSets
from app.settings.tree import load_settings
from app.source_view.document_text import laid_out
from app.source_view.originals import Originals
from app.source_view.source_view import Span
from app.source_view.source_views import SourceViews
from app.web.markdown import render_marked
from evals.benchmarks.small_model import small_embedder
from evals.datasets.reading import read_cases
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.app.source_view.conftest import EVERYTHING
from tests.indexing import workbench_here

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = ROOT / "docs/handbook/documents"
ANSWERS = 40


@dataclass(frozen=True)
class Handbook:
    views: SourceViews
    sets: OpenSets
    answers: list[Answer]


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handbook]:
    """The handbook in an index, with answers of the extractive model to questions of its dataset."""
    index = str(tmp_path_factory.mktemp("handbook") / "index")
    embedder = small_embedder()
    store = open_store(IndexSettings(url=index))
    sync_source("handbook", str(DOCUMENTS), workbench_here(store, embedder))
    store.close()
    settings = load_settings({"index.url": index})
    with patch.object(wiring, "load_embedder", lambda _: embedder):
        parts = wiring.build(settings)
    originals = Originals(settings.originals, settings.sync, parts.catalogue)
    views = SourceViews(parts.sets, originals)
    answers: list[Answer] = []
    for case in read_cases(ROOT / "evals/datasets/handbook/questions.jsonl"):
        answer = parts.answers.ask(case.question, "handbook")
        answers += [answer] if answer.citations else []
        if len(answers) == ANSWERS:
            break
    yield Handbook(views, parts.sets, answers)
    views.close()
    parts.close()


def test_every_citation_opens_with_its_words_highlighted(handbook: Handbook) -> None:
    opened, of_pdfs, boxed = 0, 0, 0
    for answer in handbook.answers:
        for document in {citation.document for citation in answer.citations}:
            cited = [one for one in answer.citations if one.document == document]
            spans = [Span(one.start, one.end, one.text) for one in cited]
            view = handbook.views.view(
                EVERYTHING, "handbook", document, spans, answer.index_version
            )
            assert view.missing == []
            assert [view.text[one.start : one.end] for one in view.spans] == [
                one.text for one in cited
            ]
            marked = render_marked(view.text, [(one.start, one.end) for one in view.spans])
            for number, one in enumerate(cited):
                assert signs(highlighted(marked, number)) == signs(one.text)
            opened += len(cited)
            if document.endswith(".pdf"):
                of_pdfs += len(cited)
                boxed += sum(bool(one.boxes) for one in view.spans)
                assert {box.page for one in view.spans for box in one.boxes} <= set(view.pages)
    assert len(handbook.answers) == ANSWERS
    assert opened >= ANSWERS
    assert of_pdfs >= 10
    assert boxed >= 0.95 * of_pdfs


def test_the_text_is_laid_out_as_the_documents_are(handbook: Handbook) -> None:
    """Every chunk of every format stands in the text as it is, and headings and tables are whole."""
    opened = handbook.sets.get("handbook")
    suffixes = set()
    for path in DOCUMENTS.rglob("*.*"):
        document = path.relative_to(DOCUMENTS).as_posix()
        chunks = opened.chunks_of(document)
        text = laid_out(chunks)
        for chunk in chunks:
            place = text.place(chunk.start, chunk.end)
            assert place is not None
            # Where two chunks are parted, there may be a heading or a table's header between.
            assert signs(chunk.text) in signs(text.text)
            assert text.text[slice(*place)].startswith(chunk.text[:20])
        shown = render_marked(text.text)
        headings = {heading for chunk in chunks for heading in chunk.heading_path}
        found = {html.unescape(one) for one in re.findall(r"<h[1-6]>(.*?)</h[1-6]>", shown)}
        assert headings <= found
        # No row of dashes is left over, and no table begins with one.
        assert "| ---" not in shown
        suffixes.add(path.suffix)
    assert {".pdf", ".docx", ".xlsx", ".html", ".md"} <= suffixes


def highlighted(marked: str, number: int) -> str:
    pieces = re.findall(rf'<mark[^>]* data-span="{number}">(.*?)</mark>', marked, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", "".join(pieces)))


def signs(text: str) -> str:
    return "".join(filter(str.isalnum, text))
