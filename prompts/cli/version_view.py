"""Show versions to people: rendered, side by side, with their aliases."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from textwrap import shorten

from rich.console import Console
from rich.table import Table
from rich.text import Text

from prompts.errors import PromptError
from prompts.moves.history import Move, target_of
from prompts.registry import PromptRegistry
from prompts.versions.variables import USES
from prompts.versions.version import PromptVersion

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def rendered(version: PromptVersion, given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Role and text of each message, with the given values, else samples, filled in.

    Raises:
        PromptError: a value is given for what is no variable.
    """
    if strange := set(given) - set(version.variables):
        raise PromptError(
            f"{version.name}@{version.version} has no variable {sorted(strange)[0]!r}; it has: "
            f"{', '.join(version.variables)}."
        )
    use = USES.get(version.name)
    samples = use.samples if use else {}
    values = {name: given.get(name, samples.get(name, f"<{name}>")) for name in version.variables}
    return [(message.role, message.text(values)) for message in version.messages]


def diff_lines(old: PromptVersion, new: PromptVersion) -> list[str]:
    """A unified diff of what shapes answers: parameters and messages; empty where nothing differs."""
    names = (f"{old.name}@{old.version}", f"{new.name}@{new.version}")
    return list(difflib.unified_diff(old.lines(), new.lines(), *names, lineterm="", n=3))


def show_diff(lines: list[str], console: Console) -> None:
    """The diff, in colours on a terminal."""
    for line in lines:
        bold = line.startswith(("+++", "---"))
        style = "bold" if bold else _COLOURS.get(line[:1], "")
        console.print(Text(line, style=style), soft_wrap=True)


def show_version(
    version: PromptVersion,
    registry: PromptRegistry,
    given: Mapping[str, str],
    console: Console,
) -> None:
    """What a version says of itself, then its messages as a model gets them."""
    locked = "locked" if registry.is_locked(version) else "not locked"
    console.print(Text(f"{version.name}@{version.version}", style="bold"), end="  ")
    console.print(Text(f"{version.content_hash[:16]}, {locked}", style="dim"))
    rows = {
        "Why": version.description,
        "Author": version.author,
        "Parent": version.parent,
        "Aliases": ", ".join(_names(registry, version)) or None,
        "Tested with": "; ".join(
            " · ".join(part for part in (one.model, one.suite, one.run) if part)
            for one in version.tested_with
        ),
        "Parameters": ", ".join(f"{name}={value}" for name, value in version.model.items()),
        "Passages": str(version.retrieval.passages),
        "Citations": version.contract.citations,
        "Refusal": version.contract.refusal,
    }
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        if value:
            table.add_row(Text(name, style="dim"), Text(value))
    console.print(table)
    for role, text in rendered(version, given):
        console.print()
        console.print(Text(f"── {role} ", style="cyan"))
        console.print(Text(text.rstrip("\n")), soft_wrap=True)


def show_list(registry: PromptRegistry, console: Console) -> None:
    """A row per version."""
    table = Table("Prompt", "Version", "Aliases", "Lock", "Author", "Why")
    for name in registry.names():
        for reference in registry.versions(name):
            version = registry.get(name, reference)
            table.add_row(
                name,
                reference,
                Text(", ".join(_names(registry, version))),
                "locked" if registry.is_locked(version) else "open",
                Text(version.author or ""),
                Text(shorten(version.description, 100, placeholder=" …")),
            )
    console.print(table)


def show_history(moves: list[Move], console: Console) -> None:
    """A row per move, newest first."""
    table = Table("When (UTC)", "Who", "Alias", "From", "To", "Gate", "Why")
    for move in reversed(moves):
        gates = ", ".join(gate.verdict for gate in move.gates)
        table.add_row(
            f"{move.at:%Y-%m-%d %H:%M:%S}",
            Text(move.by),
            Text(str(move.place)),
            str(target_of(move.before) or "–"),
            str(target_of(move.after) or "–"),
            "overridden" if move.override else "rollback" if move.kind == "rollback" else gates,
            Text(move.why or ""),
        )
    console.print(table if moves else "No alias has been moved yet.")


def _names(registry: PromptRegistry, version: PromptVersion) -> list[str]:
    """Aliases that name a version: `production`, `canary 10%`, `production for handbook`."""
    names = []
    for place, target in registry.all_aliases().targets.items():
        if place.prompt == version.name and version.version in target.versions:
            share = "" if len(target.weights) == 1 else f" {target.share(version.version):.0%}"
            of = f" for {place.document_set}" if place.document_set else ""
            names.append(f"{place.alias}{share}{of}")
    return names
