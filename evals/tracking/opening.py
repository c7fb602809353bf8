"""Pick the tracker that the settings name. An implementation's library is loaded when it logs."""

from __future__ import annotations

from evals.settings import Settings
from evals.tracking.tracker import Tracker


def open_tracker(settings: Settings) -> Tracker:
    """The tracker of `tracking.tracker`.

    Raises:
        TrackerError: its library is not installed.
    """
    wanted, folder = settings.tracking, settings.evals.folder
    if wanted.tracker == "wandb":
        from evals.tracking.wandb import WandbTracker

        return WandbTracker(wanted, folder)
    if wanted.tracker == "mlflow":
        from evals.tracking.mlflow import MlflowTracker

        return MlflowTracker(wanted, folder)
    from evals.tracking.nowhere import Nowhere

    return Nowhere()
