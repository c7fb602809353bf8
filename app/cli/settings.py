"""`plumb settings` and `plumb settings check`."""

from __future__ import annotations

import json as encoder
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import Json, Setting, settings_from

if TYPE_CHECKING:
    from app.checks.check import MoreChecks


def mount(app: typer.Typer, more: Sequence[MoreChecks] = ()) -> None:
    """Add the group `settings` to the command line.

    Args:
        more: checks of what rooms above have set, each made from the settings and `--call-models`.
    """
    group = typer.Typer(help="Show every setting; check everything that they name.")
    app.add_typer(group, name="settings")

    @group.callback(invoke_without_command=True)
    def settings_(context: typer.Context, setting: Setting = None, json: Json = False) -> None:
        """Show every setting: its value now, where that came from, and what it does."""
        if context.invoked_subcommand is not None:
            if setting or json:
                raise typer.BadParameter(f"write it behind `{context.invoked_subcommand}`")
            return
        settings = settings_from(context, setting)
        if json:
            typer.echo(encoder.dumps(settings_as_json(settings), indent=2, ensure_ascii=False))
            return
        from app.cli.show import show_settings

        show_settings(settings)

    @group.command("check")
    def check(
        context: typer.Context,
        call_models: Annotated[
            bool,
            typer.Option("--call-models", help="Call hosted chat models; costs a few tokens."),
        ] = False,
        timeout: Annotated[
            float, typer.Option(min=1, max=600, help="Limit on each check, seconds.")
        ] = 30.0,
        setting: Setting = None,
        json: Json = False,
    ) -> None:
        """Connect to everything that the settings name; say what fails and the mend.

        The exit code is 1 if something fails that the service needs.
        """
        from app.checks.report import check_all, show_findings

        findings = check_all(
            lambda: settings_from(context, setting),
            timeout,
            call_models=call_models,
            more=more,
            quiet=json,
        )
        ready = all(found.state == "ok" for found in findings if found.needed)
        if json:
            report = {"ready": ready, "checks": [found.model_dump() for found in findings]}
            typer.echo(encoder.dumps(report, indent=2, ensure_ascii=False))
        else:
            show_findings(findings)
        if not ready:
            raise typer.Exit(1)


def settings_as_json(settings: Any) -> dict[str, Any]:
    """The tree without secrets, and beside it, below `sources`, where each value came from."""
    from app.configuration.redaction import shown
    from app.settings.tree import variable_names

    dotted = variable_names(type(settings)).values()
    return {**shown(settings), "sources": {name: settings.origin(name) for name in dotted}}
