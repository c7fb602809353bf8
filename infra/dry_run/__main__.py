"""`make release-dry-run`: play a delivery, print its timeline, write what came of it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from infra.dry_run import report
from infra.dry_run.acts import play
from infra.dry_run.delivery import Delivery
from infra.dry_run.picture import svg
from infra.dry_run.processes import DryRunError, Processes
from infra.dry_run.stores import program
from infra.dry_run.timeline import Timeline

SERVERS = ("haproxy", "prometheus", "redis-server", "initdb", "postgres")
INTERRUPTED = 130


def main() -> int:
    """Play it; 0 if all expectations hold, 1 if not, 130 if it was interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.dry_run", description="Play a delivery on this machine."
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(".demo/release-dry-run"),
        help="folder of report.json, traffic.svg and, where it fails, logs",
    )
    output: Path = parser.parse_args().output.absolute()
    logs = output / "logs"
    shutil.rmtree(output, ignore_errors=True)
    logs.mkdir(parents=True)
    timeline = Timeline(Console(soft_wrap=True))
    error = ""
    # A short path: those of Unix sockets are bounded. PostgreSQL's own user must reach its folder.
    folder = Path(tempfile.mkdtemp(prefix="plumb-dry-"))
    folder.chmod(0o711)
    processes = Processes(logs)
    delivery = Delivery(folder, timeline, processes)
    code = 1
    try:
        for name in SERVERS:
            program(name)
        asyncio.run(_played(delivery))
    except DryRunError as failed:
        error = str(failed)
    except (KeyboardInterrupt, asyncio.CancelledError):
        error, code = "interrupted", INTERRUPTED
    finally:
        # A second Ctrl-C must not leave servers behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        processes.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    return _conclude(timeline, delivery, output, error, code)


async def _played(delivery: Delivery) -> None:
    task = asyncio.current_task()
    if task is not None:
        # Also where Ctrl-C is ignored, as it is in a shell's background job.
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await play(delivery)


def _conclude(timeline: Timeline, delivery: Delivery, output: Path, error: str, code: int) -> int:
    asked = delivery.asked
    timeline.act("In all")
    report.check_whole(timeline, asked)
    report.show(timeline, asked)
    report.write(output / "report.json", timeline, asked, error)
    (output / "traffic.svg").write_text(svg(timeline, asked), "utf-8")
    passes = report.passed(timeline) and not error
    missed = sum(not one.holds for one in timeline.expectations)
    console = timeline.console
    console.print(f"\nWritten: {output / 'report.json'}, {output / 'traffic.svg'}", highlight=False)
    if passes:
        with contextlib.suppress(OSError):
            shutil.rmtree(output / "logs")
        figures = timeline.figures
        console.print(
            f"[green]PASS[/] {len(timeline.expectations)} expectations hold: "
            f"{len(asked):,} questions, 0 failed; a live fault detected in "
            f"{figures['detect_s']:.1f} s and taken back in {figures['restore_s']:.1f} s; production "
            f"rolled back in {figures['rollback_s']:.1f} s; {figures['total_s']:.0f} s in all.",
            highlight=False,
        )
    else:
        reason = error or f"{missed} of {len(timeline.expectations)} expectations do not hold"
        console.print(
            f"[red]FAIL[/] {escape(reason.rstrip('.'))}. Logs: {output / 'logs'}", highlight=False
        )
    held = sum(one.holds for one in timeline.expectations)
    console.print(f"dry-run: {held} passed, {missed + bool(error)} failed", highlight=False)
    return 0 if passes else code


if __name__ == "__main__":
    sys.exit(main())
