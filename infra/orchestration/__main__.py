"""`python -m infra.orchestration` checks the files of all orchestrators (`make orchestration`).

All must hold the same stages with the same commands in the same order, and `plumb` must take each command. Where an
orchestrator's packages are installed (`make orchestration-tools`), they read their own file as well.

    python -m infra.orchestration [--folder FOLDER] [--without-tools]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import typer

from infra.orchestration.stages import FILES, Stage, Unreadable, read_stages

FOLDER = Path(__file__).parent
TOOLS = FOLDER.parents[1] / ".venv-orchestration"
# A stage -> those that end before it begins.
STAGES = {
    "index": set[str](),
    "evaluate_live": {"index"},
    "evaluate_candidate": {"index"},
    "gate": {"index", "evaluate_live", "evaluate_candidate"},
    "promote": {"index", "evaluate_live", "evaluate_candidate", "gate"},
}
# What each orchestrator's own packages say of their file, which is the first argument.
OWN_CHECKS = {
    "dvc": """
        import shutil
        from dvc.repo import Repo
        shutil.copytree(file.parent, "project")
        repo = Repo.init("project", no_scm=True)
        repo.index.check_graph()
        assert list(repo.index.stages), "there is no stage in it"
    """,
    "airflow": """
        from airflow.dag_processing.dagbag import DagBag
        bag = DagBag(file)
        for error in bag.import_errors.values():
            sys.exit(error)
        assert bag.dags, "there is no DAG in it"
    """,
    "azureml": """
        from azure.ai.ml import load_job
        found = load_job(file)._validate()
        sys.exit(0 if found.passed else "; ".join(found.error_messages.values()))
    """,
    "kubeflow": """
        import runpy
        sys.argv[1:] = ["pipeline.yaml"]
        runpy.run_path(str(file), run_name="__main__")
    """,
}
BEGIN = "import sys, pathlib; file = pathlib.Path(sys.argv[1])\n"
CHECK_S = 120
# Of typer's own copy of click, which has no other public name.
USAGE_ERROR: Any = typer.BadParameter.__base__


def check(folder: Path = FOLDER) -> list[str]:
    """What is wrong with the files, one line each; needs no orchestrator.

    Args:
        folder: has the files that `FILES` names.
    """
    wrong: list[str] = []
    commands: dict[str, dict[str, tuple[str, ...]]] = {}
    for kind, name in FILES.items():
        try:
            stages = read_stages(kind, folder / name)
        except Unreadable as error:
            wrong.append(f"{name}: cannot be read: {error}.")
            continue
        commands[name] = {stage.name: _shape(stage) for stage in stages}
        wrong += _check_stages(name, stages)
        for stage in stages:
            if problem := refusal(stage.words):
                wrong.append(f"{name}: {stage.name}: {problem}")
    return wrong + _differences(commands)


def _check_stages(file: str, stages: list[Stage]) -> list[str]:
    names = [stage.name for stage in stages]
    if names != list(STAGES):
        return [f"{file}: has the stages {', '.join(names)}; they are {', '.join(STAGES)}."]
    return [
        f"{file}: {stage.name} comes after {', '.join(sorted(found)) or 'nothing'}, not after "
        f"{', '.join(sorted(STAGES[stage.name])) or 'nothing'}."
        for stage in stages
        if (found := _all_before(stage.name, stages)) != STAGES[stage.name]
    ]


def _all_before(name: str, stages: list[Stage]) -> set[str]:
    """Stages that end before a stage begins."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        new = {before for stage in stages if stage.name == one for before in stage.after} - found
        found |= new
        waiting += new
    return found


def _shape(stage: Stage) -> tuple[str, ...]:
    """What all files must have in common of a command: command, options, and the prompt."""
    words = stage.words
    return tuple(
        word
        for number, word in enumerate(words)
        if number < len(("plumb", "eval", "run"))
        or word.startswith("--")
        or words[number - 1] == "--prompt"
    )


def _differences(commands: dict[str, dict[str, tuple[str, ...]]]) -> list[str]:
    """Commands that differ from those of the first file."""
    (first, known), *others = commands.items() or [("", {})]
    return [
        f"{file}: {name} is `{' '.join(words)}`, and `{' '.join(known[name])}` in {first}."
        for file, stages in others
        for name, words in stages.items()
        if name in known and words != known[name]
    ]


def refusal(words: tuple[str, ...]) -> str:
    """What plumb's own parser has against a command line; empty: nothing. Nothing is run."""
    if words[:1] != ("plumb",):
        return f"`{' '.join(words)}` is no plumb command."
    command = _plumb()
    rest, path = list(words[1:]), ["plumb"]
    while hasattr(command, "commands"):
        path.append(rest.pop(0) if rest else "")
        command = command.commands.get(path[-1])
    if command is None:
        return f"there is no command `{' '.join(path)}`."
    try:
        command.make_context(" ".join(path), rest)
    except USAGE_ERROR as error:
        return f"`{' '.join(path)}`: {error.format_message()}"
    return ""


@cache
def _plumb() -> Any:
    import plumb

    return typer.main.get_command(plumb.app)


def own_check(kind: str, file: Path) -> str | None:
    """What an orchestrator's own packages have against its file; None: they are not installed."""
    python = TOOLS / kind / "bin" / "python"
    if not python.exists():
        return None
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(  # noqa: S603
            [python, "-c", BEGIN + textwrap.dedent(OWN_CHECKS[kind]), str(file.resolve())],
            cwd=scratch,
            env=environment(kind, Path(scratch)),
            capture_output=True,
            text=True,
            timeout=CHECK_S,
            check=False,
        )
    return "" if done.returncode == 0 else _last_line(done.stderr or done.stdout)


def environment(kind: str, scratch: Path) -> dict[str, str]:
    """Variables for a process of an orchestrator: it keeps to a folder and reports to nobody."""
    own = {
        "dvc": {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(scratch / "site")},
        "airflow": {
            "AIRFLOW_HOME": str(scratch),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        },
        "azureml": {"AZURE_ML_CLI_PRIVATE_FEATURES_ENABLED": "false"},
        "kubeflow": {},
    }
    return {**os.environ, **own[kind]}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it ended without a word"


def main() -> None:
    """Print what was checked, and what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--without-tools", action="store_true")
    given = parser.parse_args()
    lines, wrong = [], check(given.folder)
    if not wrong:
        lines.append(
            f"{len(FILES)} files have the same {len(STAGES)} stages, and plumb takes each command."
        )
    for kind, name in FILES.items() if not given.without_tools else ():
        said = own_check(kind, given.folder / name)
        if said is None:
            lines.append(f"{kind}: skipped, not installed; `make orchestration-tools` installs it.")
        elif said:
            wrong.append(f"{name}: {kind} says: {said}")
        else:
            lines.append(f"{kind} reads {name}.")
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
