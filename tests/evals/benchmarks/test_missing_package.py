from __future__ import annotations

from pathlib import Path

import pytest

from tests.missing_packages import run_without


@pytest.mark.parametrize(("package", "benchmark"), [("reportlab", "documents"), ("docx", "documents")])  # fmt: skip
def test_a_benchmark_names_the_package_it_lacks(
    package: str, benchmark: str, tmp_path: Path
) -> None:
    code = f"from evals.benchmarks.__main__ import main; raise SystemExit(main([{benchmark!r}]))"
    run = run_without((package,), code, tmp_path)
    assert run.returncode == 0, run.stderr
    said = " ".join(run.stdout.split())
    assert f"documents: left out: the Python package {package} is missing" in said
    assert "pip install -c constraints.txt -e '.[dev]'" in said
