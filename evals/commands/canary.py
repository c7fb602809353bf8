"""`plumb canary judge`: may a canary get more traffic? Heavy imports wait until it runs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import Setting, settings_from

if TYPE_CHECKING:
    from evals.releases.canary.judge import Rules
    from evals.releases.canary.source import Bounds, ComparedReleases, Source

EXITS = {"pass": 0, "fail": 1, "inconclusive": 3}
FILES, RULES, SOURCE = "Files to write", "Rules", "Source"
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")


def mount(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Canaries: judge one on live traffic.")
    app.add_typer(group, name="canary")
    group.callback()(lambda: None)
    group.command("judge")(judge)


def _duration(text: str | timedelta) -> timedelta:
    """A time such as 90s, 20m, 1h30m."""
    if isinstance(text, timedelta):
        return text
    found = DURATION.fullmatch(text.strip())
    if not text.strip() or found is None:
        raise typer.BadParameter(
            f"{text!r} is not a duration; write for example 90s, 20m or 1h30m."
        )
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _moment(text: str | datetime) -> datetime:
    """A moment in ISO 8601; without a zone, UTC."""
    if isinstance(text, datetime):
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a date and time; write for example 2026-11-28T10:15:00Z."
        ) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def judge(
    context: typer.Context,
    release: Annotated[str, typer.Option(help="The canary's release id.")],
    baseline: Annotated[str, typer.Option(help="Id of the release that serves beside it.")],
    source: Annotated[
        str | None,
        typer.Option(help="prometheus or azure-monitor.", rich_help_panel=SOURCE),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Address of Prometheus.", rich_help_panel=SOURCE)
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(help="Id of the Log Analytics workspace.", rich_help_panel=SOURCE)
    ] = None,
    match: Annotated[
        str,
        typer.Option(
            help="More label matchers for Prometheus, for example 'namespace=\"production\"'.",
            rich_help_panel=SOURCE,
        ),
    ] = "",
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=_moment,
            metavar="MOMENT",
            help="When the canary began to get traffic. Default: now. Later steps of the same canary "
            "name the same moment, so that they share one proof.",
            show_default=False,
        ),
    ] = None,
    lasting: Annotated[
        timedelta,
        typer.Option(
            "--for",
            parser=_duration,
            metavar="TIME",
            help="Look this long at most; 0 judges once what is there.",
        ),
    ] = "20m",  # type: ignore[assignment]
    every: Annotated[
        timedelta, typer.Option(parser=_duration, metavar="TIME", help="Time between looks.")
    ] = "60s",  # type: ignore[assignment]
    at_least: Annotated[
        timedelta, typer.Option(parser=_duration, metavar="TIME", help="No pass before this.")
    ] = "0",  # type: ignore[assignment]
    minimum: Annotated[
        int | None,
        typer.Option(min=1, help="Requests that each needs for a pass.", rich_help_panel=RULES),
    ] = None,
    tolerance: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SIGNAL=SHARE",
            help="By how much the share of bad outcomes may rise: errors=0.02 is 2 points. May be "
            "repeated.",
            rich_help_panel=RULES,
        ),
    ] = None,
    slow: Annotated[
        float | None,
        typer.Option(
            help="From how many seconds on an answer is slow. Default: the baseline's 95th "
            "percentile before the canary.",
            rich_help_panel=RULES,
        ),
    ] = None,
    dear: Annotated[
        float | None,
        typer.Option(
            help="From which cost on an answer is dear. Default: likewise.", rich_help_panel=RULES
        ),
    ] = None,
    steps: Annotated[
        int,
        typer.Option(
            min=1,
            help="How many judgements of this canary begin with a --since of their own; they share "
            "the chance of a false alarm.",
            rich_help_panel=RULES,
        ),
    ] = 1,
    json: Annotated[
        Path | None, typer.Option(help="The judgement as JSON.", rich_help_panel=FILES)
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="The judgement as JUnit XML.", rich_help_panel=FILES)
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="A picture of each signal.", rich_help_panel=FILES)
    ] = None,
    setting: Setting = None,
) -> None:
    """Compare a canary with the release beside it, look after look, until it is decided.

    Exit code 0: no worse, by more than is tolerated, in any signal that a pass needs. 1: worse; or an
    error. 3: neither is shown (too little traffic, metrics that cannot be read). Only 0 may promote.
    """
    settings = settings_from(
        context, setting, canary__source=source, canary__url=url, canary__workspace=workspace,
        canary__minimum=minimum, canary__slow_s=slow, canary__dear=dear,
    )  # fmt: skip
    from rich.console import Console

    from evals.errors import CanaryError
    from evals.releases.canary.console import look_line, show_judgement
    from evals.releases.canary.source import Bounds, ComparedReleases
    from evals.releases.canary.watch import CanaryWatch, Schedule

    if release == baseline:
        raise CanaryError(f"--release and --baseline are both {release!r}; name two releases.")
    if every < timedelta(seconds=1):
        raise CanaryError(f"--every {every.total_seconds():g}s: write 1s or more.")
    if at_least > lasting:
        raise CanaryError("--at-least is longer than --for; no canary could pass.")
    now = datetime.now(UTC)
    begin = (since or now).replace(microsecond=0)
    if begin > now:
        raise CanaryError(f"--since {begin.isoformat()} is in the future.")
    rules = _rules(settings.canary, tolerance or [], steps)
    compared = ComparedReleases(release, baseline, begin, every)
    bounds = Bounds(slow_s=settings.canary.slow_s, dear=settings.canary.dear)
    opened, named = _open(settings.canary, compared, bounds, match)
    notes = Console(stderr=True)
    found = CanaryWatch(
        opened,
        named,
        compared,
        rules,
        Schedule(lasting, at_least),
        on_look=lambda row: notes.print(
            look_line(row), markup=False, highlight=False, soft_wrap=True
        ),
    ).run()
    show_judgement(found, Console())
    from evals.files import write_text

    if json is not None:
        write_text(json, found.model_dump_json(indent=2))
    if junit is not None:
        from evals.releases.canary.junit import junit as as_junit

        write_text(junit, as_junit(found))
    if html is not None:
        from evals.releases.canary.charts import page

        write_text(html, page(found))
    if code := EXITS[found.outcome]:
        raise typer.Exit(code)


def _rules(settings: Any, pairs: list[str], steps: int) -> Rules:
    """The rules of the settings, with the tolerances of the flags over them."""
    from dataclasses import replace

    from evals.errors import CanaryError
    from evals.releases.canary.evidence import ErrorRates
    from evals.releases.canary.judge import Rules
    from evals.releases.canary.signals import SIGNALS

    tolerances: dict[str, float] = dict(settings.tolerances)
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            tolerances[name.strip()] = float(value)
        except ValueError:
            raise CanaryError(
                f"--tolerance {pair!r}: write SIGNAL=SHARE, for example errors=0.02."
            ) from None
    known = [signal.name for signal in SIGNALS]
    for name, share in tolerances.items():
        if name not in known:
            raise CanaryError(f"tolerance of {name!r}: the signals are {', '.join(known)}.")
        if not 0 < share < 0.9:
            raise CanaryError(
                f"tolerance of {name!r}: {share:g} is not between 0 and 0.9; 0.02 is 2 points."
            )
    signals = tuple(
        replace(signal, tolerance=tolerances.get(signal.name, signal.tolerance))
        for signal in SIGNALS
    )
    rates = ErrorRates(settings.alpha, settings.wrong_pass, len(signals), steps)
    return Rules(signals, rates, settings.minimum)


def _open(
    settings: Any, compared: ComparedReleases, bounds: Bounds, match: str
) -> tuple[Source, str]:
    """The source that the settings name, and what to call it."""
    from evals.errors import CanaryError

    if settings.source == "prometheus":
        from evals.releases.canary.prometheus import PrometheusSource

        if settings.url is None:
            raise CanaryError("--url: give the address of Prometheus, or set PLUMB_CANARY_URL.")
        token = settings.token.get_secret_value() if settings.token is not None else None
        source = PrometheusSource(settings.url, compared, bounds, token=token, matchers=match)
        return source, f"Prometheus at {settings.url}"
    from evals.releases.canary.azure_monitor import ENDPOINT, AzureMonitorSource, EntraTokens

    if settings.workspace is None:
        raise CanaryError(
            "--workspace: give the id of the Log Analytics workspace, or set PLUMB_CANARY_WORKSPACE."
        )
    endpoint = settings.url or ENDPOINT
    tokens = EntraTokens(endpoint)
    return (
        AzureMonitorSource(settings.workspace, compared, bounds, tokens=tokens, endpoint=endpoint),
        f"Azure Monitor, workspace {settings.workspace}",
    )
