"""A suite of evaluations: the model of its YAML file, and reading one."""

from __future__ import annotations

import difflib
import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.errors import SuiteError
from ingestion.sources.validation import explain
from prompts.errors import PromptError
from prompts.yaml_files import read_mapping

Share = Annotated[float, Field(ge=0, le=1)]


class MetricRule(BaseModel):
    """What the gate asks of one metric.

    Attributes:
        margin: by how much the candidate may be worse than the baseline, in the metric's own unit.
        floor: what the candidate must reach whatever the baseline does (a ceiling where lower is
            better); None for none.
        slice_margin: as `margin`, within each gated slice; None: slices of this metric do not gate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    margin: float = Field(gt=0)
    floor: float | None = None
    slice_margin: float | None = Field(default=None, gt=0)


class GateRules(BaseModel):
    """What a candidate must show.

    Attributes:
        alpha: the chance, at most, of letting through one that is worse by the margin or more in
            any metric, and of calling worse what is not (over all metrics and slices together).
        power: the chance, at the least, of letting an equal one through (over all metrics together);
            what sizes are judged by.
        metrics: the rule of each metric that gates.
        slices: tags within which `slice_margin` is looked at.
        undecided: what happens to a candidate that is shown neither worse nor no worse.
        undecided_slices: likewise within a slice; slices are small, so this mostly happens there.
        max_missing: the share of questions, at most, that may lack a value; where more do, a
            metric is undecided and fails whatever `undecided` says.
        resamples: of the bootstrap.
        seed: of the bootstrap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    power: float = Field(default=0.95, gt=0.5, lt=1)
    metrics: dict[str, MetricRule] = Field(default_factory=dict)
    slices: tuple[str, ...] = ()
    undecided: Literal["fail", "pass"] = "fail"
    undecided_slices: Literal["fail", "pass"] = "pass"
    max_missing: Share = 0.05
    resamples: int = Field(default=10_000, ge=200, le=1_000_000)
    seed: int = 20_261_126


class Suite(BaseModel):
    """A suite of evaluations.

    Attributes:
        name: what it is called.
        description: what it is for.
        dataset: a JSONL file or a BEIR folder, relative to the suite's file.
        document_set: the set that is asked.
        index_version: which version of it; None for the live one.
        prompts: versions or aliases of the prompt `answer` that are run unless the command names some.
        models: chat models that are run unless the command names some; none: the settings' own.
        metrics: what is measured; what `gate` names is measured too.
        repeats: how often each question is asked, to tell noise from change.
        tags: only cases with one of these; none: all.
        passages: how many passages each question gets; None for as many as the prompt takes.
            Metrics that look at more ranks than the prompt has passages need it.
        max_cost: what one run may cost at most.
        gate: what a candidate must show.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    description: str = Field(min_length=1)
    dataset: str = Field(min_length=1)
    document_set: str = Field(min_length=1)
    index_version: str | None = None
    prompts: tuple[str, ...] = ("production",)
    models: tuple[str, ...] = ()
    metrics: tuple[str, ...] = Field(min_length=1)
    repeats: int = Field(default=1, ge=1, le=100)
    tags: tuple[str, ...] = ()
    passages: int | None = Field(default=None, ge=1, le=50)
    max_cost: float | None = Field(default=None, ge=0)
    gate: GateRules = GateRules()

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of all metrics: those listed, then what only the gate names."""
        return tuple(dict.fromkeys([*self.metrics, *self.gate.metrics]))

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of what shapes a run's results; the dataset has a hash of its own.

        Which systems are run and what the gate asks of them do not belong to it, so that runs of
        two systems have the same.
        """
        content = {
            "document_set": self.document_set,
            "metrics": sorted(self.metric_names),
            "tags": sorted(self.tags),
            "passages": self.passages,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


SHIPPED = Path(__file__).parents[1] / "suites"
SUFFIXES = (".yaml", ".yml")


def shipped_suites() -> list[str]:
    """Names of the suites that come with Plumbline."""
    return sorted(file.stem for file in SHIPPED.glob("*.yaml"))


def read_suite(given: str) -> Suite:
    """A suite, with the whole path of its dataset.

    Args:
        given: a YAML file, or the name of a shipped suite.

    Raises:
        SuiteError: there is none, or it is malformed; names the file, the field and the fix.
    """
    file = _file(given)
    try:
        suite = Suite.model_validate(read_mapping(file))
    except PromptError as error:
        raise SuiteError(str(error)) from error
    except ValidationError as error:
        models: dict[tuple[str, ...], type[BaseModel]] = {(): Suite, ("gate",): GateRules}
        for problem in error.errors():
            match problem["loc"]:
                case "gate", "metrics", str(metric), _:
                    models["gate", "metrics", metric] = MetricRule
        raise SuiteError(f"{explain(error, models, str(file))}.") from error
    dataset = (file.parent / Path(suite.dataset).expanduser()).resolve()
    if not dataset.exists():
        raise SuiteError(
            f"{file}: dataset: {suite.dataset!r} is not there; it is looked for at {dataset} "
            "(relative to the suite's file)."
        )
    return suite.model_copy(update={"dataset": str(dataset)})


def _file(given: str) -> Path:
    path = Path(given).expanduser()
    if path.is_file():
        return path
    shipped = SHIPPED / f"{given}.yaml"
    if Path(given).name == given and shipped.is_file():
        return shipped
    if path.is_dir():
        raise SuiteError(
            f"{given}: is a folder; name a suite's YAML file (its `dataset` may be a folder)."
        )
    names = shipped_suites()
    close = difflib.get_close_matches(given, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"shipped are: {', '.join(names) or 'none'}."
    raise SuiteError(
        f"{given}: neither a suite's YAML file nor the name of a shipped suite; {hint}"
    )
