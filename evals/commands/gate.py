"""`plumb eval gate`: may a candidate replace the baseline? Heavy imports wait until it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evals.commands.new_runs import Yes, new_runs
from ingestion.cli.flags import IndexUrl, Json, Setting, is_file_name, settings_from

if TYPE_CHECKING:
    from evals.datasets.suite import Suite
    from evals.running.run import EvalRun

FAILED = 1
FILES = "Files to write"


def gate(
    context: typer.Context,
    baseline: Annotated[
        str,
        typer.Option(
            help="What is in use: a run's id or file, or a version or alias of the answer prompt."
        ),
    ],
    candidate: Annotated[str, typer.Option(help="What is to replace it, named likewise.")],
    suite: Annotated[
        str, typer.Option(help="A suite's YAML file, or a shipped suite's name; it has the rules.")
    ],
    markdown: Annotated[
        Path | None,
        typer.Option(help="The verdict for a pull request.", rich_help_panel=FILES),
    ] = None,
    junit: Annotated[
        Path | None,
        typer.Option(help="The verdict as JUnit XML.", rich_help_panel=FILES),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="The report as HTML.", rich_help_panel=FILES)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="The verdict as JSON, for later steps.", rich_help_panel=FILES),
    ] = None,
    yes: Yes = False,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Say whether a candidate may replace the baseline; the exit code is 0 if so, else 1.

    Prompts are run first; what an earlier run has found is not asked again. The verdict is kept in
    evals.folder, where `plumb prompts promote` looks for it.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from rich.console import Console

    from evals.datasets.suite import read_suite
    from evals.gate.console import show_verdict
    from evals.gate.decide import decide
    from evals.gate.verdict_store import VerdictStore

    wanted = read_suite(suite)
    before, after = _runs(wanted, (baseline, candidate), settings, yes)
    verdict = decide(before, after, wanted.gate)
    from evals.files import write_text

    file = VerdictStore(settings.evals.folder).save(verdict)
    if json:
        typer.echo(verdict.model_dump_json(indent=2))
    else:
        show_verdict(verdict, file, Console())
    if output is not None:
        write_text(output, verdict.model_dump_json(indent=2) + "\n")
    if markdown is not None:
        from evals.gate.markdown import markdown as as_markdown

        write_text(markdown, as_markdown(verdict))
    if junit is not None:
        from evals.gate.junit import junit as as_junit

        write_text(junit, as_junit(verdict))
    if html is not None:
        from evals.reports.html import render

        write_text(html, render(before, after, verdict))
    if not verdict.passes:
        raise typer.Exit(FAILED)


def _runs(suite: Suite, names: tuple[str, str], settings: Any, yes: bool) -> list[EvalRun]:
    """Runs of these files and ids, and new ones of what is neither."""
    from evals.running.run_store import RUN_PREFIX, RunStore, read_run

    folder = RunStore(settings.evals.folder)
    found = {name: read_run(Path(name)) for name in names if is_file_name(name)}
    found |= {
        name: folder.load(name)
        for name in names
        if name not in found and name.startswith(RUN_PREFIX)
    }
    _check_suite(suite, found)
    if missing := [name for name in dict.fromkeys(names) if name not in found]:
        found |= _run(suite, missing, settings, yes)
    return [found[name] for name in names]


def _check_suite(suite: Suite, runs: dict[str, EvalRun]) -> None:
    from evals.errors import NotComparable

    for run in runs.values():
        if run.suite != suite.name:
            raise NotComparable(
                f"{run.id} is a run of the suite {run.suite!r}, and the rules are those of "
                f"{suite.name!r}; name that run's suite, or another run."
            )


def _run(suite: Suite, prompts: list[str], settings: Any, yes: bool) -> dict[str, EvalRun]:
    """Run the suite on each prompt, and keep the runs."""
    from evals.running.plan import System

    systems = [System(prompt=prompt) for prompt in prompts]
    made = new_runs(suite, systems, settings, yes=yes)
    return {prompt: run for prompt, (run, _) in zip(prompts, made, strict=True)}
