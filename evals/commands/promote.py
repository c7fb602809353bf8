"""`plumb prompts promote` and `split`: here, since a protected alias asks for gate runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import IndexUrl, open_catalogue
from prompts.cli.flags import SetName, Setting, open_registry, settings_from
from prompts.cli.main import Alias, By, PromptName, Reason, tell

if TYPE_CHECKING:
    from prompts.aliases.alias_file import Place
    from prompts.moves.gating import GatePass
    from prompts.versions.version import PromptVersion

Override = Annotated[
    bool,
    typer.Option("--override", help="Move a protected alias without a passed gate; say --reason."),
]


def mount(prompts: typer.Typer) -> None:
    prompts.command("promote")(promote)
    prompts.command("split")(split)


def promote(
    context: typer.Context,
    version: Annotated[
        str,
        typer.Argument(
            metavar="VERSION", help="v2, or an alias such as candidate.", show_default=False
        ),
    ],
    alias: Alias = "production",
    prompt: PromptName = "answer",
    set_name: SetName = None,
    override: Override = False,
    reason: Reason = None,
    by: By = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
) -> None:
    """Point an alias at a version; a running service takes it up at its next question.

    A protected alias moves only where a gate let this very prompt pass on the live index, with
    the models and settings in force.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from prompts.aliases.traffic_split import only
    from prompts.cli.references import find_version

    reference = version if "@" in version else f"{prompt}@{version}"
    found = find_version(open_registry(settings), reference, set_name)
    _move(settings, (found.name, alias, set_name), only(found.version), (by, reason, override))


def split(
    context: typer.Context,
    alias: Alias,
    shares: Annotated[
        list[str],
        typer.Argument(metavar="VERSION=WEIGHT…", help="v1=90 v2=10", show_default=False),
    ],
    prompt: PromptName = "answer",
    set_name: SetName = None,
    override: Override = False,
    reason: Reason = None,
    by: By = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
) -> None:
    """Share an alias's questions between versions by weight; a conversation stays with one.

    Of a protected alias, a version whose share grows needs a passed gate, as for `promote`.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from prompts.aliases.traffic_split import parse_target
    from prompts.errors import PromptError

    weights: dict[str, Any] = {}
    for share in shares:
        name, _, weight = share.partition("=")
        if not weight.isdecimal() or name in weights:
            raise PromptError(f"{share!r}: write each version once with a weight, like v2=10.")
        weights[name] = int(weight)
    try:
        target = parse_target({"split": weights})
    except ValueError as error:
        raise PromptError(f"{' '.join(shares)}: {error}.") from error
    _move(settings, (prompt, alias, set_name), target, (by, reason, override))


def _move(
    settings: Any,
    where: tuple[str, str, str | None],
    target: Any,
    remark: tuple[str | None, str | None, bool],
) -> None:
    from prompts.aliases.alias_file import Place
    from prompts.moves.moving import AliasMover, MoveNote

    def gated(version: PromptVersion, place: Place) -> list[GatePass]:
        """Built only for a protected alias, which takes the index and the models."""
        from app.wiring import build
        from evals.releases.evidence import GatedOnLiveIndex

        parts = build(settings)
        try:
            return GatedOnLiveIndex(parts, settings.evals.folder)(version, place)
        finally:
            parts.close()

    if where[2] is not None:
        _check_set(settings, where[2])
    mover = AliasMover(open_registry(settings))
    tell(mover.move(Place(*where), target, gated, MoveNote(*remark)))


def _check_set(settings: Any, name: str) -> None:
    """Refuse an unknown set: an alias for a misspelt one would silently have no effect."""
    catalogue = open_catalogue(settings)
    try:
        catalogue.live(name)
    finally:
        catalogue.store.close()
