"""Load, chunk and embed as a Ray Data pipeline: on one machine, or on a cluster.

One pool of actors reads and cuts, another holds the embedding model. Ray Data limits what is in
flight between them (back-pressure) and does a task again whose worker died. Outcomes come back in
the order of the files, and are written by the sync that called, under its lease: what is written
is the same as on one machine, to the last chunk id.
"""

from __future__ import annotations

import logging
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from ingestion.embedding.embedder import Embedder
from ingestion.errors import EngineUnavailable
from ingestion.settings import ChunkingSettings, EmbeddingSettings, LoadingSettings
from ingestion.sync.engines.local import embed
from ingestion.sync.work import FindKnown, OnProgress, Outcome, Progress, Work

# Files in one pipeline: limits what the driver holds of known vectors.
FILES_PER_RUN = 20_000
# Documents in one row between the pools: a file with a million records makes many.
DOCUMENTS_PER_ROW = 64
ROWS_PER_CALL = 4
# Embedding on a CPU takes some ninety times as long as cutting text (docs/SCALE.md); PDFs take more.
CPUS_PER_CUTTER = 8
Load = Callable[[EmbeddingSettings], Embedder]


class RayEngine:
    """Runs on the Ray cluster that RAY_ADDRESS names, else on a Ray of its own on this machine.

    Args:
        load: loads the model within an actor; must be importable there.
        cutters, embedders: actors in each pool; default: by the cluster's CPUs (and GPUs, where
            the embedding device is one).
    """

    def __init__(
        self,
        embedding: EmbeddingSettings,
        chunking: ChunkingSettings,
        loading: LoadingSettings,
        load: Load,
        *,
        cutters: int | None = None,
        embedders: int | None = None,
    ) -> None:
        self._arguments = (embedding, chunking, loading, load)
        self._cutters = cutters
        self._embedders = embedders

    def run(
        self, work: Iterable[Work], known: FindKnown, progress: Progress, on_progress: OnProgress
    ) -> Iterator[list[Outcome]]:
        """Outcomes in batches, in the order of the files."""
        ray = _started()
        remaining = iter(work)
        while some := list(islice(remaining, FILES_PER_RUN)):
            rows = [{"work": pickle.dumps((item, known([item])))} for item in some]
            for row in self._pipeline(ray, rows).iter_rows():
                outcomes: list[Outcome] = pickle.loads(row["outcomes"])  # noqa: S301 (our own)
                _count(outcomes, some, progress)
                on_progress(progress)
                yield outcomes

    def _pipeline(self, ray: Any, rows: list[dict[str, bytes]]) -> Any:
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        embedding = self._arguments[0]
        cpus = max(2, int(ray.cluster_resources().get("CPU", 2)))
        on_gpu = embedding.device.startswith("cuda")
        cutters = self._cutters or (cpus if on_gpu else max(1, cpus // CPUS_PER_CUTTER))
        embedders = self._embedders or (
            max(1, int(ray.cluster_resources().get("GPU", 1))) if on_gpu else cpus - cutters
        )
        blocks = max(1, min(len(rows), cpus * 8))
        return (
            ray.data.from_items(rows, override_num_blocks=blocks)
            .flat_map(
                Cutter,
                fn_constructor_args=self._arguments,
                compute=ray.data.ActorPoolStrategy(size=cutters),
                num_cpus=1,
            )
            .map_batches(
                RowEmbedder,
                fn_constructor_args=(embedding, self._arguments[3]),
                batch_size=ROWS_PER_CALL,
                compute=ray.data.ActorPoolStrategy(size=embedders),
                num_cpus=0 if on_gpu else 1,
                num_gpus=1 if on_gpu else 0,
            )
        )


class Cutter:
    """An actor that reads files and cuts their documents."""

    def __init__(
        self,
        embedding: EmbeddingSettings,
        chunking: ChunkingSettings,
        loading: LoadingSettings,
        load: Load,
    ) -> None:
        from ingestion.chunking.chunker import Chunker

        self._chunker = Chunker(chunking, load(embedding))
        self._loading = loading

    def __call__(self, row: dict[str, bytes]) -> Iterator[dict[str, bytes]]:
        """Rows of cut documents of one file, in order."""
        from ingestion.sync.file_chunks import cut_all

        item, known = pickle.loads(row["work"])  # noqa: S301 (our own)
        cuts = cut_all([item], self._chunker, self._loading)
        while some := list(islice(cuts, DOCUMENTS_PER_ROW)):
            yield {"cuts": pickle.dumps((some, known))}


class RowEmbedder:
    """An actor that holds the model."""

    def __init__(self, embedding: EmbeddingSettings, load: Load) -> None:
        self._embedder = load(embedding)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        """Outcomes of rows of cut documents."""
        unpacked = [pickle.loads(packed) for packed in batch["cuts"]]  # noqa: S301 (our own)
        window = [cut for cuts, _ in unpacked for cut in cuts]
        held = {text: vector for _, known in unpacked for text, vector in known.items()}
        outcomes = iter(embed(self._embedder, window, held))
        return {
            "outcomes": [pickle.dumps(list(islice(outcomes, len(cuts)))) for cuts, _ in unpacked]
        }


def _started() -> Any:
    """Ray, connected or started.

    Raises:
        EngineUnavailable: it is not installed, or does not start.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise EngineUnavailable(
            "--engine ray: Ray is not installed; pip install 'plumbline[ray]'."
        ) from error
    # The sync shows its own progress; and a fork that execs at once cannot deadlock in LanceDB.
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="lancedb fork support", category=RuntimeWarning)
    if not ray.is_initialized():
        on_sigterm = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env={"env_vars": {"PYTHONPATH": ":".join(filter(None, sys.path))}},
            )
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailable(
                f"--engine ray: Ray does not start: {' '.join(str(error).split())[:300]}; check "
                "RAY_ADDRESS, or unset it to run on this machine."
            ) from error
        # Ray's own ends the process at once, and leaves the set in use.
        if callable(on_sigterm) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, on_sigterm)
    return ray


def _count(outcomes: list[Outcome], some: list[Work], progress: Progress) -> None:
    sizes = {item.file.document_id: item.file.size for item in some}
    for outcome in outcomes:
        progress.chunks += outcome.embedded
        progress.reused += len(outcome.chunks) - outcome.embedded
        progress.enter(outcome.row.file, sizes.get(outcome.row.file, 0))
