"""Every line of the pipelines and workflows: it is run, or parsed by its command's own parser."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main
import yaml

from infra.pipeline_runner.__main__ import GIVEN, check, pipelines
from infra.pipeline_runner.expand import expand
from infra.pipeline_runner.steps import Step, all_steps
from tests.infra.pipelines.conftest import ROOT, STEPS
from tests.infra.pipelines.lines import HEAVY, NEEDS_CLOUD, RUN_HERE

AZ = json.loads(Path(__file__).with_name("az.json").read_text("utf-8"))["commands"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# All that parameters can switch on.
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "azure-pipelines.yml": [{}, {"first": True}, {"infrastructure": True}],
    "rollback.yml": [
        {"reason": "x"},
        {"reason": "x", "from": "a"},
        {"reason": "x", "to": "b"},
        {"reason": "x", "from": "a", "to": "b"},
    ],
}
# Written by other hands than the steps of Container Apps, and tested with what they are for.
MADE_ELSEWHERE = {"sbom.sh", "scan.sh", "traffic-haproxy.sh"}


@cache
def steps() -> tuple[tuple[str, Step], ...]:
    """Every step of every pipeline, with all that parameters can switch on."""
    return tuple(
        (file.name, step)
        for file in pipelines()
        for given in VARIANTS.get(file.name, [{}])
        for step in all_steps(expand(file, ROOT, {**GIVEN.get(file.name, {}), **given}))
    )


def workflow_lines() -> Iterator[tuple[str, str]]:
    """Every `run` of every workflow."""
    for file in WORKFLOWS:
        for job in yaml.safe_load(file.read_text("utf-8"))["jobs"].values():
            for step in job.get("steps", []):
                if "run" in step:
                    yield file.name, step["run"].strip()


def groups_of(line: str) -> list[str]:
    found = [
        name for name in (*RUN_HERE, *NEEDS_CLOUD) if re.match(rf"{re.escape(name)}(\s|$)", line)
    ]
    return found + [name for name in HEAVY if line == name]


def test_every_line_of_the_pipelines_stands_in_one_group() -> None:
    lines = {step.line for _, step in steps() if step.line}
    assert {line: groups_of(line) for line in lines if len(groups_of(line)) != 1} == {}
    used = {name for line in lines for name in groups_of(line)}
    assert set(RUN_HERE) | set(NEEDS_CLOUD) | set(HEAVY) == used


def test_every_step_is_one_command() -> None:
    for file, step in steps():
        assert "\n" not in step.line, f"{file}: {step.title}"
        assert not re.search(r"&&|\|\||;|\|", step.line), f"{file}: {step.line}"


def test_workflows_run_the_same_steps() -> None:
    for file, line in workflow_lines():
        assert re.match(r"(infra/steps/[\w-]+\.sh|plumb|\.ci/run)(\s|$)", line), f"{file}: {line}"
        assert "\n" not in line, f"{file}: {line}"
        # What a caller can choose comes by the environment, never as part of the line.
        assert not re.search(r"\$\{\{\s*(inputs|github\.event)", line), f"{file}: {line}"
        if (script := line.split()[0]) not in ("plumb",):
            assert (ROOT / script).exists() or Path(script).name in MADE_ELSEWHERE


def test_steps_that_are_named_are_there_and_can_be_run() -> None:
    for file, step in steps():
        script = step.line.split(" ")[0] if step.line else ""
        if script.endswith(".sh") and Path(script).name not in MADE_ELSEWHERE:
            assert (ROOT / script).stat().st_mode & 0o111, f"{file}: {script}"


def plumb_lines() -> list[tuple[str, str]]:
    """Every `plumb …`: in pipelines, workflows and steps."""
    found = [(file, step.line) for file, step in steps() if step.line.startswith("plumb ")]
    found += [one for one in workflow_lines() if one[1].startswith("plumb ")]
    for script in sorted(STEPS.glob("*.sh")):
        text = re.sub(r"\\\n\s*", " ", script.read_text("utf-8"))
        for line in text.splitlines():
            match = re.match(
                r"[^#`]*?(?:^|\s|&& )(?:exec )?(?:PYTHONPATH=\S+ )?(plumb [a-z].*)", line
            )
            if match is not None and "echo" not in line and "die" not in line:
                found.append((script.name, match.group(1)))
    return sorted(set(found))


def words_of(line: str) -> list[str]:
    """The words of a shell line, with a stand-in for what is only known when it runs."""
    line = re.split(r"\s(?:\|\||>|2>|&&|\|)\s?|\)\s*\\?$|\) ?>", line)[0].rstrip(") ")
    # ${3:+--index-version "$3"} may be there; an array holds nothing or flags.
    line = re.sub(r"\$\{\d:\+([^}]*)\}", r"\1", line)
    line = line.replace('"${image[@]}"', "--image example@sha256:00")
    line = re.sub(r"\$\((?:[^()]|\([^()]*\))*\)", "1", line)
    words = shlex.split(line)
    return [re.sub(r"\$\{?\w+[^}\s]*\}?|\$\d", "1", word) for word in words]


@pytest.mark.parametrize(("file", "line"), plumb_lines())
def test_plumb_takes_every_line_of_its_own(file: str, line: str) -> None:
    import plumb

    command: click.Command = typer.main.get_command(plumb.app)
    words, path = words_of(line)[1:], ["plumb"]
    context = click.Context(command, info_name="plumb")
    while isinstance(command, click.Group) or hasattr(command, "commands"):
        name = words.pop(0)
        found = command.get_command(context, name)  # type: ignore[attr-defined]
        if found is None and (*path, name) == ("plumb", "canary"):
            pytest.skip("plumb canary is not there yet")
        assert found is not None, f"{file}: there is no command {' '.join(path)} {name}"
        command, path = found, [*path, name]
        context = click.Context(command, parent=context, info_name=name)
    # A parser of its own: nothing is run, and a flag that is not there is an error.
    command.parse_args(context, words)


def test_az_takes_every_flag_that_a_step_or_a_message_gives() -> None:
    everywhere = {"--output", "--query", "--only-show-errors"}
    seen = set()
    for script in sorted(STEPS.glob("*.sh")):
        text = re.sub(r"\\\n\s*", " ", script.read_text("utf-8"))
        for line in text.splitlines():
            for match in re.finditer(
                r"\baz(?:_tsv)? ((?:account|acr|containerapp|deployment|login)\b.*)", line
            ):
                words = match.group(1)
                command = max(
                    (name for name in AZ if words.startswith(name)), key=len, default=None
                )
                assert command is not None, f"{script.name}: az {words}"
                known = {name for one in AZ[command] for name in one["names"]} | everywhere
                flags = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", words))
                assert flags <= known, f"{script.name}: az {command} takes no {flags - known}"
                seen.add(command)
    assert seen == set(AZ), "az.json is of other commands; run record_az.py again"


def test_az_lines_that_azure_would_refuse_are_refused_by_its_stand_in(cloud: Any) -> None:
    for words, said in (
        ("containerapp revision list --name a --resource-group b --al", "unrecognized arguments"),
        ("containerapp ingress traffic set --name a --resource-group", "expected at least one"),
        ("containerapp ingress traffic set --name a", "are required: --resource-group"),
        ("containerapps list", "misspelled"),
    ):
        import subprocess

        done = subprocess.run(
            ["az", *words.split()],
            env=cloud.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert said in done.stderr


def test_azures_schema_takes_every_pipeline_as_written_and_expanded(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert check() == 0, capfd.readouterr().out


def test_every_template_is_used() -> None:
    folder = ROOT / "infra" / "azure-pipelines"
    text = "".join(
        file.read_text("utf-8") for file in [ROOT / "azure-pipelines.yml", *folder.rglob("*.yml")]
    )
    for file in (folder / "templates").glob("*.yml"):
        assert re.search(rf"template: \S*\b{re.escape(file.name)}", text), file.name


def test_no_secret_is_on_a_line() -> None:
    for file, step in steps():
        assert not re.search(r"token|secret|password|api.?key", step.line, re.IGNORECASE), file


def test_a_promotion_is_asked_for_only_after_every_share_was_judged() -> None:
    found = [step.line for _, step in steps() if step.hook == "routeTraffic" and step.line]
    lines = found[: found.index(next(line for line in found if "release promote" in line))]
    moves = [line for line in lines if "release canary" in line or "judge.sh" in line]
    assert [re.sub(r".*(--share \d+|judge)\b.*", r"\1", line) for line in moves] == [
        "--share 5", "judge", "--share 25", "judge", "--share 50", "judge",
    ]  # fmt: skip


def called(line: str) -> str:
    words = line.split()
    return " ".join(words[:3]) if words[0] == "plumb" else Path(words[0]).name


@pytest.mark.parametrize("job", ["candidate", "staging", "production"])
def test_workflows_go_the_same_way_in_the_same_order(job: str) -> None:
    pipeline = expand(ROOT / "azure-pipelines.yml", ROOT)
    azure = [called(step.line) for step in all_steps(pipeline) if step.job == job and step.line]
    file = ROOT / ".github" / "workflows" / "delivery.yml"
    found = yaml.safe_load(file.read_text("utf-8"))["jobs"][job]["steps"]
    github = [called(step["run"]) for step in found if "run" in step]
    # Hooks are agents of their own on Azure, and each installs; on GitHub each long step logs in.
    both = [
        [name for name in lines if name not in ("install.sh", "login.sh")]
        for lines in (azure, github)
    ]
    assert both[0] == both[1]


def test_actions_are_pinned_by_commit() -> None:
    for file in WORKFLOWS:
        for action in re.findall(r"uses: (?!\./)(\S+)", file.read_text("utf-8")):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), f"{file.name}: {action}"
