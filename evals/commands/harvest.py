"""`plumb eval harvest`: stored answers become candidates for a dataset. Heavy imports wait."""

from __future__ import annotations

import json as encoder
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ingestion.cli.flags import IndexUrl, Json, Setting, settings_from

if TYPE_CHECKING:
    from app.lineage.record import Lineage
    from evals.curation.harvest import Harvest
    from evals.datasets.case import Case

Review = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="The review file; what is in it stays, new candidates come behind.",
        show_default=False,
        dir_okay=False,
    ),
]
Against = Annotated[
    Path | None,
    typer.Option(help="A dataset; what it asks already is left out.", show_default=False),
]


def harvest(
    context: typer.Context,
    output: Review,
    set_name: Annotated[
        str | None, typer.Option("--set", help="Answers of this document set.")
    ] = None,
    dataset: Against = None,
    since: Annotated[
        datetime | None, typer.Option(help="Only from this day or time (UTC) on.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Only before this day or time (UTC).")
    ] = None,
    thumb: Annotated[
        Literal["up", "down", "none"] | None,
        typer.Option(help="Only answers with this thumb; none: nobody judged them."),
    ] = None,
    refused: Annotated[
        bool | None, typer.Option("--refused/--answered", help="Only refusals, or only answers.")
    ] = None,
    cache: Annotated[
        Literal["exact", "semantic", "none"] | None,
        typer.Option(help="Only answers from this cache; `none`: only answers that no cache gave."),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            help="Also answers from documents for this group; repeat it. Default: only those from "
            "documents that everyone sees."
        ),
    ] = None,
    all_documents: Annotated[
        bool, typer.Option("--all-documents", help="Answers from all documents.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Write at most this many candidates.")
    ] = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Make candidates for a dataset of stored answers and what people thought of them.

    E-mail addresses, telephone, card and account numbers, keys and passwords are taken out before
    anything is written. Read the review file, mend its rows, set `accept` in each, and take them in
    with `plumb eval accept`.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from rich.console import Console

    from app.callers import Caller
    from app.document_sets.read_access import ReadAccess
    from app.lineage.stored_answers import (
        OPERATOR,
        Wanted,
        count_stored,
        earlier_turns,
        may_be_shown,
        stored_answers,
    )
    from app.store.database import Database
    from evals.curation import harvest as harvesting
    from evals.curation.dataset_file import existing_cases
    from evals.curation.redaction import Redactor
    from evals.curation.review_file import add_to_review, read_review
    from evals.running.application import Application
    from ingestion.index.filters import visible_to

    redactor = Redactor(settings.evals.phone_regions)
    rows = [row.candidate for row in read_review(output)] if output.exists() else []
    known: list[Case] = [row.case for row in rows]
    if dataset is not None:
        known += existing_cases(_there(dataset))
    stood_for = {answer for row in rows for answer in (row.origin.answer_id, *row.origin.also)}
    stood_for |= {case.id for case in known}
    # Anyone who reads the dataset: it is a file that goes where groups are not asked for.
    groups = None if all_documents else frozenset(group or ())
    reader = Caller("readers of the dataset", "reader", groups)
    withheld = 0
    application, notes = Application(settings), Console(stderr=True)
    database = Database(settings.store.url.get_secret_value())
    try:
        info = application.find_set(set_name)
        opened = application.open(info)
        access = ReadAccess(application.parts(settings).sets)
        # What people wrote of answers may quote any document that they saw.
        sees_all = opened.count(visible_to(groups)) == opened.count()
        database.migrate()
        wanted = Wanted(
            document_set=info.name,
            since=since.replace(tzinfo=UTC) if since else None,
            until=until.replace(tzinfo=UTC) if until else None,
            thumb=thumb,
            refused=refused,
            cache=cache,
        )
        total = count_stored(database, wanted)

        def shown() -> Iterator[Lineage]:
            nonlocal withheld
            for answer in stored_answers(database, wanted, OPERATOR if sees_all else reader):
                if may_be_shown(answer, reader, access):
                    yield answer
                else:
                    withheld += 1

        with notes.status(f"0 of {total} answers") as status:
            found = harvesting.harvest(
                shown(),
                lambda answer: earlier_turns(
                    database, answer, harvesting.MAX_HISTORY_TURNS, reader, access
                ),
                redactor,
                known,
                application.embed_with_model_of(info),
                opened,
                {answer for answer in stood_for if answer},
                lambda looked: status.update(f"{looked} of {total} answers"),
            )
        add_to_review(output, found.candidates[:limit])
    finally:
        database.close()
        application.close()
    _tell(found, output, limit, withheld, json)


def _there(dataset: Path) -> Path:
    from evals.errors import DatasetError

    if not dataset.exists():
        raise DatasetError(f"{dataset}: is not there; leave --dataset out, or name one that is.")
    return dataset


def _tell(found: Harvest, output: Path, limit: int | None, withheld: int, json: bool) -> None:
    counts = asdict(found)
    counts["candidates"] = len(found.candidates[:limit])
    counts["withheld"] = withheld
    counts["left"] = len(found.candidates) - counts["candidates"]
    if json:
        typer.echo(encoder.dumps({"review": str(output), **counts}, indent=2))
        return
    typer.echo(
        f"Looked at {counts['looked_at']} answers: {counts['candidates']} new candidates in {output}."
    )
    counts_text = {
        "known": "ask what the dataset or the review file has already",
        "exact": "ask what another candidate asks, in the same words",
        "near": "ask it in other words",
        "without_texts": "are stored without their words (store.texts)",
        "withheld": "came from documents for groups (--group, --all-documents)",
        "left": "candidates are left for another time (--limit)",
    }
    for name, what in counts_text.items():
        if counts[name]:
            typer.echo(f"  {counts[name]} {what}")
    if counts["candidates"]:
        typer.echo(
            "Read and correct them, set `accept` to true or false, then: "
            f"plumb eval accept {output} --into DATASET.jsonl"
        )
