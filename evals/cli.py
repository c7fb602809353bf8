"""`plumb eval …`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

from evals.commands import (
    accept,
    attribute,
    calibrate,
    compare,
    gate,
    harvest,
    leakage,
    metrics,
    power,
    report,
    run,
    synthesise,
    track,
)

if TYPE_CHECKING:
    from pathlib import Path

    from app.checks.check import Check
    from app.wiring import Parts
    from prompts.aliases.alias_file import Place
    from prompts.moves.gating import GateCheck, GatePass
    from prompts.versions.version import PromptVersion

COMMANDS = (
    ("run", run.run),
    ("runs", run.runs),
    ("compare", compare.compare),
    ("gate", gate.gate),
    ("attribute", attribute.attribute),
    ("power", power.power),
    ("report", report.report),
    ("metrics", metrics.metrics),
    ("calibrate", calibrate.calibrate),
    ("track", track.track),
    ("publish-prompts", track.publish_prompts),
    ("harvest", harvest.harvest),
    ("accept", accept.accept),
    ("synthesise", synthesise.synthesise),
    ("leakage", leakage.leakage),
)


def settings_checks(settings: Any, call_models: bool) -> Iterable[Check]:
    """What `plumb settings check` checks of this room's settings."""
    from evals.checks import checks_of

    return checks_of(settings, call_models)


def gates(parts: Parts, folder: Path) -> GateCheck:
    """The check of gates for a service that moves protected aliases; see `app.main.create_app`."""

    def check(version: PromptVersion, place: Place) -> list[GatePass]:
        # Nobody should wait for it who only serves.
        from evals.releases.evidence import GatedOnLiveIndex

        return GatedOnLiveIndex(parts, folder)(version, place)

    return check


def mount(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, help="Evaluations: run suites, judge candidates, grow datasets."
    )
    app.add_typer(group, name="eval")
    for name, command in COMMANDS:
        group.command(name)(command)
