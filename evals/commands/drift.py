"""`plumb drift`: do recent questions and answers differ from a reference? Heavy imports wait until it runs."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import IndexUrl, Json, Setting, settings_from

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from app.store.database import Database
    from evals.drift.drift import Drift, Example
    from evals.drift.windows import Observation, Window
    from evals.running.application import Application

DRIFTED = 3
WINDOWS, FILES = "Windows", "Files to write"
# Questions embedded between two reports of progress.
AT_ONCE = 256


def mount(app: typer.Typer) -> None:
    app.command("drift")(drift)


def drift(
    context: typer.Context,
    set_name: Annotated[
        str | None, typer.Option("--set", help="The document set. Default: the only one.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(help="End of the recent window (UTC). Default: now.", rich_help_panel=WINDOWS),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option(min=0.01, help="Length of the recent window.", rich_help_panel=WINDOWS),
    ] = None,
    reference_until: Annotated[
        datetime | None,
        typer.Option(
            help="End of the reference window (UTC). Default: where the recent window begins.",
            rich_help_panel=WINDOWS,
        ),
    ] = None,
    reference_days: Annotated[
        float | None,
        typer.Option(min=0.01, help="Length of the reference window.", rich_help_panel=WINDOWS),
    ] = None,
    examples: Annotated[
        int, typer.Option(min=0, max=100, help="Recent questions to show if questions drifted.")
    ] = 10,
    group: Annotated[
        list[str] | None,
        typer.Option(
            help="Show questions that were answered from documents for this group too; repeat it. "
            "Default: only from documents that everyone sees."
        ),
    ] = None,
    all_documents: Annotated[
        bool,
        typer.Option("--all-documents", help="Show questions whatever they were answered from."),
    ] = False,
    on_drift: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COMMAND",
            help="A plumb command to run if there is drift, for example 'ingest sets/handbook.yaml' or "
            "'eval run smoke --yes'; repeat it.",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="A page with pictures.", rich_help_panel=FILES)
    ] = None,
    metrics: Annotated[
        Path | None,
        typer.Option(help="Metrics for node_exporter's textfile collector.", rich_help_panel=FILES),
    ] = None,
    track: Annotated[
        bool, typer.Option("--track", help="Record it in the tracker (tracking.tracker).")
    ] = False,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Compare recent questions, retrieval scores, refusals and answers with a reference window.

    Exit code 0: no drift, or each --on-drift command succeeded. 3: drift. 1: an error, such as too few
    answers.
    """
    settings = settings_from(
        context, setting, index__url=index_url, drift__days=days,
        drift__reference_days=reference_days,
    )  # fmt: skip
    commands = [_command(text) for text in on_drift or []]
    from rich.console import Console

    from app.store.database import Database
    from evals.drift.console import show_drift
    from evals.drift.detect import Rules, compare_windows, question_map
    from evals.running.application import Application

    began = time.monotonic()
    spans = _spans(settings.drift, until, reference_until)
    application, notes = Application(settings), Console(stderr=True)
    database = Database(settings.store.url.get_secret_value())
    try:
        info = application.find_set(set_name)
        database.migrate()
        with notes.status("reading answers") as status:
            reference, recent = _windows(database, info.name, settings, spans, status.update)
            embed = _embedder(application, info, status.update)
            wanted = settings.drift
            rules = Rules(wanted.alpha, wanted.permutations, wanted.minimum)
            found, unlike = compare_windows(info.name, reference, recent, embed, rules)
            shown = _examples(
                unlike, examples, application, settings, None if all_documents else group or ()
            )
            found = found.model_copy(update={"examples": shown})
            places = question_map(reference, recent, embed) if html is not None else None
    finally:
        database.close()
        application.close()
    if json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        show_drift(found, Console())
    _write(found, html, metrics, (reference, recent, places))
    if track:
        _track(found, time.monotonic() - began, settings, notes)
    if found.drifted and not commands:
        raise typer.Exit(DRIFTED)
    if found.drifted:
        for command in commands:
            _run(command)


def _spans(
    settings: Any, until: datetime | None, reference_until: datetime | None
) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
    """The reference and the recent span of time.

    Raises:
        DriftError: they overlap, or lie in the future.
    """
    from evals.errors import DriftError

    now = datetime.now(UTC)
    end = until.replace(tzinfo=UTC) if until else now
    if end > now:
        raise DriftError(f"--until {end:%Y-%m-%dT%H:%M} is in the future (UTC).")
    try:
        begin = end - timedelta(days=settings.days)
        reference_end = reference_until.replace(tzinfo=UTC) if reference_until else begin
        reference = (reference_end - timedelta(days=settings.reference_days), reference_end)
    except OverflowError:
        raise DriftError("a window begins before the calendar; name a shorter one.") from None
    if reference_end > begin:
        raise DriftError(
            f"--reference-until {reference_end:%Y-%m-%dT%H:%M} is within the recent window, which begins "
            f"at {begin:%Y-%m-%dT%H:%M} (UTC); name an earlier one."
        )
    return reference, (begin, end)


def _windows(
    database: Database,
    name: str,
    settings: Any,
    spans: tuple[tuple[datetime, datetime], tuple[datetime, datetime]],
    show: Callable[[str], None],
) -> tuple[Window, Window]:
    from evals.drift.windows import read_window

    def read(which: str, span: tuple[datetime, datetime]) -> Window:
        return read_window(
            database,
            name,
            *span,
            minimum=settings.drift.minimum,
            most=settings.drift.most,
            name=which,
            on_progress=lambda done, of: show(f"{which} window: {done} of {of} answers"),
        )

    return read("reference", spans[0]), read("recent", spans[1])


def _embedder(
    application: Application, info: Any, show: Callable[[str], None]
) -> Callable[[list[str]], NDArray[np.float32]]:
    """Questions to vectors, a few at a time, each once."""
    import numpy as np

    inner = application.embed_with_model_of(info)
    known: dict[str, NDArray[np.float32]] = {}

    def embed(texts: list[str]) -> NDArray[np.float32]:
        new = [text for text in texts if text not in known]
        for begin in range(0, len(new), AT_ONCE):
            show(f"embedding: {begin} of {len(new)} questions")
            batch = new[begin : begin + AT_ONCE]
            known.update(zip(batch, inner(batch), strict=True))
        show("comparing")
        return np.stack([known[text] for text in texts])

    return embed


def _examples(
    unlike: Sequence[Observation],
    most: int,
    application: Application,
    settings: Any,
    groups: Sequence[str] | None,
) -> list[Example]:
    """The first of these questions that may be shown, without what is private in them."""
    from app.callers import Caller
    from app.document_sets.read_access import ReadAccess
    from app.lineage.stored_answers import may_be_shown
    from evals.curation.redaction import Redactor
    from evals.drift.drift import Example

    if not unlike or not most:
        return []
    # Anyone who reads the report: it goes where nobody asks for groups.
    reader = Caller(
        "readers of the report", "reader", None if groups is None else frozenset(groups)
    )
    access = ReadAccess(application.parts(settings).sets)
    redactor = Redactor(settings.evals.phone_regions)
    found: list[Example] = []
    for one in unlike:
        if len(found) == most:
            break
        if one.question is None or not may_be_shown(one.record, reader, access):
            continue
        found.append(
            Example(
                question=redactor.redact(one.question).text,
                answer_id=one.record.id,
                at=one.record.at,
                refused=one.refused,
                similarity=one.similarity,
            )
        )
    return found


def _write(found: Drift, html: Path | None, metrics: Path | None, compared: Any) -> None:
    from evals.files import write_text

    if html is not None:
        from evals.drift.page import page

        write_text(html, page(found, *compared), private=True)
    if metrics is not None:
        from evals.drift.metrics_file import metrics_text

        write_text(metrics, metrics_text(found))


def _track(found: Drift, seconds: float, settings: Any, notes: Any) -> None:
    from evals.tracking.drift_entry import drift_entry
    from evals.tracking.recording import log_entry

    result = log_entry(drift_entry(found, seconds, texts=settings.tracking.texts), settings)
    for said in (result.where, result.message):
        if said:
            notes.print(said, markup=False, highlight=False, soft_wrap=True)


def _command(text: str) -> list[str]:
    """The words of a plumb command.

    Raises:
        typer.BadParameter: there are none, or a quotation mark is not closed.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise typer.BadParameter(f"--on-drift {text!r}: {error}.") from error
    if words[:1] == ["plumb"]:
        words = words[1:]
    if not words or words[0].startswith("-"):
        raise typer.BadParameter(
            f"--on-drift {text!r}: name a plumb command, for example 'ingest sets/handbook.yaml'."
        )
    return words


def _run(words: list[str]) -> None:
    """Run a plumb command with this environment; its output is shown.

    Raises:
        DriftError: it fails.
    """
    from evals.errors import DriftError

    typer.echo(f"drift: running plumb {shlex.join(words)}", err=True)
    done = subprocess.run([sys.executable, "-m", "plumb", *words], check=False)  # noqa: S603
    if done.returncode:
        raise DriftError(
            f"--on-drift: `plumb {shlex.join(words)}` ended with exit code {done.returncode}; its "
            "message is above."
        )
