"""Print releases and their history."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.errors import ReleaseRefused
from app.releases.history import Event, ReleaseHistory
from app.releases.release import Release
from app.releases.rollout import Rollout


def show_release(release: Release, rollout: Rollout, history: ReleaseHistory) -> None:
    """What a release serves, why it may, and what happened to it."""
    console = Console()
    state = rollout.state()
    if release.id == state.production:
        status = "in production"
    elif release.id == state.canary:
        status = f"canary with {state.share} % of the traffic"
    elif release.id in state.ended:
        status = "rolled back"
    elif release.id in state.trail:
        status = "was in production"
    else:
        status = "retired" if release.id in state.retired else "made"
    console.print(f"[bold]{release.id}[/]: {status}", highlight=False)
    facts = {
        "made": f"{release.at:%Y-%m-%d %H:%M:%S} UTC by {release.by}",
        "why": release.why,
        "commit": release.commit,
        "image": release.image or "none",
        "approver": release.approver or "",
        "override": release.override or "",
        "hash": release.hash,
        "previous": release.previous or "none",
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in facts.items():
        if value:
            table.add_row(name, escape(value))
    console.print(table)
    sets = Table("Set", "Index version", "Prompts", "Model", "Manifest", "Gate")
    for name, one in release.sets.items():
        gates = [e.verdict["suite"] for e in release.evidence if e.document_set == name]
        sets.add_row(
            name,
            one.index_version,
            ", ".join(f"{prompt}@{pin.version}" for prompt, pin in one.prompts.items()),
            escape(one.manifest.chat_model),
            one.manifest.id,
            ", ".join(gates) or "overridden",
        )
    console.print(sets)
    for found in release.evidence:
        sentence = escape(str(found.verdict["sentence"]))
        console.print(f"{found.document_set}: {sentence}", highlight=False)
    try:
        rollout.check(release)
    except ReleaseRefused as error:
        console.print(f"[red]It cannot be served now:[/] {escape(str(error))}", highlight=False)
    show_history([event for event in history.events() if event.release == release.id], console)


def show_history(events: Sequence[Event], console: Console | None = None) -> None:
    """A line for each event."""
    console = console or Console()
    if not events:
        console.print("No releases yet; `plumb release create` makes one.")
    for event in events:
        what = event.action + (f" {event.share} %" if event.share else "")
        what += f" to {event.target}" if event.target else ""
        notes = [f"by {event.by}"]
        notes += [f"approved by {event.approver}"] if event.approver else []
        notes += ["override"] if event.override else []
        why = f": {event.why}" if event.why else ""
        console.print(
            f"{event.number:>4}  {event.at:%Y-%m-%d %H:%M:%S}  [bold]{event.release}[/]  {what}, "
            f"{escape(', '.join(notes) + why)}",
            highlight=False,
            soft_wrap=True,
        )
