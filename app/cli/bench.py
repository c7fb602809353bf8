"""`plumb bench`: what this machine ingests and answers a second. Heavy imports wait until it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingestion.cli.flags import Json, Model, Setting, settings_from

if TYPE_CHECKING:
    from rich.console import Console

    from app.speed.rates import Speed


def bench(
    context: typer.Context,
    quick: Annotated[
        bool, typer.Option("--quick", help="Take less than a minute instead of four.")
    ] = False,
    documents: Annotated[
        list[int] | None,
        typer.Option(
            min=1,
            max=1_000_000_000,
            metavar="N",
            help="Say how long N documents take; may be repeated.",
            show_default="1,000 to 1,000,000",
        ),
    ] = None,
    document_characters: Annotated[
        int, typer.Option(min=200, max=1_000_000, help="The size of a document.")
    ] = 5_000,
    embedding_model: Model = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Measure how fast this machine ingests and searches, and how long N documents take.

    It makes documents up, ingests them into a temporary folder with your settings, and searches
    them. It changes nothing and needs no network. `plumb ingest --dry-run` looks at your own documents.
    """
    settings = settings_from(context, setting, embedding__model=embedding_model)
    from rich.console import Console

    from app.speed.busy import measuring_alone
    from app.speed.rates import QUICK_S, SIZES, THOROUGH_S, measure
    from ingestion.settings import default_cache_dir

    quiet = Console(stderr=True)
    with measuring_alone(default_cache_dir()), quiet.status("Starting") as status:
        speed = measure(
            settings,
            tuple(documents or SIZES),
            document_characters,
            QUICK_S if quick else THOROUGH_S,
            on_stage=status.update,
        )
    if json:
        typer.echo(speed.model_dump_json(indent=2))
        return
    show_speed(speed, Console(), settings.index.url)


def show_speed(speed: Speed, console: Console, index_url: str) -> None:
    """The rates, then the expected times, then what makes them doubtful."""
    from rich.markup import escape

    made, asked = speed.ingestion, speed.queries
    lines = [
        f"[bold]Machine[/]    {escape(speed.machine.in_words())}",
        f"[bold]Embedding[/]  {escape(speed.model)} on {speed.runtime}; loaded in {speed.load_s:.1f} s",
        f"[bold]Ingestion[/]  {made.documents_per_second:,.1f} documents, "
        f"{made.chunks_per_second:,.1f} chunks, {made.characters_per_second:,.0f} characters a second "
        f"({made.documents:,} documents of {speed.document_characters:,} characters in {made.seconds:.1f} s; "
        f"each run starts in {made.start_s:.1f} s)",
        f"[bold]Search[/]     p50 {asked.p50_ms:.1f} ms, p95 {asked.p95_ms:.1f} ms, "
        f"{asked.per_second:,.1f} a second by one caller ({asked.questions:,} questions over "
        f"{asked.chunks:,} chunks, question to passages)",
        "",
        "First ingestion of",
    ]
    for one in speed.expected:
        lines.append(f"  {one.documents:>13,} documents  about {in_time(one.seconds)}")
    if index_url.startswith(("http://", "https://")):
        lines += ["", "Measured with LanceDB in a folder: your Qdrant server was not asked."]
    if speed.busy:
        lines += ["", f"[yellow]The machine was busy: {escape('; '.join(speed.busy))}.[/]"]
        lines.append("[yellow]Measure again when it is quiet; the figures above are too bad.[/]")
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def in_time(seconds: float) -> str:
    """Seconds in the largest unit that leaves at least two of it: `45 s`, `12 min`, `9.5 h`, `3.1 days`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3_600:.1f} h"
    return f"{seconds / 86_400:.1f} days"
