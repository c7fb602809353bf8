"""Check everything that settings name, and show what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.checks.answering_checks import part_checks
from app.checks.check import Check, Finding, MoreChecks, run_checks
from app.checks.service_checks import service_checks
from app.configuration.redaction import Redactor
from app.settings.tree import Settings, variable_names
from prompts.errors import SettingsError


def check_all(
    load: Callable[[], Settings],
    timeout_s: float,
    *,
    call_models: bool = False,
    more: Sequence[MoreChecks] = (),
    quiet: bool = False,
) -> list[Finding]:
    """Load the settings and run every check of what they name.

    Args:
        load: loads them; settings that cannot be loaded are a finding too, the only one.
        timeout_s: limit on each check, seconds.
        call_models: whether hosted chat models are called.
        more: see `app.cli.settings.mount`.
        quiet: whether to leave out the progress on stderr.
    """
    try:
        settings = load()
    except SettingsError as error:
        message = " ".join(str(error).split())
        return [Finding(name="settings", state="failed", detail=message)]
    checks = [
        *_places(settings),
        *part_checks(settings, call_models=call_models),
        *service_checks(settings),
        *(check for checks_of in more for check in checks_of(settings, call_models)),
    ]
    redact = Redactor(settings)
    if quiet:
        return run_checks(checks, timeout_s, redact)
    console = Console(stderr=True)
    waiting = [check.name for check in checks]
    with console.status(f"checking {', '.join(waiting)}") as status:

        def tick(found: Finding) -> None:
            waiting.remove(found.name)
            status.update(f"checking {', '.join(waiting)}")

        return run_checks(checks, timeout_s, redact, tick)


def show_findings(findings: Sequence[Finding]) -> None:
    console = Console()
    table = Table("Check", "State", "Found", "Seconds")
    for found in findings:
        if found.state == "ok":
            state = "[green]ok[/green]"
        else:
            state = "[red]failed[/red]" if found.needed else "[yellow]failed, not needed[/yellow]"
        mend = f" → {found.mend}" if found.mend else ""
        # As text: in markup, `openai:m:` would be a letter in a circle.
        table.add_row(found.name, state, Text(found.detail + mend), f"{found.seconds:.1f}")
    console.print(table)


def _places(settings: Settings) -> Iterator[Check]:
    """What gave the settings; that they could be read is known, since they are loaded."""
    names = variable_names(type(settings)).values()
    counted = Counter(settings.origin(name) for name in names)
    for where, label in settings.places():
        yield Check(
            label, partial("{}: read; {} setting(s) in force".format, where, counted[label])
        )
