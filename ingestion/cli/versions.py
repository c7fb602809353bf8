"""`plumb index versions|diff|publish|rollback|gc|schema`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from ingestion.cli.flags import IndexUrl, Json, Setting, open_catalogue, settings_from

SetName = Annotated[str, typer.Option("--set", help="The document set.", show_default=False)]
Version = Annotated[
    str, typer.Argument(metavar="VERSION", help="A version, e.g. 3-9f2c81d04e, or its number.")
]
Why = Annotated[str, typer.Option(help="A remark for the log of publications.")]
# Readers look for a new version once a second.
READERS_FOLLOW_S = 2.0


def mount(index: typer.Typer) -> None:
    for command in (versions, diff, publish, rollback, gc, schema):
        index.command(command.__name__)(command)


def versions(
    context: typer.Context,
    set_name: SetName,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """List a set's index versions, and which were live when."""
    catalogue = open_catalogue(settings_from(context, setting, index__url=index_url))
    infos = catalogue.versions(set_name)
    moves = catalogue.publications(set_name)
    if not infos:
        catalogue.live(set_name)  # says that there is no such set
    live = moves.live.number if moves.live else None
    if json:
        import json as encoder

        listed = [
            {
                **info.model_dump(mode="json"),
                "index_version": info.version,
                "live": info.number == live,
            }
            for info in infos
        ]
        log = [move.model_dump(mode="json") for move in moves.log]
        typer.echo(encoder.dumps({"versions": listed, "publications": log}, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Version", "", "Documents", "Chunks", "Made (UTC)", "From", "Model", "By")
    for column in table.columns[:5]:
        column.no_wrap = True
    for info in infos:
        once = any(move.number == info.number for move in moves.log)
        state = "live" if info.number == live else "was live" if once else "candidate"
        table.add_row(
            info.version,
            state,
            f"{info.documents:,}",
            f"{info.chunks:,}",
            f"{info.committed_at:%Y-%m-%d %H:%M}",
            str(info.base) if info.base else "full build",
            info.model.name.rpartition("/")[2],
            info.committed_by,
        )
    console = Console()
    console.print(table)
    for info in infos:
        if info.number == live and info.dropped:
            words = "; ".join(f"{reason}: {count:,}" for reason, count in info.dropped.items())
            console.print(f"Words left out of {info.version}: {words}.", highlight=False)
    for move in moves.log[-5:]:
        why = f": {move.why}" if move.why else ""
        console.print(
            f"{move.at:%Y-%m-%d %H:%M:%S} {move.action} {move.version} by {move.by}{why}",
            highlight=False,
            markup=False,
        )


def diff(
    context: typer.Context,
    before: Version,
    after: Version,
    set_name: SetName,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Show which documents differ between two versions, and what shaped them."""
    catalogue = open_catalogue(settings_from(context, setting, index__url=index_url))
    from ingestion.versions.comparing import compare

    found = compare(catalogue, catalogue.find(set_name, before), catalogue.find(set_name, after))
    if json:
        typer.echo(found.model_dump_json(indent=2))
        return
    from rich.console import Console

    from ingestion.cli.sync_report import show_ids

    console = Console()
    console.print(
        f"{found.document_set} {found.before} -> {found.after}: {len(found.added)} added, "
        f"{len(found.changed)} changed, {len(found.removed)} removed, {found.unchanged} unchanged; "
        f"{found.chunks_before:,} -> {found.chunks_after:,} chunks.",
        highlight=False,
    )
    for line in found.shaping:
        console.print(f"  {line}", highlight=False, markup=False)
    for what, ids in (
        ("added", found.added),
        ("changed", found.changed),
        ("removed", found.removed),
    ):
        show_ids(what, ids, console)


def publish(
    context: typer.Context,
    version: Version,
    set_name: SetName,
    force: Annotated[
        bool, typer.Option("--force", help="Publish though many documents would go.")
    ] = False,
    why: Why = "",
    index_url: IndexUrl = None,
    setting: Setting = None,
) -> None:
    """Make a version live."""
    catalogue = open_catalogue(settings_from(context, setting, index__url=index_url))
    from ingestion.sync.manual_publish import publish_version

    began = time.perf_counter()
    move = publish_version(catalogue, catalogue.find(set_name, version), force=force, why=why)
    _done(f"{set_name} is now at version {move.version} (publish)", began)


def rollback(
    context: typer.Context,
    set_name: SetName,
    to: Annotated[
        str | None, typer.Option("--to", help="Which version. Default: the one live before.")
    ] = None,
    why: Why = "",
    index_url: IndexUrl = None,
    setting: Setting = None,
) -> None:
    """Make the version live again that was live before, or the one named."""
    catalogue = open_catalogue(settings_from(context, setting, index__url=index_url))
    began = time.perf_counter()
    move = catalogue.rollback(set_name, to, why=why)
    _done(f"{set_name} is now at version {move.version} (rollback)", began)


def gc(
    context: typer.Context,
    set_name: SetName,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="Versions to keep, the live one counted. Default: the setting's."),
    ] = None,
    candidates: Annotated[
        bool, typer.Option("--candidates", help="Remove candidates too.")
    ] = False,
    abandoned: Annotated[
        bool, typer.Option("--abandoned", help="Remove an unfinished version too.")
    ] = False,
    grace: Annotated[
        float,
        typer.Option(
            min=0, help="Keep what was live within this many seconds: readers may use it."
        ),
    ] = 120.0,
    purge: Annotated[
        bool,
        typer.Option(
            "--purge", help="Rewrite what is kept, so that no file holds anything deleted."
        ),
    ] = False,
    break_holds: Annotated[
        bool,
        typer.Option(
            "--break-holds",
            help="Remove versions that releases hold, too, for a document that must be forgotten; "
            "these releases can then no longer be rolled back to.",
        ),
    ] = False,
    index_url: IndexUrl = None,
    setting: Setting = None,
) -> None:
    """Remove old versions, and what broken-off runs left behind.

    Versions that releases hold stay, unless `--break-holds` says otherwise.
    """
    settings = settings_from(context, setting, index__url=index_url)
    catalogue = open_catalogue(settings)
    from ingestion.versions.garbage_collection import break_unneeded_holds, collect
    from ingestion.versions.garbage_collection import purge as rewrite
    from ingestion.versions.holds import holds_of
    from ingestion.versions.lease import leased

    catalogue.find(set_name)
    most = keep or settings.sync.keep_versions
    records = catalogue.store.records
    with leased(records, set_name, "gc", ttl_s=settings.sync.lease_s):
        broken = (
            break_unneeded_holds(catalogue, set_name, most, grace_s=grace, candidates=candidates)
            if break_holds
            else []
        )
        gone = collect(
            catalogue, set_name, most, grace_s=grace, candidates=candidates, abandoned=abandoned
        )
        if purge and rewrite(catalogue, set_name):
            time.sleep(READERS_FOLLOW_S)
            collect(catalogue, set_name, most, grace_s=grace, candidates=candidates)
    names = ", ".join(info.version for info in catalogue.versions(set_name))
    removed = ", ".join(info.version for info in gone) or "nothing"
    typer.echo(f"{set_name}: removed {removed}; kept {names}.")
    for one in broken:
        typer.echo(
            f"{one.holder} can no longer be rolled back to: it needs {set_name} {one.version}, "
            "which is removed."
        )
    held = [f"{one.version} by {one.holder}" for one in holds_of(records, set_name)]
    if held:
        typer.echo(f"Held: {', '.join(held)}.")


def _done(what: str, began: float) -> None:
    typer.echo(f"{what}, in {(time.perf_counter() - began) * 1000:.0f} ms.")


def schema() -> None:
    """Print the JSON Schema of a definition's file, for editors and for checks before a commit."""
    import json as encoder

    from ingestion.sources.definitions import definition_schema

    typer.echo(encoder.dumps(definition_schema(), indent=2))
