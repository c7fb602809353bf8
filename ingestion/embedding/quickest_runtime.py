"""Which runtime embeds passages quickest on this processor, measured once and kept beside the export."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from ingestion.embedding.arithmetic import passage_arithmetic, processor_name, threads_of
from ingestion.embedding.encoder import TextEncoder, Vectors
from ingestion.embedding.weights import exports_folder
from ingestion.settings import EmbeddingSettings
from prompts.whole_files import replace_whole

if TYPE_CHECKING:
    from ingestion.embedding.onnx_encoder import OnnxEncoder

# Raised where the same file would say something else.
FILE = "quickest-1.json"
# Fewer passages than this never start a measurement: it takes seconds, most of them for torch.
WORTH_MEASURING = 100
# About as long as chunks are.
SAMPLE = [
    f"Chapter {n}. " + "The pump runs at 1,450 rpm; check the oil before each start. " * 12
    for n in range(16)
]
ROUNDS = 2
# torch takes 0.5 GB of memory more: a little quicker is not enough.
QUICKER_BY = 1.1
MOST_WAITED_S = 60.0


class Measured(BaseModel):
    """Speeds of the runtimes on one kind of processor, by one set of versions.

    Attributes:
        texts_per_s: passages of about 170 tokens a second, by runtime.
    """

    model_config = ConfigDict(frozen=True)

    texts_per_s: dict[str, float]

    @property
    def quickest(self) -> str:
        """`openvino`, or `torch` where that is clearly quicker."""
        speeds = self.texts_per_s
        by_torch = speeds.get("torch", 0.0) > QUICKER_BY * speeds.get("openvino", 0.0)
        return "torch" if by_torch else "openvino"


class QuickestEncoder:
    """Questions by OpenVINO; many passages by what is quickest here.

    Args:
        graph: the model in OpenVINO.
        load_torch: loads the model in torch.
        folder: of the export; what is measured is kept there.
        settings: what a measurement holds for.
    """

    def __init__(
        self,
        graph: OnnxEncoder,
        load_torch: Callable[[], TextEncoder],
        folder: Path,
        settings: EmbeddingSettings,
    ) -> None:
        self._graph = graph
        self._load_torch = load_torch
        self._folder = folder
        self._settings = settings
        self._passages: TextEncoder | None = None
        self._choosing = threading.Lock()

    def encode(self, texts: list[str], batch_size: int, exact: bool) -> Vectors:
        """See `TextEncoder`."""
        if exact:
            return self._graph.encode(texts, batch_size, exact)
        if self._passages is None and len(texts) < WORTH_MEASURING:
            return self._graph.encode(texts, batch_size, exact)
        return self._chosen().encode(texts, batch_size, exact)

    def _chosen(self) -> TextEncoder:
        with self._choosing:
            if self._passages is None:
                self._passages = self._choose()
            return self._passages

    def _choose(self) -> TextEncoder:
        known = measured(self._folder, self._settings)
        if known is not None:
            return self._graph if known.quickest == "openvino" else self._load_torch()
        try:
            # Two at a time would slow each other down.
            with FileLock(self._folder / f".{FILE}.lock", timeout=MOST_WAITED_S):
                known = measured(self._folder, self._settings)
                if known is not None:
                    return self._graph if known.quickest == "openvino" else self._load_torch()
                return self._measure()
        except (OSError, Timeout):  # a read-only image: it is measured again at each start
            return self._measure()

    def _measure(self) -> TextEncoder:
        try:
            by_torch = self._load_torch()
        except Exception as error:  # noqa: BLE001 (whatever it is, OpenVINO has the model)
            logging.getLogger(__name__).warning("torch cannot be measured: %s", error)
            return self._graph
        encoders: dict[str, TextEncoder] = {"openvino": self._graph, "torch": by_torch}
        batch_size = self._settings.batch_size
        took = {name: float("inf") for name in encoders}
        for encoder in encoders.values():
            encoder.encode(SAMPLE[:2], batch_size, False)  # the first call is slower
        for _ in range(ROUNDS):
            for name, encoder in encoders.items():
                began = time.perf_counter()
                encoder.encode(SAMPLE, batch_size, False)
                took[name] = min(took[name], time.perf_counter() - began)
        found = Measured(texts_per_s={name: len(SAMPLE) / s for name, s in took.items()})
        self._keep(found)
        return encoders[found.quickest]

    def _keep(self, found: Measured) -> None:
        file = self._folder / FILE
        rows = _read(file) | {_key(self._settings): found.model_dump()}
        try:
            replace_whole(file, json.dumps(rows, indent=2))
        except OSError as error:
            logging.getLogger(__name__).warning(
                "%s cannot be kept, runtimes are measured at each start: %s", file, error
            )


def measured(folder: Path, settings: EmbeddingSettings) -> Measured | None:
    """What was measured on this kind of processor with these versions; None if nothing readable was."""
    try:
        return Measured.model_validate(_read(folder / FILE).get(_key(settings)))
    except ValidationError:
        return None


def embedding_here(settings: EmbeddingSettings) -> str:
    """What `auto` comes to on this machine, and what was measured here, in sentences."""
    said = [
        f"Passages are embedded in {passage_arithmetic(settings)} here, by {threads_of(settings)} "
        f"threads at most; processor: {processor_name()}."
    ]
    for file in sorted(exports_folder(settings).glob(f"*/{FILE}")):
        found = measured(file.parent, settings)
        if found is not None:
            speeds = ", ".join(f"{name} {speed:.1f}" for name, speed in found.texts_per_s.items())
            said.append(
                f"Passages a second when it was measured, model {file.parent.name[:12]}: {speeds}."
            )
    return " ".join(said)


def _read(file: Path) -> dict[str, object]:
    try:
        rows = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return rows if isinstance(rows, dict) else {}


def _key(settings: EmbeddingSettings) -> str:
    """What a measurement holds for."""
    packages = " ".join(f"{name} {_version(name)}" for name in ("openvino", "torch"))
    arithmetic = passage_arithmetic(settings)
    threads = threads_of(settings)
    return f"{processor_name()}; {threads} threads; {arithmetic}; {packages}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
