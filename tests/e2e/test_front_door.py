"""`plumb` where the room `evals` is not installed, as in a serving image."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.missing_packages import run_without

PLUMB = "import plumb; sys.argv[0] = 'plumb'; plumb.main()"


def plumb(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `plumb` without `evals`."""
    code = f"sys.argv[1:] = {list(arguments)!r}\n{PLUMB}"
    return run_without(("evals",), code, folder, **environment)


def test_commands_are_those_of_the_rooms_that_are_there(tmp_path: Path) -> None:
    shown = plumb(tmp_path, "--help")
    assert shown.returncode == 0, shown.stderr
    for command in ("ingest", "serve", "worker", "prompts", "keys"):
        assert command in shown.stdout
    assert "Evaluations" not in shown.stdout
    missing = plumb(tmp_path, "eval", "run")
    assert missing.returncode == 2
    assert "No such command 'eval'" in missing.stderr
    assert "promote" not in plumb(tmp_path, "prompts", "--help").stdout


def test_settings_are_those_of_the_service(tmp_path: Path) -> None:
    shown = plumb(tmp_path, "settings", "--json", PLUMB_SERVE_PORT="1234")
    assert '"port": 1234' in shown.stdout
    assert '"judge"' not in shown.stdout
    # An environment may be shared with evaluations, whose settings a service does not know.
    shared = plumb(tmp_path, "settings", PLUMB_JUDGE_MODEL="x")
    assert shared.returncode == 0, shared.stderr
    unknown = plumb(tmp_path, "settings", PLUMB_SERVE_PRT="1")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("error: the environment variable PLUMB_SERVE_PRT")
    assert unknown.stderr.count("\n") == 1
