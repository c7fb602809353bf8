"""Flags that commands of all rooms share, and how they become settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from prompts.errors import SettingsError

if TYPE_CHECKING:
    from prompts.registry import PromptRegistry

Setting = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        "-S",
        metavar="NAME=VALUE",
        help="Any setting, as `plumb settings` lists them; may be repeated.",
        rich_help_panel="Settings",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SetName = Annotated[
    str | None, typer.Option("--set", help="For this document set only. Default: for all.")
]


def settings_from(context: typer.Context, pairs: list[str] | None, **named: Any) -> Any:
    """The settings with `NAME=VALUE` pairs and named flags (None = not given) over them.

    Args:
        named: flags by setting, with `__` for the dot: `index__url="./index"`.

    Raises:
        SettingsError: a pair is malformed, or the settings refuse it.
    """
    overrides = {
        name.replace("__", "."): value for name, value in named.items() if value is not None
    }
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(
                f"--setting {pair!r}: write NAME=VALUE, for example chat.model=ollama:llama3.2."
            )
        overrides[name.strip()] = value
    return context.obj(overrides)


def open_registry(settings: Any) -> PromptRegistry:
    """The prompts that the settings name."""
    from prompts.registry import PromptRegistry, shipped_prompts

    return PromptRegistry(settings.prompt.folder or shipped_prompts(), settings.prompt.aliases)
