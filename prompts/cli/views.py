"""`plumb prompts list`, `show`, `diff`, `history`. Heavy imports wait until a command runs."""

from __future__ import annotations

import json as encoder
from pathlib import Path
from typing import Annotated, Any

import typer

from prompts.cli.flags import Json, SetName, Setting, open_registry, settings_from

REFERENCE = "v2, answer@v2, answer@candidate, or condense."


def mount(group: typer.Typer) -> None:
    group.command("list")(list_)
    group.command("show")(show)
    group.command("diff")(diff)
    group.command("history")(history)


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

    from prompts.cli.version_view import show_list

    show_list(registry, Console())


def show(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="PROMPT", help=REFERENCE)] = "answer",
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
    from prompts.cli.references import find_version
    from prompts.cli.version_view import rendered, show_version

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
    old: Annotated[str, typer.Argument(metavar="OLD", help=REFERENCE, show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Likewise.", show_default=False)],
    set_name: SetName = None,
    setting: Setting = None,
) -> None:
    """Compare two versions: parameters and messages, line by line."""
    registry = open_registry(settings_from(context, setting))
    from prompts.cli.references import find_version
    from prompts.cli.version_view import diff_lines, show_diff

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
    from prompts.moves.history import read_history

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

    from prompts.cli.version_view import show_history

    show_history(moves, Console())


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
    typer.echo(encoder.dumps(content, indent=2, ensure_ascii=False))
