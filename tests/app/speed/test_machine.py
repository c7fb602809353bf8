"""A machine is described by what its kernel tells, and without it."""

from __future__ import annotations

from pathlib import Path

from app.speed.machine import describe_machine

XEON = """processor\t: 0
cpu family\t: 6
model\t\t: 143
model name\t: Intel(R) Xeon(R) Processor
flags\t\t: fpu avx2 avx512f avx512_vnni avx512_bf16 amx_bf16 amx_int8

processor\t: 1
model name\t: another
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd bf16 i8mm\nCPU part\t: 0xd40\n"


def _proc(folder: Path, cpuinfo: str) -> Path:
    (folder / "cpuinfo").write_text(cpuinfo, "ascii")
    (folder / "meminfo").write_text("MemTotal:       24683108 kB\nMemFree: 1 kB\n", "ascii")
    return folder


def test_a_processor_is_named_with_what_it_computes_with(tmp_path: Path) -> None:
    machine = describe_machine(_proc(tmp_path, XEON), tmp_path / "none")
    assert machine.processor == "Intel(R) Xeon(R) Processor (family 6, model 143)"
    assert machine.features == (
        "AMX-BF16", "AMX-INT8", "AVX512-BF16", "AVX512-VNNI", "AVX512F", "AVX2",
    )  # fmt: skip
    assert machine.has_bfloat16
    assert machine.memory_bytes == 24683108 * 1024
    assert machine.quota is None
    assert machine.versions["numpy"]
    assert "AMX-BF16" in machine.in_words()


def test_an_older_processor_has_no_bfloat16(tmp_path: Path) -> None:
    older = XEON.replace(" avx512_bf16 amx_bf16", "")
    assert not describe_machine(_proc(tmp_path, older), tmp_path / "none").has_bfloat16


def test_arm_is_described_too(tmp_path: Path) -> None:
    machine = describe_machine(_proc(tmp_path, ARM), tmp_path / "none")
    assert machine.features == ("ARM BF16", "ARM I8MM")
    assert machine.has_bfloat16


def test_a_container_has_what_it_is_given(tmp_path: Path) -> None:
    group = tmp_path / "cgroup"
    group.mkdir()
    (group / "cpu.max").write_text("150000 100000\n", "ascii")
    (group / "memory.max").write_text(f"{2 << 30}\n", "ascii")
    machine = describe_machine(_proc(tmp_path, XEON), group)
    assert (machine.quota, machine.memory_bytes) == (1.5, 2 << 30)
    assert "(limited to 1.5), 2 GiB" in machine.in_words()
    (group / "cpu.max").write_text("max 100000\n", "ascii")
    (group / "memory.max").write_text("max\n", "ascii")
    machine = describe_machine(tmp_path, group)
    assert (machine.quota, machine.memory_bytes) == (None, 24683108 * 1024)


def test_a_system_that_tells_nothing_is_described_all_the_same(tmp_path: Path) -> None:
    machine = describe_machine(tmp_path / "none", tmp_path / "none")
    assert machine.processor
    assert (machine.features, machine.memory_bytes) == ((), None)
    assert not machine.has_bfloat16
    assert "features unknown" in machine.in_words()
