"""What of the Dockerfile holds before anything is built; `.ci/image` builds and runs it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def stages() -> dict[str, tuple[str, list[str]]]:
    """Stage -> what it is made from and its instructions, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    found: dict[str, tuple[str, list[str]]] = {}
    lines = [line.strip() for line in text.splitlines() if line and not line.startswith("#")]
    name = ""
    for line in lines:
        if line.startswith("FROM "):
            _, base, _, name = line.split()
            found[name] = (base, [])
        elif name:
            found[name][1].append(line)
    return found


def instructions(stage: str) -> list[str]:
    """All instructions of an image, those of the stages it is made from first."""
    base, own = stages()[stage]
    return (instructions(base) if base in stages() else []) + own


def test_images_run_no_command_while_they_are_built_so_nothing_of_the_machine_stays() -> None:
    for image in ("serve", "ingest"):
        assert instructions(image)
        assert not [line for line in instructions(image) if line.startswith("RUN")]


def test_images_are_non_root_and_take_one_base() -> None:
    for image in ("serve", "ingest"):
        users = [line for line in instructions(image) if line.startswith("USER")]
        assert users[-1] == "USER 10001:10001"
    bases = {base for base, _ in stages().values() if base not in stages()}
    assert bases == {"${BASE}"}


def test_what_is_copied_is_let_into_the_build_and_evaluations_are_not() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        source
        for _, lines in stages().values()
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert copied <= allowed
    assert all((ROOT / name).exists() for name in allowed)
    assert not [name for name in allowed if name.startswith(("evals", "tests", "docs"))]
