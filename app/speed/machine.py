"""The machine that figures belong to: processor, what it can compute with, memory, versions."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel, computed_field

from ingestion.embedding.arithmetic import passage_arithmetic, read_cpu_info
from ingestion.embedding.weights import resolve_backend
from ingestion.settings import EmbeddingSettings

# What speeds embedding up, by its name in /proc/cpuinfo on x86 (`flags`) and on ARM (`Features`).
FEATURES = {
    "AMX-BF16": "amx_bf16",
    "AMX-INT8": "amx_int8",
    "AVX512-BF16": "avx512_bf16",
    "AVX512-VNNI": "avx512_vnni",
    "AVX-VNNI": "avx_vnni",
    "AVX512F": "avx512f",
    "AVX2": "avx2",
    "ARM BF16": "bf16",
    "ARM I8MM": "i8mm",
    "ARM SVE": "sve",
}
BFLOAT16 = ("AMX-BF16", "AVX512-BF16", "ARM BF16")
# Packages that a figure depends on.
PACKAGES = (
    "plumbline",
    "torch",
    "onnxruntime",
    "openvino",
    "sentence-transformers",
    "transformers",
    "tokenizers",
    "lancedb",
    "qdrant-client",
    "numpy",
    "pyarrow",
    "langchain",
    "fastapi",
    "redis",
)


class Machine(BaseModel):
    """What a figure depends on besides the code.

    Attributes:
        processor: its model, as the system names it.
        cores: how many this process may use.
        quota: processor seconds a second that a container may use; None without a limit.
        features: which of `FEATURES` the processor has; empty where the system does not say.
        memory_bytes: of the machine, or of the container if it may use less; None if unknown.
        system: the operating system and its version.
        python: the version.
        versions: of the installed packages that count.
    """

    processor: str
    cores: int
    quota: float | None = None
    features: tuple[str, ...] = ()
    memory_bytes: int | None = None
    system: str = ""
    python: str = ""
    versions: dict[str, str] = {}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def has_bfloat16(self) -> bool:
        """Whether it computes in bfloat16 without emulation."""
        return any(name in self.features for name in BFLOAT16)

    def in_words(self) -> str:
        """One line: processor, cores, what it can compute with, memory."""
        known = ", ".join(self.features) or "features unknown"
        memory = f", {self.memory_bytes / 2**30:.0f} GiB" if self.memory_bytes else ""
        limit = f" (limited to {self.quota:g})" if self.quota is not None else ""
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        return f"{self.processor}, {cores}{limit}{memory}; {known}"


def describe_machine(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> Machine:
    """This machine, as far as the system describes it.

    Args:
        proc: where the kernel describes processor and memory.
        cgroup: where it says what a container may use.
    """
    fields = read_cpu_info(proc / "cpuinfo")
    flags = set((fields.get("flags") or fields.get("Features") or "").split())
    return Machine(
        processor=_processor(fields),
        cores=_cores(),
        quota=_quota(cgroup / "cpu.max"),
        features=tuple(name for name, flag in FEATURES.items() if flag in flags),
        memory_bytes=_memory(proc / "meminfo", cgroup / "memory.max"),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        versions={name: version for name in PACKAGES if (version := _version(name))},
    )


def runtime_in_words(settings: EmbeddingSettings) -> str:
    """What runs the embedding model, for example `openvino, passages in bfloat16, cpu`.

    Raises:
        ModelError: the settings contradict each other.
    """
    arithmetic = passage_arithmetic(settings)
    return f"{resolve_backend(settings)}, passages in {arithmetic}, {settings.device}"


def _processor(fields: dict[str, str]) -> str:
    """The model's name; with family and model, since clouds hide the name behind "Xeon Processor"."""
    name = fields.get("model name") or platform.processor() or platform.machine() or "unknown"
    family, model = fields.get("cpu family"), fields.get("model")
    return f"{name} (family {family}, model {model})" if family and model else name


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quota(file: Path) -> float | None:
    allowed, _, period = _read(file).partition(" ")
    if not allowed.isdigit() or not period.strip().isdigit():
        return None
    return int(allowed) / int(period)


def _memory(meminfo: Path, limit: Path) -> int | None:
    of_machine = next(
        (
            int(line.split()[1]) * 1024
            for line in _read(meminfo).splitlines()
            if line.startswith("MemTotal:")
        ),
        None,
    )
    of_container = _read(limit).strip()
    if not of_container.isdigit():
        return of_machine
    return min(int(of_container), of_machine or int(of_container))


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", errors="replace")
    except OSError:
        return ""
