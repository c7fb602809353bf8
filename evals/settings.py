"""The tree of settings with the groups that only evaluating reads."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SecretStr

from app.settings.service import EvaluationsSettings
from app.settings.tree import Settings as AppSettings
from app.settings.tree import load_tree
from ingestion.settings import SettingsGroup


class EvalsSettings(EvaluationsSettings):
    """How suites are run."""

    concurrency: int = Field(default=4, ge=1, le=256, description="Questions asked at a time.")
    max_cost: float | None = Field(
        default=None,
        ge=0,
        description="The most that one run may cost, in the currency of `prices`; a suite's own "
        "limit wins.",
    )
    phone_regions: tuple[str, ...] = Field(
        default=("GB", "US", "DE"),
        description="Where telephone numbers without a country code are dialled, as ISO 3166 codes; "
        "harvesting takes them out.",
    )


class JudgeSettings(SettingsGroup):
    """The chat model that judges answers; without one, judged metrics cannot be asked for."""

    model: str | None = Field(
        default=None, description="As chat.model, for example openai:gpt-4.1; never extractive."
    )
    base_url: str | None = Field(default=None, description="As chat.base_url.")
    api_key: SecretStr | None = Field(default=None, description="As chat.api_key.")
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of the judge beside temperature 0; null removes one, for models that "
        'refuse it: {"temperature": null}.',
    )
    timeout_s: float = Field(default=60.0, gt=0, description="Limit on one call, seconds.")
    max_retries: int = Field(
        default=2,
        ge=0,
        le=10,
        description="Retries of a failed call, and of an answer that is not a judgement.",
    )
    concurrency: int = Field(default=8, ge=1, le=256, description="Judgements made at a time.")
    input_per_million: float | None = Field(
        default=None, ge=0, description="Price of a million tokens that the judge reads."
    )
    output_per_million: float | None = Field(
        default=None, ge=0, description="Price of a million tokens that the judge writes."
    )


class TrackingSettings(SettingsGroup):
    """Where runs are shown."""

    tracker: Literal["wandb", "mlflow", "none"] = Field(
        default="wandb", description="Which tracker gets each run."
    )
    project: str = Field(default="plumbline", description="W&B project, or MLflow experiment.")
    entity: str | None = Field(default=None, description="W&B team or user. Default: the key's.")
    mode: Literal["auto", "online", "offline"] = Field(
        default="auto",
        description="auto = online where W&B has a key; offline runs are sent by `wandb sync`.",
    )
    texts: bool = Field(
        default=True,
        description="Whether words of documents, questions and answers go to the tracker; if not, "
        "ids, hashes and scores alone.",
    )
    wait_s: float = Field(
        default=60.0,
        gt=0,
        description="How long sending one run may take, seconds. What is not sent by then stays on disk.",
    )
    mlflow_url: str | None = Field(
        default=None, description="MLflow tracking URI. Default: a SQLite file in evals.folder."
    )


class CanarySettings(SettingsGroup):
    """How a canary is judged; `plumb canary judge` has flags for all of it but the token."""

    source: Literal["prometheus", "azure-monitor"] = Field(
        default="prometheus", description="Where the counts of both releases are read."
    )
    url: str | None = Field(
        default=None,
        description="Address of Prometheus, for example http://prometheus:9090; with azure-monitor, "
        "of the Log Analytics API of another cloud.",
    )
    token: SecretStr | None = Field(
        default=None, description="Bearer token for Prometheus, where it asks for one."
    )
    workspace: str | None = Field(
        default=None, description="Id of the Log Analytics workspace, with azure-monitor."
    )
    minimum: int = Field(
        default=500, ge=1, description="Requests that each release must have served for a pass."
    )
    tolerances: dict[str, float] = Field(
        default_factory=dict,
        description="By how much the share of bad outcomes may rise, by signal (errors, latency, "
        'refusals, citations, feedback, cost), from 0 to 1, for example {"errors": 0.02}.',
    )
    slow_s: float | None = Field(
        default=None,
        gt=0,
        description="From how many seconds on an answer is slow; a bound of the metric's buckets. "
        "Default: the baseline's 95th percentile before the canary.",
    )
    dear: float | None = Field(
        default=None, gt=0, description="From which cost on an answer is dear; likewise."
    )
    alpha: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="Chance, at most, that a canary which is no worse is failed.",
    )
    wrong_pass: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="Chance, at most, that a canary which is worse by a tolerance passes.",
    )


class DriftSettings(SettingsGroup):
    """What `plumb drift` compares, and when it speaks of drift."""

    days: float = Field(
        default=7.0, gt=0, le=3650, description="Length of the recent window, days."
    )
    reference_days: float = Field(
        default=28.0,
        gt=0,
        le=3650,
        description="Length of the reference window before it, days; store.keep_days must keep both.",
    )
    minimum: int = Field(
        default=100, ge=20, description="Answers that each window must hold at least."
    )
    most: int = Field(
        default=1000,
        ge=100,
        le=5000,
        description="Answers of a window that are compared at most, drawn at random by conversation. "
        "More of them find smaller differences.",
    )
    alpha: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="Chance, at most, of a false alarm if nothing changed; all signals share it.",
    )
    permutations: int = Field(
        default=1999,
        ge=199,
        le=100_000,
        description="Random assignments that a difference is compared with.",
    )


class Settings(AppSettings):
    """Everything that can be set."""

    evals: EvalsSettings = EvalsSettings()
    judge: JudgeSettings = JudgeSettings()
    tracking: TrackingSettings = TrackingSettings()
    canary: CanarySettings = CanarySettings()
    drift: DriftSettings = DriftSettings()


def load_settings(overrides: dict[str, Any] | None = None) -> Settings:
    """See `app.settings.tree.load_settings`."""
    return load_tree(Settings, overrides)
