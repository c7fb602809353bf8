"""Does every citation open, are its words found on the page, and how long does it take?

Answers to the handbook's questions by the embedded model; each of their citations is opened.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from unittest.mock import patch

from app import wiring
from app.answering.answer import Citation
from app.callers import Caller
from app.settings.tree import load_settings
from app.source_view.originals import Originals
from app.source_view.source_view import Span
from app.source_view.source_views import SourceViews
from app.web.markdown import render_marked
from app.wiring import Parts
from evals.benchmarks.table import Result
from evals.datasets.reading import read_cases
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "docs/handbook/documents"
QUESTIONS = ROOT / "evals/datasets/handbook/questions.jsonl"
SET = "handbook"
READER = Caller("benchmark", "reader")
# Widths of drawn pages, each drawn once: no page comes from the cache.
WIDTHS = range(1200, 1210)


def run(embedder: Embedder) -> Result:
    """Every citation of an answer to each question, then every page of every cited PDF."""
    result = Result("source_views", "Opening citations in their documents")
    with TemporaryDirectory() as folder:
        index = f"{folder}/index"
        store = open_store(IndexSettings(url=index))
        sync_source(SET, str(DOCUMENTS), workbench(store, embedder))
        store.close()
        settings = load_settings({"index.url": index})
        with patch.object(wiring, "load_embedder", lambda _: embedder):
            parts = wiring.build(settings)
        views = SourceViews(
            parts.sets, Originals(settings.originals, settings.sync, parts.catalogue)
        )
        try:
            _open_all(views, parts, result)
        finally:
            views.close()
            parts.close()
    return result


def _open_all(views: SourceViews, parts: Parts, result: Result) -> None:
    cited = list(_citations(parts))
    whole = boxed = of_pdfs = 0
    took: dict[str, list[float]] = {"text": [], "pdf": []}
    rendered: list[float] = []
    pages: dict[str, int] = {}
    for version, citation in cited:
        began = time.perf_counter()
        span = Span(citation.start, citation.end, citation.text)
        view = views.view(READER, SET, citation.document, [span], version)
        opened = time.perf_counter()
        render_marked(view.text, [(one.start, one.end) for one in view.spans])
        rendered.append(1000 * (time.perf_counter() - opened))
        took[view.kind].append(1000 * (opened - began))
        whole += view.spans[0].text == citation.text
        if view.kind == "pdf":
            of_pdfs += 1
            boxed += bool(view.spans[0].boxes)
            pages[citation.document] = view.page_count or 0
    drawn = list(_drawn(views, pages))
    count = len(cited)
    result.add(
        "citations whose view holds their words", 100 * whole / count, "%", at_least=100,
        note=f"{count} citations",
    )  # fmt: skip
    result.add(
        "citations of PDFs with boxes", 100 * boxed / of_pdfs, "%", at_least=95,
        note=f"{of_pdfs} citations",
    )  # fmt: skip
    for kind, times in took.items():
        result.add(f"a view, {kind}, p50", median(times), "ms", note=_p95(times))
    result.add("its HTML, p50", median(rendered), "ms", note=_p95(rendered))
    result.add(
        "a page drawn, p50", median(drawn), "ms",
        note=f"{len(drawn)} images, 1,200 pixels wide; {_p95(drawn)}",
    )  # fmt: skip


def _p95(times: list[float]) -> str:
    return f"p95 {quantiles(times, n=20)[-1]:.1f} ms"


def _citations(parts: Parts) -> Iterator[tuple[str, Citation]]:
    for case in read_cases(QUESTIONS):
        answer = parts.answers.ask(case.question, SET)
        for citation in answer.citations:
            yield answer.index_version, citation


def _drawn(views: SourceViews, pages: dict[str, int]) -> Iterator[float]:
    """Milliseconds of drawing each page, in several widths."""
    for document, count in pages.items():
        for page in range(1, count + 1):
            for width in WIDTHS:
                began = time.perf_counter()
                views.page(READER, SET, document, page, width=width)
                yield 1000 * (time.perf_counter() - began)
