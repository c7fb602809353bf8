"""`plumb prompts …`: look at versions, begin, check and lock them, take an alias back.

`promote` and `split` are mounted by the room that knows gate runs. Heavy imports wait until a
command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prompts.flags import Json, Setting, settings_from

if TYPE_CHECKING:
    from prompts.registry import PromptRegistry

Alias = Annotated[
    str, typer.Argument(metavar="ALIAS", help="For example production.", show_default=False)
]
PromptName = Annotated[str, typer.Option("--prompt", help="Which prompt's alias.")]
SetName = Annotated[
    str | None, typer.Option("--set", help="For this document set only. Default: for all.")
]
By = Annotated[str | None, typer.Option(help="Who moves it. Default: user@host.")]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Why, for the history.", show_default=False)
]
_REFERENCE = "v2, answer@v2, answer@candidate, or condense."
FOUND = 1


def mount(app: typer.Typer) -> typer.Typer:
    """Add the group `prompts` to the command line; the group, for rooms above to add to."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Prompt versions: look, compare, write, lock; aliases: move, split, take back.",
    )
    group.command("list")(list_)
    group.command("show")(show)
    group.command("diff")(diff)
    group.command("new")(new)
    group.command("lint")(lint)
    group.command("history")(history)
    group.command("rollback")(rollback)
    app.add_typer(group, name="prompts")
    return group


def list_(context: typer.Context, setting: Setting = None, json: Json = False) -> None:
    """List every version: its aliases, whether it is locked, who wrote it and why."""
    registry = open_registry(settings_from(context, setting))
    if json:
        versions = [
            registry.get(name, v) for name in registry.names() for v in registry.versions(name)
        ]
        aliases = [
            {**place._asdict(), "target": target.as_yaml()}
            for place, target in registry.all_aliases().targets.items()
        ]
        _print_json(
            {
                "versions": [
                    {
                        **version.model_dump(mode="json", exclude={"messages"}),
                        "content_hash": version.content_hash,
                        "locked": registry.is_locked(version),
                    }
                    for version in versions
                ],
                "aliases": aliases,
            }
        )
        return
    from rich.console import Console

    from prompts.showing import show_list

    show_list(registry, Console())


def show(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="PROMPT", help=_REFERENCE)] = "answer",
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--var",
            metavar="NAME=VALUE",
            help="A value for a variable, or NAME=@FILE; a sample stands for the others.",
        ),
    ] = None,
    set_name: SetName = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Show a version, and its messages as a model would get them."""
    registry = open_registry(settings_from(context, setting))
    from prompts.references import find_version
    from prompts.showing import rendered, show_version

    version = find_version(registry, reference, set_name)
    given = dict(_value(pair) for pair in values or [])
    if json:
        messages = [{"role": role, "content": text} for role, text in rendered(version, given)]
        _print_json(
            {
                **version.model_dump(mode="json"),
                "content_hash": version.content_hash,
                "locked": registry.is_locked(version),
                "rendered": messages,
            }
        )
        return
    from rich.console import Console

    show_version(version, registry, given, Console())


def diff(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help=_REFERENCE, show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Likewise.", show_default=False)],
    set_name: SetName = None,
    setting: Setting = None,
) -> None:
    """Compare two versions: parameters and messages, line by line."""
    registry = open_registry(settings_from(context, setting))
    from prompts.references import find_version
    from prompts.showing import diff_lines, show_diff

    before, after = (find_version(registry, one, set_name) for one in (old, new))
    lines = diff_lines(before, after)
    if not lines:
        typer.echo(
            f"{before.name}@{before.version} and {after.name}@{after.version} do the same.",
            err=True,
        )
        return
    from rich.console import Console

    show_diff(lines, Console(highlight=False))


def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The prompt.")] = "answer",
    why: Annotated[
        str, typer.Option("--why", help="What it is for; how it differs.", show_default=False)
    ] = ...,  # type: ignore[assignment]
    parent: Annotated[
        str | None,
        typer.Option("--from", help="Version or alias to begin from. Default: the newest version."),
    ] = None,
    author: Annotated[str | None, typer.Option(help="Default: user@host.")] = None,
    setting: Setting = None,
) -> None:
    """Begin the next version as a copy of another; edit its file, then `lint --lock`."""
    registry = open_registry(settings_from(context, setting))
    from prompts.drafting import draft
    from prompts.references import find_version
    from prompts.user import current_user

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
        for version in write_lock(registry.folder, linting.readable_versions(registry)):
            typer.echo(f"locked {version.name}@{version.version} at {version.content_hash[:16]}")
    found = linting.lint(registry)
    for one in found:
        typer.echo(one, err=True)
    if found:
        raise typer.Exit(FOUND)
    typer.echo(f"{registry.folder}: nothing is wrong.")


def history(
    context: typer.Context,
    alias: Annotated[
        str | None, typer.Argument(metavar="ALIAS", help="Only this alias's moves.")
    ] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", help="Only this prompt's.")] = None,
    set_name: Annotated[str | None, typer.Option("--set", help="Only this set's.")] = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Show every move of aliases: who, when, from where to where, why, and which gate let it."""
    registry = open_registry(settings_from(context, setting))
    from prompts.history import read_history

    moves = [
        move
        for move in read_history(registry.watched.file)
        if alias in (None, move.alias)
        and prompt in (None, move.prompt)
        and set_name in (None, move.document_set)
    ]
    if json:
        _print_json([move.model_dump(mode="json") for move in moves])
        return
    from rich.console import Console

    from prompts.showing import show_history

    show_history(moves, Console())


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
    from prompts.aliases import Place
    from prompts.moving import AliasMover, Said

    move = AliasMover(registry).rollback(Place(prompt, alias, set_name), Said(by, reason))
    tell(move)


def tell(move: Any) -> None:
    """Say what a move did."""
    from prompts.history import target_of

    before, after = target_of(move.before) or "nothing", target_of(move.after) or "nothing"
    typer.echo(f"{move.place}: {before} -> {after}")
    for gate in move.gates:
        typer.echo(f"  {gate.document_set}: {gate.sentence} ({gate.verdict})")
        if not gate.baseline_is_served:
            typer.echo(f"  note: it was compared with something else than {before} as it is now.")


def open_registry(settings: Any) -> PromptRegistry:
    """The prompts that the settings name."""
    from prompts.registry import PromptRegistry, shipped_prompts

    return PromptRegistry(settings.prompt.folder or shipped_prompts(), settings.prompt.aliases)


def _value(pair: str) -> tuple[str, str]:
    from prompts.errors import PromptError

    name, equals, value = pair.partition("=")
    if not equals:
        raise PromptError(f"--var {pair!r}: write NAME=VALUE or NAME=@FILE.")
    if not value.startswith("@"):
        return name, value
    try:
        return name, Path(value[1:]).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"--var {pair!r}: the file cannot be read: {error}.") from error


def _print_json(content: Any) -> None:
    import json

    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
