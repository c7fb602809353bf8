"""The steps of an expanded pipeline, each with the line that it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.pipeline_runner.expand import steps_of
from infra.pipeline_runner.expressions import PipelineError

# Steps of the agent itself: nothing of ours is run.
AGENT = {"checkout", "download", "publish"}
AGENT_TASKS = {"UsePythonVersion@0", "Cache@2", "PublishTestResults@2"}


@dataclass(frozen=True, slots=True)
class Step:
    """A step.

    Attributes:
        stage, job: where it is; the stage is empty where a pipeline has none.
        hook: of a deployment: `deploy`, `routeTraffic`, `on.failure`, …; else empty.
        kind: `bash`, `azure` (a line after a login), `agent` (the agent's own), named by `what`.
        what: the task or keyword.
        title: for people.
        name: for outputs; empty if it has none.
        line: the command line; empty for the agent's own.
        env: variables for this step.
        condition: when it runs.
        content: all that the pipeline says of it.
    """

    stage: str
    job: str
    hook: str
    kind: str
    what: str
    title: str
    name: str
    line: str
    env: Mapping[str, str]
    condition: str
    content: Mapping[str, Any] = field(repr=False, hash=False)

    @property
    def where(self) -> str:
        """`stage/job/hook`, as far as there are."""
        return "/".join(part for part in (self.stage, self.job, self.hook) if part)


def stages_of(pipeline: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stages; a pipeline without any has one that is named by the empty text."""
    found: list[dict[str, Any]] = pipeline.get("stages") or [
        {"stage": "", "jobs": pipeline["jobs"]}
    ]
    return found


def all_steps(pipeline: Mapping[str, Any]) -> Iterator[Step]:
    """Every step of every job and hook, in the order of the file."""
    for stage in stages_of(pipeline):
        for job in stage["jobs"]:
            for hook, steps in steps_of(job):
                for step in steps:
                    yield as_step(step, stage["stage"], job.get("job") or job["deployment"], hook)


def as_step(content: Mapping[str, Any], stage: str, job: str, hook: str) -> Step:
    """A step as the pipeline has it.

    Raises:
        PipelineError: a kind of step or a task that is not covered.
    """
    kind, what, line = "bash", "bash", ""
    if "bash" in content or "script" in content:
        line = content.get("bash") or content["script"]
    elif (task := content.get("task")) is not None:
        what = task
        if task == "AzureCLI@2":
            kind, line = "azure", _azure_line(content["inputs"])
        elif task in AGENT_TASKS:
            kind = "agent"
        else:
            raise PipelineError(f"{stage}/{job}: the task {task} is not covered here")
    else:
        kind, what = "agent", next((name for name in AGENT if name in content), "")
        if not what:
            raise PipelineError(f"{stage}/{job}: {dict(content)} is no step that is covered here")
    return Step(
        stage=stage,
        job=job,
        hook=hook,
        kind=kind,
        what=what,
        title=content.get("displayName", what),
        name=content.get("name", ""),
        line=line.strip(),
        env={name: str(value) for name, value in (content.get("env") or {}).items()},
        condition=content.get("condition", "succeeded()"),
        content=content,
    )


def _azure_line(inputs: Mapping[str, Any]) -> str:
    if inputs.get("scriptType") != "bash" or inputs.get("scriptLocation") != "inlineScript":
        raise PipelineError("AzureCLI@2: only an inline script for bash is covered here")
    return str(inputs["inlineScript"])
