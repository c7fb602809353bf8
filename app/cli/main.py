"""`plumb ask`, `search`, `serve`, `mcp`, `worker`, `demo`, `bench`, `settings`, `keys …`, `audit`. Heavy imports wait until a command runs."""

from __future__ import annotations

import json as encoder
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import access as access
from app.cli import answers as lineage
from app.cli import batch as batches
from app.cli import bench as benching
from app.cli import cache as cache_cli
from app.cli import settings as checks
from ingestion.cli.flags import IndexUrl, Json, Setting, open_catalogue, settings_from

if TYPE_CHECKING:
    from app.checks.check import MoreChecks

Question = Annotated[
    str, typer.Argument(metavar="QUESTION", help="The question, in words.", show_default=False)
]
SetName = Annotated[
    str | None, typer.Option("--set", help="The document set. Default: the only one there is.")
]
IndexVersion = Annotated[
    str | None,
    typer.Option(help="A version of the set, e.g. a candidate. Default: the live one."),
]
Filter = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="JSON",
        help='Which documents may be used, e.g. {"year": {"gte": 2026}}.',
    ),
]


def mount(app: typer.Typer, index: typer.Typer, more_checks: Sequence[MoreChecks] = ()) -> None:
    """Add this room's commands and groups to the command line, and to its group `index`.

    Args:
        more_checks: what `plumb settings check` checks of settings that rooms above have added.
    """
    app.command("ask")(ask)
    app.command("search")(search)
    app.command("serve")(serve)
    app.command("mcp")(mcp)
    app.command("worker")(worker)
    app.command("demo")(demo)
    app.command("bench")(benching.bench)
    checks.mount(app, more_checks)
    index.command("prove-deleted")(prove_deleted)
    app.command("batch")(batches.batch)
    answers = lineage.mount(app)
    answers.command("forget")(forget)
    access.mount(app)
    cache = typer.Typer(no_args_is_help=True, help="The answer cache in Redis: look, clear.")
    app.add_typer(cache, name="cache")
    cache.command("stats")(cache_cli.stats)
    cache.command("clear")(cache_cli.clear)


def ask(
    context: typer.Context,
    question: Question,
    set_name: SetName = None,
    index_version: IndexVersion = None,
    filter_: Filter = None,
    prompt: Annotated[
        str | None, typer.Option(help="Version or alias of the answer prompt.")
    ] = None,
    passages: Annotated[
        int | None, typer.Option(min=1, max=50, help="Passages to answer from.")
    ] = None,
    chat_model: Annotated[
        str | None, typer.Option(help="extractive, or provider:model.", rich_help_panel="Settings")
    ] = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Answer a question from a document set, with citations."""
    settings = settings_from(context, setting, index__url=index_url, chat__model=chat_model)
    where = parse_filter_flag(filter_)
    _check_early(settings, question, where)
    from app.wiring import build

    answer = build(settings).answers.ask(
        question,
        set_name,
        filters=where,
        prompt=prompt,
        passages=passages,
        index_version=index_version,
    )
    if json:
        typer.echo(answer.model_dump_json(indent=2))
        return
    from app.cli.show import show_answer

    show_answer(answer)


def search(
    context: typer.Context,
    question: Question,
    set_name: SetName = None,
    index_version: IndexVersion = None,
    filter_: Filter = None,
    limit: Annotated[
        int, typer.Option("--limit", "-k", min=1, max=100, help="Passages to find.")
    ] = 10,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Find passages, without answering; shows each stage's scores."""
    settings = settings_from(context, setting, index__url=index_url)
    where = parse_filter_flag(filter_)
    _check_early(settings, question, where)
    from app.wiring import build

    result = build(settings).answers.search(
        question, set_name, limit=limit, filters=where, index_version=index_version
    )
    if json:
        typer.echo(result.model_dump_json(indent=2))
        return
    from app.cli.show import show_passages

    show_passages(result)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
) -> None:
    """Serve the REST API; its documentation is at /docs."""
    settings = settings_from(
        context, setting, index__url=index_url, serve__host=host, serve__port=port
    )
    from app.cli.serving import run

    run(settings, context.obj.gates)


def mcp(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Option(
            help="A running service to pass on instead, for assistants that only know stdio. The "
            "key or token comes from PLUMBLINE_API_KEY."
        ),
    ] = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
) -> None:
    """Let an assistant on this machine ask the local index (Model Context Protocol, over stdio).

    Assistants start this command by themselves: see the guide "Connect assistants". It sees all
    documents, as `plumb ask` does. A service that runs has the same at /mcp, with keys and groups.
    """
    from app.cli.mcp import KEY_VARIABLE, forward, serve

    if url is not None:
        forward(url, os.environ.get(KEY_VARIABLE))
        return
    serve(settings_from(context, setting, index__url=index_url), context.obj.line)


def worker(
    context: typer.Context,
    burst: Annotated[
        bool, typer.Option("--burst", help="End when no job is waiting any more.")
    ] = False,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="KIND", help="Only `sync`, or only `batch`."),
    ] = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
) -> None:
    """Run syncs and batches that were asked for over REST, where redis.url is set.

    One at a time, syncs first: start as many workers as jobs may run at once. SIGTERM ends it when the job at
    work has ended, a second one at once.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from app.jobs.worker import work

    work(settings, until_empty=burst, only=only)


def demo(context: typer.Context, index_url: IndexUrl = None, setting: Setting = None) -> None:
    """Index the documents that come with Plumbline and ask three questions."""
    settings = settings_from(context, setting, index__url=index_url)
    from app.cli.demo import run

    run(settings)


def prove_deleted(
    context: typer.Context,
    document: Annotated[
        str, typer.Argument(metavar="DOCUMENT", help="The document's id.", show_default=False)
    ],
    set_name: Annotated[str, typer.Option("--set", help="The document set.", show_default=False)],
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Look everywhere a deleted document could still be, and say what was looked at.

    The exit code is 0 if nothing holds it, 3 if only old versions, leftovers or stored
    answers do, 1 if answers can still come from it.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from app.cli import deletion

    proof = deletion.prove_deleted(open_catalogue(settings), settings, set_name, document)
    if json:
        typer.echo(proof.model_dump_json(indent=2))
    else:
        deletion.show_proof(proof)
    if not proof.gone:
        raise typer.Exit(3 if proof.gone_from_answers else 1)


def forget(
    context: typer.Context,
    document: Annotated[
        str, typer.Argument(metavar="DOCUMENT", help="The document's id.", show_default=False)
    ],
    set_name: Annotated[str, typer.Option("--set", help="The document set.", show_default=False)],
    setting: Setting = None,
) -> None:
    """Forget every stored answer, with its feedback, that holds something of a document.

    Questions and answers of batches that hold something of it are taken out of them too.
    """
    settings = settings_from(context, setting)
    from app.cli.deletion import forget_stored

    answers, lines = forget_stored(settings, set_name, document)
    of_batches = f", and {lines} of batches" if lines else ""
    typer.echo(f"{answers} answers forgotten that held something of {document}{of_batches}.")


def parse_filter_flag(given: str | None) -> dict[str, Any] | None:
    """The filter that `--filter` holds, as a mapping."""
    if given is None:
        return None
    from ingestion.errors import InvalidFilter

    try:
        parsed = encoder.loads(given)
    except ValueError as error:
        raise InvalidFilter(f"--filter: is not JSON: {error}.") from error
    if not isinstance(parsed, dict):
        raise InvalidFilter('--filter: must be a JSON object, for example {"year": 2026}.')
    return parsed


def _check_early(settings: Any, question: str, where: dict[str, Any] | None) -> None:
    """Tell what is wrong with a request before a model is loaded for it."""
    from app.answering.service import check_question
    from ingestion.index.filters import parse_filter

    check_question(question, settings.serve.max_question_chars)
    parse_filter(where)
