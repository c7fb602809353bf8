"""All versions of some prompts as a tracker's entry."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from evals.tracking.artifacts import prompt_artifact
from evals.tracking.tracker import Cell, Entry, Table
from prompts.registry import PromptRegistry


def prompts_entry(registry: PromptRegistry, names: Sequence[str]) -> Entry:
    """Every version, oldest first, with the aliases that name it now.

    An alias of one document set is `alias-SET`. One that is split between versions stands at that
    with the largest share; the table has all shares.

    Args:
        names: which of them.

    Raises:
        PromptError: there is no such prompt, or a version is malformed.
    """
    versions = [
        registry.get(name, version) for name in names for version in _versions(registry, name)
    ]
    rows = _alias_rows(registry, names)
    leading = {(str(row[0]), str(row[1])): str(row[2]) for row in _leading(rows)}
    made = [
        prompt_artifact(
            version,
            tuple(
                alias
                for (prompt, alias), named in leading.items()
                if (prompt, named) == (version.name, version.version)
            ),
        )
        for version in versions
    ]
    at = datetime.now(UTC)
    return Entry(
        id=f"prompts_{int(at.timestamp() * 1000):011x}{secrets.token_hex(4)}",
        name=f"prompts: {', '.join(names)}",
        job_type="prompts",
        group="prompts",
        at=at,
        seconds=0.0,
        tags=("prompts", *names),
        notes=f"{len(versions)} prompt versions and what names them.",
        config={
            "prompts": {
                name: {v.version: v.content_hash for v in versions if v.name == name}
                for name in names
            }
        },
        tables={"aliases": Table(("prompt", "alias", "version", "share"), rows)},
        makes=tuple(made),
    )


def _versions(registry: PromptRegistry, name: str) -> list[str]:
    """At least one: a prompt without any is asked for, and refused with its name."""
    return registry.versions(name) or ["v1"]


def _alias_rows(registry: PromptRegistry, names: Sequence[str]) -> list[tuple[Cell, ...]]:
    return [
        (
            place.prompt,
            place.alias if place.document_set is None else f"{place.alias}-{place.document_set}",
            version,
            target.share(version),
        )
        for place, target in sorted(registry.all_aliases().targets.items(), key=str)
        if place.prompt in names
        for version in target.versions
    ]


def _leading(rows: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Of each alias the row with the largest share, the first of equal ones."""
    best: dict[tuple[Cell, Cell], tuple[Cell, ...]] = {}
    for row in rows:
        key = (row[0], row[1])
        if key not in best or float(row[3] or 0) > float(best[key][3] or 0):
            best[key] = row
    return list(best.values())
