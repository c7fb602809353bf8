"""Print answers, passages and settings for people."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.answering.answer import Answer, Citation, Passage, SearchResult
from app.configuration.redaction import shown
from app.releases.pins import settings_of
from app.settings.tree import Settings, variable_names

SNIPPET = 160


def show_answer(answer: Answer, console: Console | None = None) -> None:
    """The answer, then each citation with where it is from and the words it rests on."""
    console = console or Console()
    console.print(Padding(Text(answer.answer), (0, 0, 1, 2)))
    for citation in answer.citations:
        console.print(Text(f"  [{citation.marker}] {place(citation)}", style="cyan"))
        console.print(Padding(Text(short(citation.text, 300), style="dim"), (0, 0, 0, 6)))
        copies = answer.passages[citation.marker - 1].also_in
        if copies:
            also = ", ".join(copy.document for copy in copies)
            console.print(Text(f"      Also in: {also}", style="dim"))
    if answer.refused and answer.passages:
        nearest = answer.passages[0]
        console.print(Text(f"  Nearest passage: {place(nearest)}", style="dim"))
    if answer.citation_check.quotes_unverified:
        quotes = "; ".join(answer.citation_check.quotes_unverified)
        console.print(
            Text(f"  Quoted, but not found in the cited passage: {quotes}", style="yellow")
        )
    console.print(
        Text(
            f"  {answer.model} · {answer.prompt_version} · index {answer.index_version} · "
            f"manifest {answer.manifest.id} · {answer.timings_ms['total']:.0f} ms",
            style="dim",
        )
    )


def show_passages(result: SearchResult, console: Console | None = None) -> None:
    """A row per passage: scores by stage, where it is from, how it begins."""
    console = console or Console()
    table = Table("#", "Score", "Dense", "BM25", "Where", "Text")
    for rank, passage in enumerate(result.passages, start=1):
        table.add_row(
            str(rank),
            f"{passage.score:.3f}",
            _number(passage.scores.dense, 3),
            _number(passage.scores.lexical, 2),
            escape(_places(passage)),
            escape(short(passage.text, SNIPPET)),
        )
    console.print(table if result.passages else "No passage matches.")


def show_settings(settings: Settings) -> None:
    """A row per setting, secrets as asterisks; then what embedding comes to on this machine."""
    from ingestion.embedding.quickest_runtime import embedding_here

    console = Console()
    table = Table("Setting", "Value", "From", "Variable", "What it does")
    names = {dotted: variable for variable, dotted in variable_names(type(settings)).items()}
    for dotted, variable in names.items():
        group, _, name = dotted.partition(".")
        part = getattr(settings, group)
        field = type(part).model_fields[name]
        value = getattr(part, name)
        table.add_row(
            dotted,
            Text(str(shown({name: value})[name])),
            Text(settings.origin(dotted)),
            variable,
            escape(field.description or ""),
        )
    console.print(table)
    console.print(Text(embedding_here(settings.embedding)))
    pins = settings.release
    if pins is not None:
        given = [
            f"{group}.{name}" for group, values in settings_of(pins).items() for name in values
        ]
        console.print(f"{pins.id} (PLUMB_RELEASE) gives {', '.join(given)}; flags go before it.")


def place(found: Citation | Passage) -> str:
    """Where a passage is from, in one line."""
    path = [found.title, *(part for part in found.heading_path if part != found.title)]
    page = ""
    if found.page is not None:
        page = f", page {found.page}" if isinstance(found.page, int) else f", sheet {found.page}"
    return f"{' › '.join(path)}{page} ({found.document})"


def _places(passage: Passage) -> str:
    """Where a passage stands, and the documents that hold the same words."""
    also = ", ".join(copy.document for copy in passage.also_in)
    return place(passage) + (f"; also in {also}" if also else "")


def short(text: str, length: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
