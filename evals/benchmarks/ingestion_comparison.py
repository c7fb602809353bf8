"""How long does ingestion take against LangChain, LlamaIndex, Haystack and txtai, as whole processes?

The same text and the same model, chunks of about the same size, by turns; each turn has texts of its
own. LangChain runs in this environment; `make bench-tools` makes environments for the others.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from app.speed.machine import describe_machine
from evals.benchmarks.data import ROOT, write_corpus
from evals.benchmarks.processes import plain_environment
from evals.benchmarks.table import Result
from evals.benchmarks.turns import by_turns, ratio
from ingestion.chunking.chunker import Chunker
from ingestion.embedding.embedder import Embedder
from ingestion.embedding.weights import resolve_model
from ingestion.settings import ChunkingSettings, EmbeddingSettings
from prompts.errors import SettingsError

CHARACTERS, TURNS = 1_250_000, 5
QUICK_CHARACTERS, QUICK_TURNS = 600_000, 3
ENVIRONMENTS = ROOT / ".venv-tools"
SCRIPTS = Path(__file__).parent / "other_tools"
# Goals of the ratio to LangChain: where the processor has bfloat16, and in float32 anywhere; to the others.
GOAL, GOAL_FLOAT32, GOAL_OTHERS = 2.5, 1.2, 2.0
OURS, OURS_FLOAT32 = "Plumbline", "Plumbline in float32"
QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
}


@dataclass
class Contender:
    """One way to ingest.

    Attributes:
        name: as it is shown.
        command: for a folder of texts and a folder to write to.
        seconds, processor: wall and processor time of each turn.
        last_line: what it printed last.
        fault: why it is not compared; empty if it is.
    """

    name: str
    command: Callable[[Path, Path], list[str]]
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    last_line: str = ""
    fault: str = ""

    def try_to_ingest(self, corpus: Path, index: Path) -> float:
        """Run it once; wall time in seconds. Once it has failed, it is not run again."""
        if self.fault:
            return math.nan
        before = _processor_seconds()
        began = time.perf_counter()
        done = subprocess.run(
            self.command(corpus, index),
            cwd=ROOT,
            env={**plain_environment(), **QUIET},
            capture_output=True,
            text=True,
        )
        took = time.perf_counter() - began
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            self.fault = f"{self.name} failed: {lines[-1][:300] if lines else done.returncode}"
            return math.nan
        self.seconds.append(took)
        self.processor.append(_processor_seconds() - before)
        # Libraries may have printed before.
        self.last_line = (done.stdout.strip().splitlines() or [""])[-1]
        return took


def run(embedder: Embedder, quick: bool = False) -> Result:
    """Ratios of whole processes: start, read, cut, embed, write."""
    result = Result(
        "ingestion_comparison", "Ingestion against other tools (whole processes, by turns)"
    )
    characters = QUICK_CHARACTERS if quick else CHARACTERS
    turns = QUICK_TURNS if quick else TURNS
    ours = [plumbline(OURS)]
    if EmbeddingSettings().precision != "float32":
        ours.append(plumbline(OURS_FLOAT32, "-S", "embedding.precision=float32"))
    others, absent = other_tools(embedder)
    contenders = [*ours, *others]
    with TemporaryDirectory() as name:
        folder = Path(name)
        warm = write_corpus(folder / "warm", 2_000, "warm")
        for place, contender in enumerate(contenders):
            # So that files are in memory and code is compiled.
            contender.try_to_ingest(warm, folder / f"warm-{place}")
            contender.seconds.clear()
            contender.processor.clear()
        contenders = [one for one in contenders if not one.fault]
        by_turns(
            [_by_turn(one, place, folder, characters) for place, one in enumerate(contenders)],
            turns,
        )
    if ours[0].fault:
        raise SettingsError(ours[0].fault)
    _compare(result, [one for one in contenders if not one.fault], characters, turns)
    result.remarks += [f"left out: {one.fault}" for one in (*ours, *others) if one.fault] + absent
    return result


def plumbline(name: str, *flags: str) -> Contender:
    """`plumb ingest`, as a user calls it."""

    def command(corpus: Path, index: Path) -> list[str]:
        url = ["--index-url", str(index), "--json"]
        return [
            sys.executable,
            "-m",
            "plumb",
            "ingest",
            str(corpus),
            "--set",
            "bench",
            *url,
            *flags,
        ]

    return Contender(name, command)


def other_tools(
    embedder: Embedder, environments: Path = ENVIRONMENTS
) -> tuple[list[Contender], list[str]]:
    """The tools that can be run here, and for the others how to make it so."""
    model = str(resolve_model(EmbeddingSettings()).folder)
    tokens = str(Chunker(ChunkingSettings(), embedder).budget)

    def contender(name: str, python: Path | str, script: str) -> Contender:
        file = str(SCRIPTS / script)
        return Contender(
            name, lambda corpus, index: [str(python), file, str(corpus), str(index), model, tokens]
        )

    found = [contender("LangChain", sys.executable, "with_langchain.py")]
    absent = []
    for name in ("LlamaIndex", "Haystack", "txtai"):
        python = environments / name.lower() / "bin" / "python"
        if python.exists():
            found.append(contender(name, python, f"with_{name.lower()}.py"))
        else:
            absent.append(
                f"{name}: left out: not installed; `make bench-tools` installs it beside Plumbline"
            )
    return found, absent


def _by_turn(
    contender: Contender, place: int, folder: Path, characters: int
) -> Callable[[], float]:
    def ingest() -> float:
        turn = len(contender.seconds)
        # Written once for all in a turn, and never the same in two.
        corpus = folder / f"turn-{turn}"
        if not corpus.is_dir():
            write_corpus(corpus, characters, f"turn-{turn}")
        return contender.try_to_ingest(corpus, folder / f"index-{place}-{turn}")

    return ingest


def _compare(result: Result, contenders: list[Contender], characters: int, turns: int) -> None:
    named = {contender.name: contender for contender in contenders}
    goal = GOAL if describe_machine().has_bfloat16 else GOAL_FLOAT32
    ours = named[OURS]
    # Where float32 is the default, both are the same.
    exact = named.get(OURS_FLOAT32, ours)
    for name, theirs in named.items():
        if name in (OURS, OURS_FLOAT32):
            continue
        least = goal if name == "LangChain" else GOAL_OTHERS
        _add(result, f"as fast as {name}, Plumbline's default", theirs, ours, least)
        if name == "LangChain":
            _add(result, f"as fast as {name}, Plumbline in float32", theirs, exact, GOAL_FLOAT32)
    for contender in contenders:
        rate = characters / median(contender.seconds)
        used = {} if contender.name in (OURS, OURS_FLOAT32) else json.loads(contender.last_line)
        chunks = f", {used['chunks']} chunks" if used else ""
        result.add(
            f"{contender.name}: whole process",
            rate,
            "characters/s",
            note=f"{median(contender.seconds):.1f} s, {median(contender.processor):.1f} s of processor time"
            f"{chunks}; {characters:,} characters, {turns} turns",
        )
        if used:
            result.remarks.append(f"{contender.name} used {used['used']}")


def _add(result: Result, what: str, theirs: Contender, ours: Contender, least: float) -> None:
    wall = ratio(theirs.seconds, ours.seconds)
    work = ratio(theirs.processor, ours.processor)
    result.add(
        what,
        wall.value,
        "x",
        at_least=least,
        spread=wall.spread,
        note=f"{median(ours.seconds):.1f} s against {median(theirs.seconds):.1f} s; "
        f"in processor time {work.value:.2f} x",
    )


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
