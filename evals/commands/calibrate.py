"""`plumb eval calibrate`: how far the judge agrees with people. Heavy imports wait until it runs."""

from __future__ import annotations

import json as encoder
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import Json, Setting, settings_from

if TYPE_CHECKING:
    from evals.metrics.judge import JudgeModel
    from evals.metrics.judged_metrics import JudgedMetric


def calibrate(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.jsonl",
            help='JSON lines: {"question": …, "answer": …, "passages": […], "label": 0 or 1}, and '
            "maybe id, reference.",
            show_default=False,
        ),
    ],
    metric: Annotated[str, typer.Option(help="A judged metric; `plumb eval metrics` lists them.")],
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="From where on a label and a score count as yes.")
    ] = 0.5,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Compare the judge with people's labels: agreement, Cohen's kappa, worst disagreements.

    Judging costs what the judge's model costs; running it again costs nothing.
    """
    settings = settings_from(context, setting)
    from evals.errors import DatasetError
    from evals.metrics.calibration import calibration_of, judge_rows, read_labels
    from evals.metrics.console import calibration_facts, show_calibration
    from evals.metrics.judge import open_judge

    rows = read_labels(file)
    judge = open_judge(settings.judge, settings.evals.folder)
    judged_metric = _judged_metric(metric, judge)
    bare = [row.id for row in rows if not row.reference]
    if judged_metric.needs_reference and bare:
        raise DatasetError(f"{file}: {metric} compares with a `reference`; {bare[0]} has none.")
    with _bar(len(rows)) as on_row:
        compared = judge_rows(
            rows, judged_metric, _embedding(settings), settings.judge.concurrency, on_row
        )
    found = calibration_of(compared, threshold)
    facts = calibration_facts(found, metric, judged_metric.judge)
    if json:
        typer.echo(encoder.dumps(facts, indent=2, ensure_ascii=False))
    else:
        show_calibration(found, metric, judged_metric.judge)


def _judged_metric(name: str, judge: JudgeModel | None) -> JudgedMetric:
    from evals.errors import UnknownMetric
    from evals.metrics.catalogue import catalogue, metrics_named
    from evals.metrics.judged_metrics import JudgedMetric

    [made] = metrics_named([name], judge)
    if not isinstance(made, JudgedMetric):
        judged = ", ".join(listed.info.name for listed in catalogue() if listed.info.judged)
        raise UnknownMetric(f"{name!r} needs no judge; one of these does: {judged}.")
    return made


def _embedding(settings: Any) -> Callable[[list[str]], Any]:
    """The settings' embedding model, loaded when it is used: most metrics need none."""
    from ingestion.embedding.embedder import Embedder, load_embedder

    turn = Lock()
    loaded: list[Embedder] = []

    def embed(texts: list[str]) -> Any:
        with turn:
            if not loaded:
                loaded.append(load_embedder(settings.embedding))
        return loaded[0].embed_passages(texts)

    return embed


@contextmanager
def _bar(rows: int) -> Iterator[Callable[[], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Judging", total=rows)
        yield lambda: progress.advance(task)
