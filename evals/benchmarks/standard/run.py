"""Run the parts one after the other, each in a process of its own, and keep what was found after each."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from app.speed.busy import Watch
from app.speed.machine import describe_machine, runtime_in_words
from evals.benchmarks.data import ROOT
from evals.benchmarks.processes import plain_environment
from evals.benchmarks.standard.parts import Part
from evals.benchmarks.standard.record import PartRecord, RunRecord, write_whole
from evals.benchmarks.standard.report import markdown, picture
from evals.benchmarks.table import Row
from ingestion.settings import EmbeddingSettings

ONE = "evals.benchmarks.standard.one"
# A part may take so many times what was expected, and this many seconds more.
PATIENCE, MORE_S = 3.0, 60.0
# The machine's speed against the expected one is believed within these bounds.
SLOWEST, QUICKEST = 5.0, 0.3
END_S = 15.0


class Stopped(Exception):
    """Ctrl-C, or SIGTERM: what was found so far is kept."""


def standard_run(
    parts: Sequence[Part],
    folder: Path,
    *,
    minutes: float,
    quick: bool = True,
    console: Console | None = None,
    module: str = ONE,
) -> tuple[RunRecord, Path]:
    """Run the parts within the time; the record, and the JSON file that holds it.

    A part that fails, or takes too long, costs the others nothing. After Ctrl-C the record holds
    the parts that ended before.

    Args:
        folder: gets a JSON, a Markdown and an SVG file, whose names begin with the time, and the
            parts' logs.
        minutes: parts that would not fit into it are not begun.
        quick: whether parts run at the size of the standard run.
        module: what runs one part.
    """
    console = console or Console(stderr=True)
    began, clock = datetime.now(UTC).astimezone(), time.monotonic()
    record = RunRecord(
        began=began,
        commit=_commit(),
        machine=describe_machine(),
        runtime=runtime_in_words(EmbeddingSettings()),
    )
    file = folder / f"{began:%Y%m%d-%H%M%S}.json"
    pace = Pace(parts, minutes * 60)
    best: float | None = None
    try:
        for number, part in enumerate(parts, start=1):
            left = minutes * 60 - (time.monotonic() - clock)
            if (expected := pace.expected(part)) > left:
                found = PartRecord(
                    name=part.name,
                    status="no time",
                    reason=f"takes about {expected:.0f} s, and {max(0.0, left):.0f} s of the time are left",
                )
            else:
                title = f"{number}/{len(parts)} {part.name}"
                console.print(
                    f"{title}: about {said(expected)}; {said(pace.left(number - 1))} left in all",
                    highlight=False,
                )
                watch = Watch(best)
                most = min(left, expected * PATIENCE + MORE_S)
                found = run_part(part, folder / "logs", most, quick, module, console, title)
                usage = watch.usage()
                best = watch.best
                found = found.model_copy(update={"usage": usage, "busy": usage.reasons()})
                if found.status == "done":
                    pace.took(part, found.seconds)
            _tell(console, found)
            record.parts.append(found)
            record.seconds = time.monotonic() - clock
            _keep(record, file)
        record.is_complete = True
    except (KeyboardInterrupt, Stopped):
        console.print("Stopped; what ended before is kept.")
        names = {part.name for part in record.parts}
        record.parts += [
            PartRecord(name=part.name, status="stopped", reason="the run was stopped")
            for part in parts
            if part.name not in names
        ]
    record.seconds = time.monotonic() - clock
    _keep(record, file)
    return record, file


class Pace:
    """How long parts take on this machine, by those that have ended.

    Args:
        parts: all of them.
        budget_s: what they may take together.
    """

    def __init__(self, parts: Sequence[Part], budget_s: float) -> None:
        self._parts = parts
        self._budget_s = budget_s
        self._expected = self._took = 0.0

    def took(self, part: Part, seconds: float) -> None:
        """A part ended."""
        self._expected += part.seconds
        self._took += seconds

    def expected(self, part: Part) -> float:
        """Seconds that a part will take."""
        if not self._expected:
            return part.seconds
        return part.seconds * min(SLOWEST, max(QUICKEST, self._took / self._expected))

    def left(self, ended: int) -> float:
        """Seconds that all parts after the first `ended` will take."""
        return min(self._budget_s, sum(self.expected(part) for part in self._parts[ended:]))


def run_part(
    part: Part,
    logs: Path,
    most_s: float,
    quick: bool,
    module: str,
    console: Console,
    title: str,
) -> PartRecord:
    """Run one part; what came of it, whatever that is.

    Raises:
        KeyboardInterrupt: after the part's processes have ended.
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{part.name}.log"
    size = "quick" if quick and part.is_quick else "full"
    began = time.monotonic()
    with (
        TemporaryDirectory(prefix="plumb-bench-", ignore_cleanup_errors=True) as name,
        log.open("w", encoding="utf-8") as said,
    ):
        file = Path(name) / "found.json"
        command = [sys.executable, "-m", module, part.name, size, str(file)]
        # What a part leaves in the temporary folder goes with it, also if it is killed.
        environment = {**plain_environment(), "TMPDIR": name}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=said, stderr=said, start_new_session=True
        )
        ended = _wait(process, most_s, console, title)
        seconds = time.monotonic() - began
        if not ended:
            reason = f"took longer than {most_s:.0f} s"
            return PartRecord(name=part.name, status="stopped", reason=reason, seconds=seconds)
        if process.returncode != 0 or not file.is_file():
            return PartRecord(
                name=part.name, status="failed", reason=_last_line(log, process), seconds=seconds
            )
        found = json.loads(file.read_text("utf-8"))
    if "left_out" in found:
        reason = found["left_out"]
        return PartRecord(name=part.name, status="left out", reason=reason, seconds=seconds)
    return PartRecord(
        name=part.name,
        title=found["title"],
        seconds=seconds,
        lines=[Row(**row) for row in found["rows"]],
        remarks=found["remarks"],
    )


def said(seconds: float) -> str:
    """`40 s`, `12 min`."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _wait(process: subprocess.Popen[bytes], most_s: float, console: Console, title: str) -> bool:
    """Whether it ended in time; otherwise it was killed, with all that it had started."""
    began = time.monotonic()
    try:
        with console.status(title) as status:
            while (passed := time.monotonic() - began) < most_s:
                try:
                    process.wait(timeout=min(1.0, most_s - passed))
                    return True
                except subprocess.TimeoutExpired:
                    status.update(f"{title}: {said(passed)}")
        return False
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the part's session: politely, then for good."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        _signal(process, number)
        try:
            process.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            continue
    # Servers that outlived the part.
    _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _last_line(log: Path, process: subprocess.Popen[bytes]) -> str:
    lines = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    why = lines[-1].strip() if lines else f"it ended with {process.returncode}"
    return f"{why[:300]} (logs/{log.name})"


def _tell(console: Console, found: PartRecord) -> None:
    if found.status != "done":
        console.print(f"  {found.status}: {found.reason}", markup=False, highlight=False)
        return
    missed = [line for line in found.lines if line.met is False]
    goals = sum(line.met is not None for line in found.lines)
    console.print(
        f"  {said(found.seconds)}; {goals - len(missed)} of {goals} goals met", highlight=False
    )
    for line in missed:
        text = f"  missed: {line.what}: {line.value:.3g} {line.unit}, goal {line.goal}"
        console.print(text, markup=False, highlight=False)
    for reason in found.busy:
        console.print(f"  [yellow]busy: {reason}[/]", highlight=False)


def _keep(record: RunRecord, file: Path) -> None:
    record.write(file)
    write_whole(file.with_suffix(".md"), markdown(record))
    write_whole(file.with_suffix(".svg"), picture(record))


def _commit() -> str:
    """The commit of the code, `+` behind it where files were changed; empty where git does not know it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "--short=10", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def stop_on_terminate() -> None:
    """SIGTERM ends a run as Ctrl-C does, with what it has found."""

    def stop(number: int, frame: object) -> None:
        raise Stopped

    signal.signal(signal.SIGTERM, stop)
