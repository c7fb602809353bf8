"""`plumb eval metrics`: what can be measured."""

from __future__ import annotations

import json as encoder
from typing import TYPE_CHECKING

import typer

from ingestion.cli.flags import Json

if TYPE_CHECKING:
    from evals.metrics.metric import MetricSpec


def metrics(json: Json = False) -> None:
    """List the metrics that a suite may name."""
    from evals.metrics.catalogue import catalogue

    if json:
        rows = [{**listed.info.model_dump(), "source": listed.source} for listed in catalogue()]
        typer.echo(encoder.dumps(rows, indent=2, ensure_ascii=False))
        return
    _show(catalogue())


def _show(listed: tuple[MetricSpec, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Metric", "What it says", "Unit", "Judge", "Source")
    for entry in listed:
        info = entry.info
        lower = ", lower is better" if info.better == "lower" else ""
        unit = ("yes or no" if info.yes_no else info.unit) + lower
        table.add_row(info.name, info.description, unit, "yes" if info.judged else "", entry.source)
    Console().print(table)
    typer.echo("For k write a number, as in recall@5.")
