"""`plumb eval report`: a run as an HTML file. Heavy imports wait until it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingestion.cli.flags import Setting, settings_from

if TYPE_CHECKING:
    from evals.gate.verdict import Verdict
    from evals.running.run import EvalRun


def report(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run's id.", metavar="RUN")],
    baseline: Annotated[
        str | None, typer.Option(metavar="RUN", help="The run it is compared with.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Default: reports/ in evals.folder."),
    ] = None,
    setting: Setting = None,
) -> None:
    """Write a run as one HTML file that can be opened and sent anywhere.

    With a baseline it shows the differences too, and the verdict of the last gate over the two runs.
    """
    settings = settings_from(context, setting)
    from evals.files import write_text
    from evals.gate.pairing import check_comparable
    from evals.reports.html import render
    from evals.running.run_store import RunStore

    folder = RunStore(settings.evals.folder)
    candidate = folder.load(run)
    before = None if baseline is None else folder.load(baseline)
    verdict = None
    if before is not None:
        check_comparable(before, candidate)
        verdict = _last_verdict(settings.evals.folder, before, candidate)
    name = candidate.id if before is None else f"{candidate.id}-against-{before.id}"
    file = output or settings.evals.folder / "reports" / f"{name}.html"
    write_text(file, render(before, candidate, verdict))
    typer.echo(str(file))


def _last_verdict(folder: Path, baseline: EvalRun, candidate: EvalRun) -> Verdict | None:
    """The last that a gate found on exactly these runs."""
    from evals.errors import EvalError
    from evals.gate.verdict_store import VerdictStore

    store = VerdictStore(folder)
    for file in reversed(store.files()):
        try:
            verdict = store.load(file)
        except EvalError as error:
            typer.echo(f"left out: {error}", err=True)
            continue
        if (verdict.baseline_run, verdict.candidate_run) == (baseline.id, candidate.id):
            return verdict
    return None
