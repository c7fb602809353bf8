"""`plumb index promote`: here and not in `ingestion`, since it asks for gate verdicts."""

from __future__ import annotations

import json as encoder
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingestion.cli.flags import IndexUrl, Json, Setting, named_version, settings_from

if TYPE_CHECKING:
    from app.wiring import Parts
    from evals.gate.verdict import Verdict
    from ingestion.index.protocol import SetInfo


def mount(index: typer.Typer) -> None:
    index.command("promote")(promote)


def promote(
    context: typer.Context,
    version: Annotated[
        str,
        typer.Argument(
            metavar="VERSION",
            help="A candidate version or its number; or the file that `plumb ingest --output` wrote.",
            show_default=False,
        ),
    ],
    set_name: Annotated[
        str | None,
        typer.Option("--set", help="The document set. Default: the file's.", show_default=False),
    ] = None,
    verdict: Annotated[
        list[Path] | None,
        typer.Option(
            help="A file that `plumb eval gate --output` wrote; may be repeated. Default: the newest "
            "verdict of each suite in evals.folder."
        ),
    ] = None,
    why: Annotated[str, typer.Option(help="A remark for the log of publications.")] = "",
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Make a candidate version live that passed a gate against the version that is live now.

    The gate must have judged exactly this version, with the prompt and settings in force. If another
    version went live meanwhile, or the gate did not pass, nothing changes and the exit code is 1. Run
    again after a success, it does nothing.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from app.wiring import build
    from evals.gate.verdict_store import read_verdict

    named = named_version(version)
    name = _document_set(version, named.document_set, set_name)
    given = [read_verdict(file) for file in verdict or []]
    parts = build(settings)
    try:
        info = parts.catalogue.find(name, named.version)
        is_new = _publish(parts, settings.evals.folder, info, given, why)
    finally:
        parts.close()
    sentence = f"{name} is {'now' if is_new else 'already'} at version {info.version}."
    if json:
        facts = {"document_set": name, "index_version": info.version, "changed": is_new}
        typer.echo(encoder.dumps(facts | {"sentence": sentence}, indent=2))
    else:
        typer.echo(sentence)


def _publish(parts: Parts, folder: Path, info: SetInfo, given: list[Verdict], why: str) -> bool:
    """Publish a version if it is gated; whether it was not live before."""
    from evals.releases.evidence import check_index_gated
    from ingestion.errors import PublishRefused
    from ingestion.sync.manual_publish import publish_version

    live = parts.catalogue.live(info.name)
    if live.number == info.number:
        return False
    check_index_gated(parts, folder, info, live, given)
    try:
        publish_version(parts.catalogue, info, why=why, live=live.version)
    except PublishRefused:
        # The same command, run twice at once.
        if parts.catalogue.live(info.name).number == info.number:
            return False
        raise
    return True


def _document_set(version: str, of_file: str | None, given: str | None) -> str:
    if given is None and of_file is None:
        raise typer.BadParameter(
            f"name the document set of version {version}, or give the file that `plumb ingest "
            "--output` wrote in place of the version.",
            param_hint="--set",
        )
    if None not in (given, of_file) and given != of_file:
        raise typer.BadParameter(
            f"{version} is about the document set {of_file!r}, not {given!r}.", param_hint="--set"
        )
    return str(given or of_file)
