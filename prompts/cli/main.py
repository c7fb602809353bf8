"""`plumb prompts …`: look at versions, begin, check and lock them, take an alias back.

`promote` and `split` are mounted by the room that knows gate runs. Heavy imports wait until a
command runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from prompts.cli import views as looking
from prompts.cli.flags import SetName, Setting, open_registry, settings_from

if TYPE_CHECKING:
    from prompts.moves.history import Move

Alias = Annotated[
    str, typer.Argument(metavar="ALIAS", help="For example production.", show_default=False)
]
PromptName = Annotated[str, typer.Option("--prompt", help="Which prompt's alias.")]
By = Annotated[str | None, typer.Option(help="Who moves it. Default: user@host.")]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Why, for the history.", show_default=False)
]
FOUND = 1


def mount(app: typer.Typer) -> typer.Typer:
    """Add the group `prompts` to the command line; the group, for rooms above to add to."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Prompt versions: look, compare, write, lock; aliases: move, split, take back.",
    )
    looking.mount(group)
    group.command("new")(new)
    group.command("lint")(lint)
    group.command("rollback")(rollback)
    app.add_typer(group, name="prompts")
    return group


def new(
    context: typer.Context,
    why: Annotated[
        str, typer.Option("--why", help="What it is for; how it differs.", show_default=False)
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The prompt.")] = "answer",
    parent: Annotated[
        str | None,
        typer.Option("--from", help="Version or alias to begin from. Default: the newest version."),
    ] = None,
    author: Annotated[str | None, typer.Option(help="Default: user@host.")] = None,
    setting: Setting = None,
) -> None:
    """Begin the next version as a copy of another; edit its file, then `lint --lock`."""
    registry = open_registry(settings_from(context, setting))
    from prompts.cli.references import find_version
    from prompts.drafting import draft
    from prompts.moves.user import current_user

    have = registry.versions(name)
    reference = parent or (have[-1] if have else None)
    full = reference if reference is None or "@" in reference else f"{name}@{reference}"
    begun = draft(
        registry,
        name,
        find_version(registry, full) if full else None,
        author or current_user(),
        why,
    )
    typer.echo(f"{begun}: edit it, then lock it with `plumb prompts lint --lock`.")


def lint(
    context: typer.Context,
    lock: Annotated[
        bool, typer.Option("--lock", help="Lock the versions that are not locked yet.")
    ] = False,
    setting: Setting = None,
) -> None:
    """Check files, lock, aliases and history; the exit code is 1 if anything is wrong."""
    registry = open_registry(settings_from(context, setting))
    from prompts import linting
    from prompts.lock import write_lock

    if lock:
        for version in write_lock(registry.folder, linting.lockable(registry)):
            typer.echo(f"locked {version.name}@{version.version} at {version.content_hash[:16]}")
    found = linting.lint(registry)
    for one in found:
        typer.echo(one, err=True)
    if found:
        raise typer.Exit(FOUND)
    typer.echo(f"{registry.folder}: nothing is wrong.")


def rollback(
    context: typer.Context,
    alias: Alias,
    prompt: PromptName = "answer",
    set_name: SetName = None,
    reason: Reason = None,
    by: By = None,
    setting: Setting = None,
) -> None:
    """Take an alias's last move back; again, and the move before that goes too. Needs no gate."""
    registry = open_registry(settings_from(context, setting))
    from prompts.aliases.alias_file import Place
    from prompts.moves.moving import AliasMover, MoveNote

    move = AliasMover(registry).rollback(Place(prompt, alias, set_name), MoveNote(by, reason))
    tell(move)


def tell(move: Move) -> None:
    """Say what a move did."""
    from prompts.moves.history import target_of

    before, after = target_of(move.before) or "nothing", target_of(move.after) or "nothing"
    typer.echo(f"{move.place}: {before} -> {after}")
    for gate in move.gates:
        typer.echo(f"  {gate.document_set}: {gate.sentence} ({gate.verdict})")
        if not gate.baseline_is_served:
            typer.echo(f"  note: it was compared with something else than {before} as it is now.")
