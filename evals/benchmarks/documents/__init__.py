"""Are real documents read right: values, words, encodings, and how fast?

Inputs are built in code, one for each kind of thing that loaders get wrong. An input is right if
its text holds every value that a reader would see and none that nobody wrote.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.benchmarks.documents import html_inputs, long_documents, plain_text_inputs
from evals.benchmarks.documents.built import Input, words
from evals.benchmarks.documents.long_documents import Long
from evals.benchmarks.documents.office import docx_inputs, pptx_inputs, xlsx_inputs
from evals.benchmarks.documents.pdf import page_inputs, table_inputs, text_inputs
from evals.benchmarks.table import Result
from ingestion.documents.document import Document
from ingestion.embedding.embedder import Embedder
from ingestion.loaders import load
from ingestion.loaders.losses import DROPPED, counted

FORMATS: dict[str, Callable[[], list[Input]]] = {
    "HTML": html_inputs.inputs,
    "Markdown": plain_text_inputs.markdown_inputs,
    "CSV, TSV": plain_text_inputs.delimited_inputs,
    "text encodings": plain_text_inputs.encoding_inputs,
    "DOCX": docx_inputs.inputs,
    "XLSX": xlsx_inputs.inputs,
    "PPTX": pptx_inputs.inputs,
    "PDF": lambda: [*text_inputs.inputs(), *table_inputs.inputs(), *page_inputs.inputs()],
}
LONG = (*long_documents.LONG_TEXTS, *long_documents.LONG_FILES)
_RUNS = 3


def run(embedder: Embedder) -> Result:
    """Inputs read right by format; words lost in long documents; speed."""
    result = Result("documents", "Documents (inputs built in code)")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for format_name, inputs in FORMATS.items():
            built = inputs()
            wrong = [
                item.kind for item in built if item.faults(loaded(folder, item.name, item.data))
            ]
            note = f"{len(built) - len(wrong)} of {len(built)}"
            note += f"; wrong: {', '.join(wrong)}" if wrong else ""
            share = 1 - len(wrong) / len(built)
            result.add(
                f"{format_name}: inputs read right", share, "share", at_least=0.95, note=note
            )
        for long in LONG:
            _measure(result, folder, long)
    return result


def _measure(result: Result, folder: Path, long: Long) -> None:
    data, source = long.build()
    best = float("inf")
    for _ in range(_RUNS):
        began = time.perf_counter()
        document = loaded(folder, long.name, data)
        best = min(best, time.perf_counter() - began)
    theirs, ours = words(source), words(document.text)
    lost = max((theirs - ours).total() - counted(document.metadata.get(DROPPED)).total(), 0)
    note = f"of {theirs.total():,}; {(ours - theirs).total()} invented"
    result.add(f"{long.format_name}: words lost", lost, "words", at_most=0, note=note)
    result.add(
        f"{long.format_name}: loading", len(data) / best / 1e6, "MB/s", note=f"{len(data):,} bytes"
    )


def loaded(folder: Path, name: str, data: bytes) -> Document:
    """The document that a file of this name and content makes."""
    path = folder / name
    path.write_bytes(data)
    (document,) = load(path, name)
    assert isinstance(document, Document)
    return document
