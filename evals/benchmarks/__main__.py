"""`python -m evals.benchmarks`: the standard run, single benchmarks, and the comparison of two runs."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from app.errors import MeasuringElsewhere
from app.speed.busy import measuring_alone
from evals.benchmarks.missing_package import missing_package
from evals.benchmarks.standard.comparison import comparison
from evals.benchmarks.standard.parts import BUDGET_MINUTES, PARTS
from evals.benchmarks.standard.record import read_record
from evals.benchmarks.standard.report import markdown
from evals.benchmarks.standard.run import standard_run, stop_on_terminate
from evals.benchmarks.table import RESULTS
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.settings import EmbeddingSettings, default_cache_dir
from prompts.errors import PlumbError

NAMES = (
    "startup",
    "query_latency",
    "concurrent_search",
    "ingestion_speed",
    "ingestion_comparison",
    "second_set",
    "retrieval_quality",
    "answer_quality",
    "semantic_cache",
    "cache_speed",
    "resync",
    "publishing",
    "kills",
    "scale",
    "engines",
    "service_speed",
    "hostile",
    "eval_runner",
    "bootstrap_coverage",
    "ranking_metrics",
    "load_faults",
    "canary",
    "drift",
    "hostile_values",
    "leaks",
    "source_views",
    "documents",
)
HELP = """\
Without NAME, the standard run: {parts}. It takes up to {minutes:g} minutes and writes a
table that can be compared with another machine's (JSON, Markdown, SVG in bench-results/).
With names, those benchmarks at full size. `compare A.json B.json` compares two standard runs.
Others there are: {others}.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks that the arguments name.

    Returns:
        The exit code: 1 if a figure misses its goal or a part fails, 2 if nothing can run.
    """
    os.environ.setdefault("LANCE_LOG", "error")
    asked = _parser().parse_args(arguments)
    console = Console(width=max(Console().width, 140))
    try:
        if asked.names[:1] == ["compare"]:
            return _compare(asked.names[1:], console)
        for chosen, known in (
            (asked.names, list(NAMES)),
            (asked.only, [part.name for part in PARTS]),
        ):
            if unknown := sorted(set(chosen) - set(known)):
                console.print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(known)}")
                return 2
        with ExitStack() as held:
            if asked.names:
                return _singly(asked.names, console, held, quick=asked.quick)
            held.enter_context(measuring_alone(default_cache_dir()))
            return _standard(asked, console)
    except PlumbError as error:
        console.print(f"error: {error}", markup=False, soft_wrap=True)
        return 2
    except OSError as error:
        console.print(f"error: {error}", markup=False, soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        console.print("interrupted")
        return 130


def _parser() -> argparse.ArgumentParser:
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(
        prog="python -m evals.benchmarks",
        description=HELP.format(
            parts=", ".join(names),
            minutes=BUDGET_MINUTES,
            others=", ".join(name for name in NAMES if name not in names),
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks, or: compare A B")
    parser.add_argument(
        "--quick", action="store_true", help="single benchmarks: the standard run's size"
    )
    parser.add_argument("--full", action="store_true", help="the standard run: at full size")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="this part alone; may be repeated",
    )
    parser.add_argument(
        "--minutes", type=_minutes, default=BUDGET_MINUTES, help="what the standard run may take"
    )
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="where its files go (bench-results)"
    )
    return parser


def _minutes(given: str) -> float:
    minutes = float(given)
    if not 0 < minutes < 100_000:
        raise argparse.ArgumentTypeError(
            f"{given} is not a number of minutes; write for example 20"
        )
    return minutes


def _standard(asked: argparse.Namespace, console: Console) -> int:
    stop_on_terminate()
    parts = [part for part in PARTS if not asked.only or part.name in asked.only]
    record, file = standard_run(parts, asked.out, minutes=asked.minutes, quick=not asked.full)
    console.print(Markdown(markdown(record)))
    console.print(f"Kept in {file}, {file.with_suffix('.md')} and {file.with_suffix('.svg')}.")
    failed = any(part.status in ("failed", "stopped") for part in record.parts)
    return 1 if record.missed or failed or not record.is_complete else 0


def _compare(files: list[str], console: Console) -> int:
    if len(files) != 2:
        console.print("compare takes two files: compare A.json B.json")
        return 2
    first, second = (read_record(Path(file)) for file in files)
    # As it is, so that it can be redirected into a file.
    sys.stdout.write(comparison(first, second))
    return 0


def _singly(names: list[str], console: Console, held: ExitStack, *, quick: bool) -> int:
    quickly = {part.name for part in PARTS if part.is_quick}
    embedder: Embedder | None = None
    missed = 0
    for name in names:
        try:
            run = importlib.import_module(f"evals.benchmarks.{name}").run
            if embedder is None:
                # Not before a benchmark can run: an export of the model takes ten seconds.
                held.enter_context(measuring_alone(default_cache_dir()))
                embedder = load_embedder(EmbeddingSettings())
            result = run(embedder, quick=True) if quick and name in quickly else run(embedder)
        except MeasuringElsewhere:
            raise
        except PlumbError as error:
            console.print(f"{name}: left out: {error}")
            continue
        except ModuleNotFoundError as error:
            console.print(f"{name}: left out: {missing_package(error)}", markup=False)
            continue
        result.show(console)
        result.save()
        missed += sum(row.met is False for row in result.rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
