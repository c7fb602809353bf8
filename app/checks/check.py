"""Checks of what settings name: run side by side, each within a limit."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Literal

from pydantic import BaseModel

from ingestion.loaders.files import reason
from prompts.errors import PlumbError


class CheckFailed(PlumbError):
    """What a check looks at cannot be used."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that the settings name.

    Attributes:
        name: as the table names it.
        run: uses it and says what it found, in a few words; raises where it cannot be used.
        needed: whether the service cannot do its work without it.
        mend: what to look at when it fails, where the error does not say so itself.
    """

    name: str
    run: Callable[[], str]
    needed: bool = True
    mend: str = ""


# Checks of groups of settings that rooms above have added to the tree: from the settings, and from
# whether models are called.
MoreChecks = Callable[[Any, bool], Iterable[Check]]


class Finding(BaseModel):
    """What a check found.

    Attributes:
        name: what was checked.
        state: whether it can be used.
        needed: whether the service cannot do its work without it.
        detail: what was found, or why it failed.
        mend: what to do about a failure.
        seconds: how long it took.
    """

    name: str
    state: Literal["ok", "failed"]
    needed: bool = True
    detail: str
    mend: str = ""
    seconds: float = 0.0


def run_checks(
    checks: Sequence[Check],
    timeout_s: float,
    redact: Callable[[str], str] = str,
    on_found: Callable[[Finding], None] = lambda _: None,
) -> list[Finding]:
    """Run all checks at once.

    Args:
        timeout_s: limit on each, seconds; one that takes longer has failed and is left behind in a
            daemon thread.
        redact: takes secrets out of what is found.
        on_found: called with each finding in the order in which they come.

    Returns:
        A finding for each check, in the order of the checks.
    """
    running: dict[Future[Finding], Check] = {}
    for check in checks:
        future: Future[Finding] = Future()
        running[future] = check
        Thread(target=_run, args=(check, future, redact), daemon=True).start()
    found: dict[str, Finding] = {}

    def note(finding: Finding) -> None:
        found[finding.name] = finding
        on_found(finding)

    try:
        for future in as_completed(running, timeout_s):
            note(future.result())
    except TimeoutError:
        for check in checks:
            if check.name not in found:
                note(_late(check, timeout_s))
    return [found[check.name] for check in checks]


def writable(folder: Path) -> str:
    """Write a file and remove it; in the nearest folder above, where this one is made when needed.

    Raises:
        CheckFailed: nothing can be written there.
    """
    folder = folder.expanduser().absolute()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise CheckFailed(f"{there}: cannot be written: {reason(error)}") from error
    return f"{folder}: writable" if there == folder else f"{folder}: is made when it is needed"


def _run(check: Check, future: Future[Finding], redact: Callable[[str], str]) -> None:
    began = time.monotonic()
    state: Literal["ok", "failed"] = "ok"
    try:
        detail = check.run()
    except Exception as error:  # noqa: BLE001 (each client raises its own, and no check may end the others)
        state, detail = "failed", str(error) or type(error).__name__
    future.set_result(
        Finding(
            name=check.name,
            state=state,
            needed=check.needed,
            detail=redact(" ".join(detail.split()))[:500],
            mend=check.mend if state == "failed" else "",
            seconds=round(time.monotonic() - began, 3),
        )
    )


def _late(check: Check, timeout_s: float) -> Finding:
    return Finding(
        name=check.name,
        state="failed",
        needed=check.needed,
        detail=f"no answer within {timeout_s:g} s",
        mend=check.mend or "check that it runs and can be reached from here",
        seconds=timeout_s,
    )
