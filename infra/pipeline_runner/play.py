"""Run the jobs of an expanded pipeline on this machine, as an agent would.

Covered are conditions, outputs, artifacts and hooks. What the agent itself does (check out, caches,
results) is passed over, but for artifacts, and results that must be there. Logins are the caller's
affair: a line of AzureCLI@2 is run as it stands.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.pipeline_runner.expand import steps_of
from infra.pipeline_runner.expressions import evaluate, is_true
from infra.pipeline_runner.steps import Step, as_step, stages_of

MACRO = re.compile(r"\$\(([\w.-]+)\)")
OUTPUT = re.compile(r"^##vso\[task\.setvariable variable=(\w+);isOutput=true\](.*)$", re.MULTILINE)
LONGEST_S = 300


@dataclass(slots=True)
class Done:
    """A step that was run.

    Attributes:
        step: what it was.
        code: its exit code.
        said: stdout and stderr.
        seconds: how long it took.
    """

    step: Step
    code: int
    said: str
    seconds: float = 0.0


@dataclass(slots=True)
class Agent:
    """Runs jobs.

    Attributes:
        checkout: the folder that steps run in.
        folder: for artifacts and workspaces.
        variables: those of variable groups, and predefined ones.
        environment: variables of the process that no pipeline knows of, such as PATH.
        skip: says of a step whether it is left out.
        done: the steps that ran, in order.
        results: stage, or `stage/job` -> Succeeded, Failed or Skipped.
    """

    checkout: Path
    folder: Path
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    skip: Callable[[Step], bool] = lambda step: False
    done: list[Done] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    _outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def play(self, pipeline: Mapping[str, Any]) -> bool:
        """Run all stages in the order of the file; whether none failed."""
        general = {**self.variables, **_values(pipeline.get("variables"))}
        for stage in stages_of(pipeline):
            name = stage["stage"]
            depends = stage.get("dependsOn", [])
            needed = [depends] if isinstance(depends, str) else depends
            if not self._holds(stage.get("condition", "succeeded()"), general, needed):
                self.results[name] = "Skipped"
                continue
            variables = {**general, **_values(stage.get("variables"))}
            found = [self._job(name, job, variables) for job in stage["jobs"]]
            self.results[name] = "Succeeded" if all(found) else "Failed"
        return "Failed" not in self.results.values()

    def _job(self, stage: str, job: Mapping[str, Any], variables: Mapping[str, str]) -> bool:
        name = job.get("job") or job["deployment"]
        depends = job.get("dependsOn", [])
        needed = [f"{stage}/{one}" for one in ([depends] if isinstance(depends, str) else depends)]
        if not self._holds(job.get("condition", "succeeded()"), variables, needed, stage):
            self.results[f"{stage}/{name}"] = "Skipped"
            return True
        own = {**variables, **_values(job.get("variables"))}
        succeeded = True
        for hook, steps in steps_of(job):
            if (hook == "on.failure" and succeeded) or (hook != "on.failure" and not succeeded):
                continue
            # Each hook is a job of its own, on any agent: nothing but artifacts goes on.
            workspace = self.folder / "workspaces" / stage / name / (hook or "job")
            passed = self._steps([as_step(one, stage, name, hook) for one in steps], own, workspace)
            succeeded = succeeded and passed
        self.results[f"{stage}/{name}"] = "Succeeded" if succeeded else "Failed"
        return succeeded

    def _steps(self, steps: list[Step], variables: Mapping[str, str], workspace: Path) -> bool:
        own = {
            **variables,
            "Pipeline.Workspace": str(workspace),
            "Build.ArtifactStagingDirectory": str(workspace / "a"),
            "Agent.TempDirectory": str(workspace / "tmp"),
            "System.JobAttempt": "1",
        }
        for part in ("a", "tmp"):
            (workspace / part).mkdir(parents=True, exist_ok=True)
        succeeded = True
        for step in steps:
            if not self._runs(step, own, succeeded) or self.skip(step):
                continue
            passed = self._agent_step(step, own) if step.kind == "agent" else self._line(step, own)
            succeeded = succeeded and passed
        return succeeded

    def _runs(self, step: Step, variables: Mapping[str, str], succeeded: bool) -> bool:
        functions = {"succeeded": lambda: succeeded, "failed": lambda: not succeeded}
        return is_true(
            evaluate(
                step.condition,
                {"variables": variables},
                {**functions, "always": lambda: True},
            )
        )

    def _holds(
        self, condition: str, variables: Mapping[str, str], needed: list[str], stage: str = ""
    ) -> bool:
        succeeded = all(self.results[one] != "Failed" for one in needed) and all(
            self.results[one] != "Skipped" for one in needed
        )
        outputs = {
            where.removeprefix(f"{stage}/"): {"outputs": found}
            for where, found in self._outputs.items()
            if stage and where.startswith(f"{stage}/")
        }
        return is_true(
            evaluate(
                condition,
                {"variables": variables, "dependencies": outputs},
                {"succeeded": lambda: succeeded, "always": lambda: True},
            )
        )

    def _line(self, step: Step, variables: dict[str, str]) -> bool:
        given = {name: _filled(value, variables) for name, value in step.env.items()}
        # An agent hands on variables as environment: upper case, points as underscores.
        inherited = {
            name.upper().replace(".", "_"): _filled(value, variables)
            for name, value in variables.items()
        }
        began = time.monotonic()
        done = subprocess.run(  # noqa: S603 (a pipeline's own line)
            [
                "/bin/bash",
                "--noprofile",
                "--norc",
                "-eo",
                "pipefail",
                "-c",
                _filled(step.line, variables),
            ],
            cwd=self.checkout,
            env={**self.environment, **inherited, **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        took = time.monotonic() - began
        self.done.append(Done(step, done.returncode, done.stdout, took))
        for name, value in OUTPUT.findall(done.stdout):
            variables[f"{step.name}.{name}"] = value
            self._outputs.setdefault(f"{step.stage}/{step.job}", {})[f"{step.name}.{name}"] = value
        return done.returncode == 0

    def _agent_step(self, step: Step, variables: Mapping[str, str]) -> bool:
        content = {name: _filled(str(value), variables) for name, value in step.content.items()}
        problem, good = "", True
        if step.what == "publish":
            source, artifact = (
                Path(content["publish"]),
                self.folder / "artifacts" / content["artifact"],
            )
            good = source.is_dir() and not artifact.exists()
            problem = (
                "" if good else f"{source} is missing, or {artifact.name} is published already"
            )
            if good:
                shutil.copytree(source, artifact)
        elif step.what == "download":
            artifact = self.folder / "artifacts" / content["artifact"]
            good = artifact.is_dir()
            problem = "" if good else f"there is no artifact {artifact.name}"
            if good:
                to = Path(variables["Pipeline.Workspace"]) / content["artifact"]
                shutil.copytree(artifact, to, dirs_exist_ok=True)
        elif step.what == "PublishTestResults@2":
            file = Path(_filled(step.content["inputs"]["testResultsFiles"], variables))
            good = file.is_file()
            problem = "" if good else f"there are no results in {file}"
        self.done.append(Done(step, 0 if good else 1, problem))
        return good


def _values(declared: Any) -> dict[str, str]:
    return {one["name"]: str(one["value"]) for one in declared or [] if "name" in one}


def _filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with $(name) filled in, as often as values hold some; unknown ones stay, as on Azure."""
    lowered = {name.lower(): value for name, value in variables.items()}
    for _ in range(5):
        found = MACRO.sub(lambda match: lowered.get(match.group(1).lower(), match.group(0)), text)
        if found == text:
            break
        text = found
    return text
