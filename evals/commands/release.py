"""`plumb release …`: make releases, move them to users and back. Heavy imports wait until a command runs."""

from __future__ import annotations

import json as encoder
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import IndexUrl, Json, Setting, open_catalogue, settings_from

if TYPE_CHECKING:
    from app.releases.history import ReleaseHistory
    from app.releases.release import Release
    from app.releases.rollout import CheckEvidence, Moved, Rollout
    from ingestion.versions.catalogue import Catalogue

Ref = Annotated[
    str,
    typer.Argument(
        metavar="RELEASE",
        help="A release's file or id (its first digits do), `production` or `canary`.",
        show_default=False,
    ),
]
By = Annotated[str | None, typer.Option(help="Who does it. Default: the current user.")]
Why = Annotated[str, typer.Option(help="A remark for the history.")]
Approver = Annotated[str | None, typer.Option(help="Who approved it.")]


def mount(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, help="Releases: make, show, promote, roll back, history."
    )
    app.add_typer(group, name="release")
    for command in (create, show, canary, promote, rollback, history, retire):
        group.command(command.__name__)(command)


def create(
    context: typer.Context,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME[=VERSION]",
            help="A document set, at an index version; may be repeated. Default: all live sets at "
            "their live versions.",
        ),
    ] = None,
    prompt: Annotated[
        str | None,
        typer.Option(help="Version or alias of the answer prompt. Default: the setting's."),
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="The image by digest: REPOSITORY@sha256:…")
    ] = None,
    commit: Annotated[
        str | None, typer.Option(help="The code's commit. Default: the working folder's.")
    ] = None,
    approver: Approver = None,
    by: By = None,
    why: Why = "",
    override: Annotated[
        bool,
        typer.Option("--override", help="Release without a passed gate; say why with --why."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write the release to this file, for later steps.")
    ] = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Make a release of prompts, index versions, models and settings that passed the gate.

    Run again with nothing changed, it returns the same release.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from app.errors import ReleaseRefused
    from app.wiring import build
    from evals.files import write_text
    from evals.releases.create import ReleaseRequest, create_release
    from evals.tracking.recording import commit_of

    found_commit = commit or commit_of(Path.cwd())
    if found_commit is None:
        raise ReleaseRefused(
            "the working folder is not a git repository, so the commit is not known; name it with "
            "--commit."
        )
    if override and not why.strip():
        raise ReleaseRefused("--override needs a reason: --why 'why it cannot wait for the gate'.")
    parts = build(settings)
    try:
        wanted = ReleaseRequest(
            sets=_sets(sets, parts.catalogue),
            commit=found_commit,
            prompt=prompt,
            image=image,
            by=by,
            why=why,
            approver=approver,
            override=why if override else None,
        )
        release, is_new = create_release(parts, settings.evals.folder, wanted)
    finally:
        parts.close()
    if output is not None:
        write_text(output, release.text())
    if json:
        typer.echo(release.text().rstrip())
        return
    typer.echo(f"{release.id} {'is made' if is_new else 'was made before with the same content'}.")
    for name, one in release.sets.items():
        manifest = one.manifest
        typer.echo(
            f"  {name}: index {one.index_version}, {manifest.prompt}, {manifest.chat_model}, "
            f"manifest {manifest.id}"
        )
    if output is not None:
        typer.echo(f"Written to {output}.")


def show(
    context: typer.Context,
    ref: Ref,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Show a release: what it serves, its evidence, and whether it can be rolled back to."""
    settings = settings_from(context, setting, index__url=index_url)
    rollout, releases, _ = _open(settings)
    release = _find(ref, releases)
    if json:
        typer.echo(release.text().rstrip())
        return
    from evals.releases.console import show_release

    show_release(release, rollout, releases)


def canary(
    context: typer.Context,
    ref: Ref,
    share: Annotated[int, typer.Option(min=1, max=99, help="Per cent of the traffic.")],
    approver: Approver = None,
    by: By = None,
    why: Why = "",
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Give a release that passed the gate a share of the traffic, beside the one in production."""
    settings = settings_from(context, setting, index__url=index_url)
    from app.releases.history import Remark

    rollout, releases, _ = _open(settings, show_parts=not json)
    release = _find(ref, releases)
    remark = Remark(by, why, approver)
    _tell(rollout.canary(release, share, _evidence(settings, releases), remark), json)


def promote(
    context: typer.Context,
    ref: Ref,
    approver: Approver = None,
    by: By = None,
    why: Why = "",
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Put a release into production: traffic, index versions and prompt aliases together.

    Its evidence is checked again. A promotion that was killed is finished by the same command.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from app.releases.history import Remark

    rollout, releases, _ = _open(settings, show_parts=not json)
    release = _find(ref, releases)
    _tell(rollout.promote(release, _evidence(settings, releases), Remark(by, why, approver)), json)


def rollback(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RELEASE",
            help="The release to take away from users. Default: the one being moved, else the "
            "canary, else the one in production.",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="RELEASE",
            help="The release to go back to. Default: the one in production before.",
        ),
    ] = None,
    by: By = None,
    why: Why = "",
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Go back to the release that was in production before: all parts together.

    Safe to run again: a rollback that was killed is finished, one that ended does nothing.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from app.releases.history import Remark

    rollout, releases, _ = _open(settings, show_parts=not json)
    from_id = _find(source, releases).id if source else None
    to_id = _find(to, releases).id if to else None
    _tell(rollout.rollback(from_id, to_id, Remark(by, why)), json)


def history(
    context: typer.Context,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every release and event against the chain.")
    ] = False,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """List what happened to releases, oldest first; a changed history is an error."""
    settings = settings_from(context, setting, index__url=index_url)
    _, releases, _ = _open(settings)
    events = releases.events()
    if verify:
        releases.verify()
    if json:
        typer.echo(encoder.dumps([event.model_dump(mode="json") for event in events], indent=2))
        return
    from evals.releases.console import show_history

    show_history(events)
    if verify:
        typer.echo(f"{len(events)} events and their releases are what was written.")


def retire(
    context: typer.Context,
    ref: Ref,
    by: By = None,
    why: Why = "",
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """End a release's hold on its index versions, so that they may be removed."""
    settings = settings_from(context, setting, index__url=index_url)
    from app.releases.history import Remark

    rollout, releases, _ = _open(settings)
    _tell(rollout.retire(_find(ref, releases), Remark(by, why)), json)


def _open(settings: Any, *, show_parts: bool = False) -> tuple[Rollout, ReleaseHistory, Catalogue]:
    from app.releases.history import ReleaseHistory
    from app.releases.released_parts import Parts
    from app.releases.rollout import Rollout
    from app.releases.traffic import Traffic
    from prompts.cli.flags import open_registry

    catalogue = open_catalogue(settings)
    releases = ReleaseHistory(catalogue.store.records)
    parts = Parts(
        catalogue,
        open_registry(settings),
        Traffic(settings.releases),
        _show_part if show_parts else lambda name, took_ms: None,
    )
    return Rollout(releases, parts, settings.releases.keep), releases, catalogue


def _show_part(name: str, took_ms: float) -> None:
    if name not in ("begin", "end"):
        typer.echo(f"  {name} ({took_ms:.0f} ms)")


def _find(ref: str, releases: ReleaseHistory) -> Release:
    """The release that a file, an id, its first digits, `production` or `canary` names."""
    from app.errors import UnknownRelease
    from app.releases.release import read_release
    from app.releases.state import state_of

    if ref in ("production", "canary"):
        state = state_of(releases.events())
        found = state.production if ref == "production" else state.canary
        if found is None:
            raise UnknownRelease(f"no release is {'in production' if ref[0] == 'p' else ref} now.")
        return releases.get(found)
    if ref.startswith("rel-") and not Path(ref).is_file():
        ids = [one for one in releases.ids() if one.startswith(ref)]
        if len(ids) > 1:
            raise UnknownRelease(f"{ref} may be {', '.join(ids)}; write more digits.")
        return releases.get(ids[0] if ids else ref)
    release = read_release(Path(ref))
    if release.id not in releases.ids():
        raise UnknownRelease(
            f"{ref}: {release.id} was not made in this index; name the index it was made in with "
            "--index-url (PLUMB_INDEX_URL)."
        )
    return releases.get(release.id)


def _evidence(settings: Any, releases: ReleaseHistory) -> CheckEvidence:
    """Checks a release's evidence against what is in production now."""
    from app.releases.state import state_of
    from evals.releases.evidence import check_evidence

    def check(release: Release) -> None:
        production = state_of(releases.events()).production
        served = releases.get(production) if production else None
        check_evidence(release, settings.evals.folder, served)

    return check


def _sets(given: list[str] | None, catalogue: Catalogue) -> dict[str, str | None]:
    from app.errors import ReleaseRefused

    if not given:
        names = catalogue.names()
        if not names:
            raise ReleaseRefused(
                "there is no live document set to release; make one with `plumb ingest`."
            )
        return dict.fromkeys(names)
    wanted: dict[str, str | None] = {}
    for one in given:
        name, _, version = one.partition("=")
        if name in wanted:
            raise ReleaseRefused(f"--set {one}: {name!r} is named twice.")
        wanted[name] = version or None
    return wanted


def _tell(moved: Moved, json: bool) -> None:
    if json:
        facts = {
            "production": moved.production,
            "changed": moved.changed,
            "sentence": moved.sentence,
        }
        typer.echo(encoder.dumps(facts, indent=2))
    else:
        typer.echo(moved.sentence)
