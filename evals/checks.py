"""Judge, tracker and the folder of runs. None is needed to answer questions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.checks.check import Check, CheckFailed, writable
from app.configuration.redaction import shown
from evals.settings import Settings

TIMEOUT_S = 5.0


def checks_of(settings: Any, call_models: bool) -> Iterator[Check]:
    """The checks of `evals`, `judge` and `tracking`.

    Args:
        settings: the whole tree.
        call_models: whether the judge is called, which costs a few tokens.
    """
    folder = settings.evals.folder
    yield Check("runs folder", partial(writable, folder), needed=False, mend="set evals.folder")
    if settings.judge.model is not None:
        yield Check("judge", partial(_judge, settings, call_models), needed=False)
    if settings.tracking.tracker == "wandb":
        yield Check("tracker", partial(_wandb, settings), needed=False)
    elif settings.tracking.tracker == "mlflow":
        yield Check(
            "tracker", partial(_mlflow, settings), needed=False, mend="check tracking.mlflow_url"
        )


def _judge(settings: Settings, call: bool) -> str:
    from langchain_core.messages import HumanMessage

    from evals.metrics.judge import open_judge

    # Judgements of a check are not kept.
    with TemporaryDirectory() as folder:
        judge = open_judge(settings.judge, Path(folder))
        assert judge is not None  # noqa: S101 (a model is set)
        try:
            if call:
                judge.caller.call([HumanMessage("Reply with the word: ready")])
                return f"{settings.judge.model}: answers"
        finally:
            judge.close()
    return f"{settings.judge.model}: can be made; --call-models calls it"


def _wandb(settings: Settings) -> str:
    from evals.tracking.wandb import WandbTracker

    tracker = WandbTracker(settings.tracking, settings.evals.folder)
    server = tracker.server()
    if server is None:
        return "W&B: offline; runs are recorded, and `wandb sync` sends them"
    _reach(f"{server.rstrip('/')}/healthz", "W&B", any_status=True)
    return f"W&B: {shown(server)} can be reached, and there is a key"


def _mlflow(settings: Settings) -> str:
    url = settings.tracking.mlflow_url
    if url is None or not url.startswith(("http://", "https://")):
        return f"MLflow: a file in {writable(settings.evals.folder)}"
    _reach(f"{url.rstrip('/')}/health", "MLflow")
    return f"MLflow: {shown(url)} can be reached"


def _reach(url: str, named: str, *, any_status: bool = False) -> None:
    import httpx

    try:
        answer = httpx.get(url, timeout=TIMEOUT_S, follow_redirects=True)
    except httpx.HTTPError as error:
        raise CheckFailed(f"{named}: {shown(url)} cannot be reached: {error}") from error
    if not (any_status or answer.is_success):
        raise CheckFailed(f"{named}: {shown(url)}: status {answer.status_code}")
