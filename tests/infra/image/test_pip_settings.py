"""The machine's pip settings reach an image build as a file and read-only volumes."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MODULE = runpy.run_path(str(ROOT / "infra" / "image" / "pip_settings.py"))


def test_the_environment_wins_over_files_and_the_rest_stays_out(tmp_path: Path) -> None:
    found = MODULE["settings"](
        "global.index-url='https://first.example/simple'\n"
        ":env:.index-url='https://second.example/simple'\n"
        "global.quiet='2'\n"
        "install.find-links='/wheels'\n"
    )
    assert found == {"index-url": "https://second.example/simple", "find-links": "/wheels"}


def test_folders_are_mounted_once_and_local_indexes_with_what_they_link_to(tmp_path: Path) -> None:
    for folder in ("index/simple", "wheels/inner"):
        (tmp_path / folder).mkdir(parents=True)
    found = MODULE["local_paths"](
        {
            "extra-index-url": f"https://some.example/simple file://{tmp_path}/index/simple",
            "find-links": f"{tmp_path}/wheels {tmp_path}/wheels/inner {tmp_path}/missing",
        }
    )
    assert found == [tmp_path / "index", tmp_path / "wheels"]


def test_what_is_written_is_what_pip_says(tmp_path: Path, capsys) -> None:
    file = tmp_path / "pip.conf"
    assert MODULE["main"]([str(file)]) == 0
    assert file.read_text().startswith("[global]\n")
    assert capsys.readouterr().out.splitlines()[0] == f"{file}:/etc/pip.conf:ro"
    assert file.stat().st_mode & 0o077 == 0
