"""`plumb eval leakage`: do a prompt's examples give away what a dataset asks? Heavy imports wait."""

from __future__ import annotations

import json as encoder
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import IndexUrl, Json, Setting, settings_from

if TYPE_CHECKING:
    from evals.datasets.leakage import Leak

LEAKS = 1


def leakage(
    context: typer.Context,
    asked: Annotated[
        str,
        typer.Argument(
            metavar="SUITE|DATASET",
            help="A suite's name or YAML file, or a dataset.",
            show_default=False,
        ),
    ],
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            help="Version or alias of the answer prompt; may be repeated. Default: the suite's, else "
            "production."
        ),
    ] = None,
    set_name: Annotated[
        str | None,
        typer.Option("--set", help="Whose embedding model compares. Default: the suite's."),
    ] = None,
    words_only: Annotated[
        bool, typer.Option("--words-only", help="Compare words alone; needs no index.")
    ] = False,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Compare the examples in a prompt with the questions and answers of a dataset.

    The exit code is 1 if an example gives a case away.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from evals.datasets.leakage import find_leaks
    from evals.datasets.reading import read_cases
    from evals.datasets.suite import read_suite
    from evals.running.application import Application

    path = Path(asked)
    suite = None if path.is_dir() or path.suffix in (".jsonl", ".tsv") else read_suite(asked)
    cases = read_cases(Path(suite.dataset) if suite else path)
    of_set = set_name or (suite.document_set if suite else None)
    application = Application(settings)
    found: list[Leak] = []
    examples = 0
    try:
        references = prompt or list(suite.prompts if suite else ()) or ["production"]
        versions = {
            version.version: version
            for reference in references
            for version in _versions(application, reference, of_set)
        }
        for version in versions.values():
            examples += len(version.examples)
            embed = None
            if version.examples and not words_only:
                embed = application.embed_with_model_of(application.find_set(of_set))
            named = f"{version.name}@{version.version}"
            found += find_leaks(named, version.examples, cases, embed)
    finally:
        application.close()
    names = [f"answer@{name}" for name in versions]
    if json:
        facts = {"prompts": names, "examples": examples, "cases": len(cases)}
        typer.echo(encoder.dumps({**facts, "leaks": [asdict(leak) for leak in found]}, indent=2))
    else:
        _tell(found, names, examples, len(cases))
    if found:
        raise typer.Exit(LEAKS)


def _versions(application: Any, reference: str, document_set: str | None) -> list[Any]:
    """All versions that a reference may mean; several where an alias is split."""
    found: list[Any] = application.prompts.targets("answer", reference, document_set)
    return found


def _tell(found: list[Leak], names: list[str], examples: int, cases: int) -> None:
    compared = f"{', '.join(names)}: {examples} examples, {cases} cases"
    if not found:
        why = "there is nothing to give away" if not examples else "none gives a case away"
        typer.echo(f"{compared}: {why}.")
        return
    cases_named = len({leak.case for leak in found})
    leaked = "1 case is" if cases_named == 1 else f"{cases_named} cases are"
    typer.echo(f"{compared}: {leaked} given away.")
    for leak in found:
        typer.echo(f"  {leak.case}: {leak.question!r}")
        typer.echo(f"    {leak.prompt}: {leak.how} ({leak.likeness:.2f}): {_short(leak.example)!r}")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else f"…{flat[-119:]}"
