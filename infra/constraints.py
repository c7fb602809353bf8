"""Resolve the newest versions that fit pyproject.toml and write constraints.txt.

Run by `make constraints`. Holds that no resolver can know stand here, with their reason.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOLDS = """
torch==2.13.0                # the newest with a CPU build at hand here
langchain-community==0.4.1   # 0.4.2 breaks the import of ragas 0.4.3
huggingface-hub<1.0          # transformers 4.57, which optimum-onnx needs, takes no newer one
grafana-foundation-sdk==1769699379!11.6.0  # of the Grafana in compose.yaml; each Grafana has one
datasets>=5                  # an older one is chosen otherwise, for the sake of a newer fsspec
"""
# PyTorch's CUDA parts, which a CPU build does not need.
LEFT_OUT = ("nvidia-", "cuda-", "triton")
HEAD = """# Exact versions of everything, so that an install is fast and the same everywhere.
# Made by: make constraints
"""


def main() -> None:
    """Write the file."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as holds:
        holds.write(HOLDS)
        holds.flush()
        command = [
            sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate",
            "--python-version", "3.11", "--extra", "dev", "--extra", "ray", "--extra", "azure",
            "--constraint", holds.name, str(ROOT / "pyproject.toml"),
        ]  # fmt: skip
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    pins = [
        line for line in done.stdout.splitlines() if "==" in line and not line.startswith(LEFT_OUT)
    ]
    (ROOT / "constraints.txt").write_text(HEAD + "\n".join(pins) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
