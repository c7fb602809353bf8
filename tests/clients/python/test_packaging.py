"""The client is a package of its own, with what it needs and nothing of the service's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

from setuptools import find_namespace_packages

ROOT = Path(__file__).resolve().parents[3]
CLIENT = ROOT / "clients/python"
LOADED = """
import sys
before = set(sys.modules)
import plumbline
plumbline.Plumbline().close()
print(*sorted({name.partition(".")[0] for name in sys.modules.keys() - before}))
"""
# What httpx and pydantic bring, and may import.
NEEDED = {
    "annotated_types", "anyio", "certifi", "h11", "h2", "httpcore", "httpx", "idna", "plumbline", "pydantic",
    "pydantic_core", "pygments", "rich", "click", "sniffio", "socksio", "typing_extensions",
    "typing_inspection", "zstandard", "brotli", "hpack", "hyperframe", "python_dotenv", "dotenv", "exceptiongroup",
}  # fmt: skip


def test_the_services_wheel_does_not_hold_the_client() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    packages = find_namespace_packages(str(ROOT), **config["packages"]["find"])
    assert [name for name in packages if name.startswith(("clients", "plumbline"))] == []
    assert config["py-modules"] == ["plumb"]


def test_the_clients_wheel_holds_the_client_alone(tmp_path) -> None:
    source = tmp_path / "source"
    left_out = shutil.ignore_patterns("*.egg-info", "build", "__pycache__")
    shutil.copytree(CLIENT, source, ignore=left_out)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (wheel,) = source.glob("*.whl")
    assert wheel.name == "plumbline_client-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        text = opened.read(metadata).decode()
    assert {"plumbline/py.typed", "plumbline/langchain.py", "plumbline/api/records.py"} <= set(
        names
    )
    assert {name.partition("/")[0] for name in names} == {
        "plumbline",
        "plumbline_client-0.1.0.dist-info",
    }
    required = [line for line in text.splitlines() if line.startswith("Requires-Dist")]
    assert required == [
        "Requires-Dist: httpx>=0.27",
        "Requires-Dist: pydantic>=2.7",
        'Requires-Dist: langchain-core>=1; extra == "langchain"',
    ]


def test_the_client_imports_httpx_and_pydantic_and_what_they_bring() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(CLIENT / 'src')!r})\n{LOADED}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "plumbline" in loaded
    others = loaded - NEEDED - sys.stdlib_module_names
    assert {name for name in others if not name.startswith("_")} == set()


def test_both_packages_have_one_version() -> None:
    """A client is released with the service that it was tested with."""
    client = tomllib.loads((CLIENT / "pyproject.toml").read_text("utf-8"))["project"]
    assert client["version"] == version("plumbline")
