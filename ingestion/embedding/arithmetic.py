"""Which arithmetic passages are embedded in: bfloat16 where the processor has it."""

from __future__ import annotations

import logging
import os
import platform
from functools import cache
from pathlib import Path

from ingestion.settings import EmbeddingSettings

# bfloat16 keeps 8 bits of a number's fraction. Where the cosine between a text's two vectors may be
# lower than this, float32 is used (measured: 0.9999 and more).
LEAST_COSINE = 0.999
# What both are compared on, for each model: long and short, cased, accented.
COMPARED = [
    "A short one.",
    "The pump (type K-40) runs at 1,450 rpm; see § 3.2. " * 30,
    "Turn the motor off with the red key before you open the door.",
    "ÉTÉ à la plage, STRASSE, naïve façade!",
]
CPU_INFO = Path("/proc/cpuinfo")
_EXACTNESS = ("float32", "", "bfloat16")


def passage_arithmetic(settings: EmbeddingSettings) -> str:
    """`float32` or `bfloat16`: what passages are embedded in, on this processor."""
    if settings.precision == "float32" or not settings.device.startswith("cpu"):
        return "bfloat16" if settings.precision == "bfloat16" else "float32"
    if has_bfloat16():
        return "bfloat16"
    if settings.precision == "bfloat16":
        logging.getLogger(__name__).warning(
            "embedding.precision=bfloat16: this processor does not have it (AMX or AVX512-BF16), so "
            "passages are embedded in float32."
        )
    return "float32"


def less_exact(one: str, other: str) -> str:
    """The less exact of two arithmetics; empty stands for one that was not noted."""
    return max(one, other, key=_EXACTNESS.index)


def has_bfloat16() -> bool:
    """Whether the processor multiplies matrices in bfloat16 itself.

    OpenVINO says yes where it only emulates it, more slowly than float32, and refuses it elsewhere.
    """
    return bool({"avx512_bf16", "amx_bf16"} & set(_cpu_info().get("flags", "").split()))


def processor_name() -> str:
    """Tells kinds of processors apart, for figures that hold for one kind."""
    found = _cpu_info()
    # Clouds give many kinds one name.
    fields = [found.get(name, "") for name in ("model name", "cpu family", "model")]
    named = " ".join(field for field in fields if field)
    return named or platform.processor() or platform.machine()


def threads_of(settings: EmbeddingSettings) -> int:
    """How many threads embedding may use."""
    if settings.threads is not None:
        return settings.threads
    # By this Ray, and other schedulers that share out a machine, limit each process.
    stated = os.environ.get("OMP_NUM_THREADS", "")
    if stated.isdecimal() and int(stated) > 0:
        return int(stated)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_cpu_info(file: Path) -> dict[str, str]:
    """What Linux says of the first processor, by field; empty elsewhere.

    Args:
        file: `/proc/cpuinfo`.
    """
    try:
        text = file.read_text("utf-8", errors="replace")
    except OSError:
        return {}
    fields: dict[str, str] = {}
    for row in text.splitlines():
        name, colon, value = row.partition(":")
        if colon:
            fields.setdefault(name.strip(), value.strip())
    return fields


@cache
def _cpu_info() -> dict[str, str]:
    return read_cpu_info(CPU_INFO)
