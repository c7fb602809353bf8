"""The demo: index the documents that come with the repository, ask three questions, say what next."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from app.cli.show import show_answer
from app.settings.tree import Settings
from app.wiring import bench, build
from ingestion.cli.progress import progress_bar
from ingestion.errors import SourceError
from ingestion.sources.definitions import SetDefinition
from ingestion.sync.options import SyncOptions
from ingestion.sync.start import prepare
from ingestion.sync.start import run as run_sync

SET = "demo"
DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("tutorials", "how-to", "reference", "explanation")
# Long generated tables, which hold few sentences to answer with.
LEFT_OUT = ("/reference/rest/", "/reference/commands.md")
HANDBOOK = DOCS / "handbook" / "documents"
QUESTIONS = (
    "How long may goods stay in quarantine?",
    "What is the dinner limit on expenses?",
    "Which pension provider does the company use?",
)


def definition() -> SetDefinition:
    """The demo's document set: the documentation, and an invented company's handbook."""
    return SetDefinition.model_validate(
        {
            "document_set": SET,
            "sources": [
                {
                    "url": str(DOCS),
                    "include": [f"/{name}/**/*.md" for name in PAGES],
                    "exclude": LEFT_OUT,
                },
                {"url": str(HANDBOOK)},
            ],
        }
    )


def run(settings: Settings) -> None:
    """Index, ask, and say how to go on.

    Raises:
        SourceError: the documents are not beside the code (Plumbline runs from an installed package).
    """
    console = Console()
    for folder in (*(DOCS / name for name in PAGES), HANDBOOK):
        if not folder.is_dir():
            raise SourceError(
                f"{folder}: the demo documents are not here; run the demo from a clone."
            )
    parts = build(settings)
    with progress_bar() as on_progress:
        prepared = prepare(
            definition(), bench(settings, parts.catalogue, parts.embedder), base=DOCS
        )
        report = run_sync(prepared, SyncOptions(force=True), on_progress=on_progress)
    console.print(
        f"Plumbline's documentation and {HANDBOOK.relative_to(DOCS.parent)}: {report.added + report.updated} documents indexed, {report.unchanged} "
        f"unchanged; the set [bold]{SET}[/] is at version {report.index_version} with "
        f"{report.documents_in_set} documents, {report.chunks_in_set} chunks.",
        highlight=False,
    )
    for question in QUESTIONS:
        console.print()
        console.print(Text(question, style="bold"))
        show_answer(parts.answers.ask(question, SET), console)
    console.print()
    console.print(
        "Next:\n"
        f'  .venv/bin/plumb ask --index-url {settings.index.url} "your question"\n'
        "  make serve        a chat on http://127.0.0.1:8000, the REST API, its documentation at /docs\n"
        "  docs/index.md     the documentation; docs/handbook/README.md says what else you can ask",
        highlight=False,
        markup=False,
    )
