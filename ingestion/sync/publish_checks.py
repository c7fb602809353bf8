"""The last steps of a sync: check the candidate, then publish it, or say why not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ingestion.errors import PublishRefused
from ingestion.index.protocol import SetInfo
from ingestion.sources.definitions import Checks, SetDefinition
from ingestion.sync import golden
from ingestion.sync.golden import GoldenReport, Side
from ingestion.sync.options import SyncOptions, Tools
from ingestion.sync.report import SyncReport
from ingestion.versions.source_manifest import SourceDocument


def publish_if_sound(
    definition: SetDefinition,
    info: SetInfo,
    live: SetInfo | None,
    before: Mapping[str, SourceDocument],
    report: SyncReport,
    tools: Tools,
    options: SyncOptions,
    on_publish: Callable[[], None] = lambda: None,
) -> None:
    """Check a candidate and publish it; what was found and done goes into the report.

    Args:
        on_publish: called when all checks have passed, just before readers see the version.
        live: the version that was live when the sync began.
        before: what that was made from, by document id.
    """
    if definition.golden:
        report.golden = check_golden(definition, info, live, tools)
    if not options.publish:
        return
    held = sum(row.indexed for row in before.values())
    refused = "" if options.force else refusal(definition.checks, report.removed, held)
    if not refused and report.golden is not None and not report.golden.passed:
        refused = verdict(report.golden)
    if refused:
        report.not_published = refused
        return
    on_publish()
    began = time.perf_counter()
    try:
        tools.catalogue.publish(
            info, by=options.by, why=options.why, expected=live.number if live else None
        )
    except PublishRefused as error:
        report.not_published = str(error)
        return
    report.publish_ms = (time.perf_counter() - began) * 1000
    report.published = True


def refusal(checks: Checks, removed: int, before: int) -> str:
    """Why so many documents must not go without `--force`; empty if they may."""
    share = removed / before if before else 0.0
    allowed = checks.max_removed_share
    if share <= allowed:
        return ""
    return (
        f"{removed} of {before} documents would go ({share:.0%}), more than the {allowed:.0%} that "
        "checks.max_removed_share allows; if that is meant, publish it with --force"
    )


def verdict(report: GoldenReport) -> str:
    """Why golden questions speak against publishing."""
    lost = "; ".join(result.question for result in report.lost[:3])
    more = f" (and {len(report.lost) - 3} more)" if len(report.lost) > 3 else ""
    return (
        f"retrieval got worse: {report.candidate or 0:.0%} of {report.asked} golden questions are "
        f"found, {report.live or 0:.0%} before, with a margin of {report.margin:.0%}; lost: "
        f"{lost}{more}"
    )


def check_golden(
    definition: SetDefinition, info: SetInfo, live: SetInfo | None, tools: Tools
) -> GoldenReport:
    """Ask a set's golden questions of a version and of the live one, each with its own model."""
    old = {row.id: row.hash for row in tools.catalogue.manifest(live)} if live else {}
    new = {row.id: row.hash for row in tools.catalogue.manifest(info)}
    return golden.check(
        definition.golden,
        _side(info, tools),
        _side(live, tools) if live else None,
        depth=definition.checks.golden_depth,
        margin=definition.checks.golden_margin,
        same_content=lambda id_: id_ in new and old.get(id_) == new[id_],
    )


def _side(info: SetInfo, tools: Tools) -> Side:
    same = not info.model.differences(tools.embedder.identity)
    embedder = tools.embedder if same else tools.embedder_of(info.model)
    return Side(tools.catalogue.store.open(info), embedder)
