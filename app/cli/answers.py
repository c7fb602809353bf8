"""`plumb replay`, `plumb answers list|show`. Heavy imports wait until a command runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import IndexUrl, Json, Setting, settings_from

if TYPE_CHECKING:
    from app.callers import Caller
    from app.lineage.answer_store import AnswerLog

AnswerId = Annotated[
    str, typer.Argument(metavar="ID", help="The answer's id, ans_….", show_default=False)
]
OfSet = Annotated[str | None, typer.Option("--set", help="Only answers of this document set.")]


def mount(app: typer.Typer) -> typer.Typer:
    """Add these commands to the command line; returns the group `answers`."""
    app.command("replay")(replay)
    answers = typer.Typer(no_args_is_help=True, help="Stored answers: list, show, forget.")
    app.add_typer(answers, name="answers")
    answers.command("list")(list_answers)
    answers.command("show")(show)
    return answers


def replay(
    context: typer.Context,
    answer_id: AnswerId,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Answer a stored question again on the same versions, and show what is different."""
    settings = settings_from(context, setting, index__url=index_url)
    with _answer_log(settings) as log:
        record = log.get(answer_id, _operator())
    from app.lineage import replay as replaying
    from app.wiring import build

    result = replaying.replay(record, build(settings).answers)
    if json:
        typer.echo(result.model_dump_json(indent=2))
        return
    from app.cli.show_answers import show_replay

    show_replay(result)


def list_answers(
    context: typer.Context,
    set_name: OfSet = None,
    refused: Annotated[
        bool | None, typer.Option("--refused/--answered", help="Only refusals, or only answers.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="Only answers that this release shaped.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Only from this day or time (UTC) on.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")] = 20,
    after: Annotated[
        str | None, typer.Option(help="Go on behind a page: its `next` in --json.")
    ] = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """List stored answers, newest first."""
    settings = settings_from(context, setting)
    with _answer_log(settings) as log:
        page = log.list(
            _operator(),
            document_set=set_name,
            refused=refused,
            release=release,
            since=since.replace(tzinfo=UTC) if since else None,
            after=after,
            limit=limit,
        )
    if json:
        typer.echo(page.model_dump_json(indent=2))
        return
    from app.cli.show_answers import show_page

    show_page(page)


def show(
    context: typer.Context, answer_id: AnswerId, setting: Setting = None, json: Json = False
) -> None:
    """Show where a stored answer came from, and what people thought of it."""
    settings = settings_from(context, setting)
    with _answer_log(settings) as log:
        lineage = log.lineage(answer_id, _operator())
    if json:
        typer.echo(lineage.model_dump_json(indent=2))
        return
    from app.cli.show_answers import show_lineage

    show_lineage(lineage)


@contextmanager
def _answer_log(settings: Any) -> Iterator[AnswerLog]:
    from app.lineage.answer_store import AnswerLog
    from app.store.database import migrated

    with migrated(settings.store.url.get_secret_value()) as database:
        yield AnswerLog(database, settings.store.keep_days, settings.store.texts)


def _operator() -> Caller:
    """Anyone who can start commands here can read the database anyway."""
    from app.callers import Caller

    return Caller("command line", "admin", id="operator:command line")
