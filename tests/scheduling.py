"""Which worker runs which files, and when: a worker takes a file at a time, with all its tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from xdist.scheduler import LoadFileScheduling

# They come first, so that none is still running when all others have ended.
LONGEST = (
    "tests/infra/monitoring/test_watched.py",
    "tests/ingestion/sync/engines/test_on_ray.py",
    "tests/ingestion/embedding/test_embedder.py",
    "tests/evals/tracking/test_mlflow.py",
    "tests/app/jobs/test_process_queue.py",
    "tests/ingestion/sources/test_emulators.py",
    "tests/app/api/test_batches.py",
    "tests/app/api/test_jobs.py",
    "tests/evals/commands/test_run_command.py",
    "tests/e2e/test_command_line.py",
    "tests/clients/python/test_examples.py",
    "tests/clients/python/test_retries.py",
    "tests/clients/python/test_document_sets.py",
    "tests/clients/typescript/test_types.py",
    "tests/app/releases/test_rollout.py",
    "tests/infra/pipelines/test_serving_steps.py",
    "tests/infra/pipelines/test_container_apps.py",
    "tests/app/test_without_torch.py",
    "tests/app/cli/test_mcp.py",
)
# One worker runs all files of a group: each import or server takes seconds, and torch 350 MB.
TOGETHER = {
    "torch": (
        "tests/app/answering/test_reranking.py",
        "tests/ingestion/embedding/test_embedder.py",
        "tests/ingestion/embedding/test_onnx_export.py",
        "tests/ingestion/test_exported_models.py",
        "tests/ingestion/test_trust.py",
    ),
    "MLflow's server": (
        "tests/evals/tracking/test_mlflow.py",
        "tests/evals/tracking/test_trackers.py",
    ),
}
# They start no service, and need little memory. The worker that keeps torch takes these first.
LIGHT = ("tests/ingestion/", "tests/prompts/", "tests/evals/gate/", "tests/evals/statistics/")
_GROUPS = {file: group for group, files in TOGETHER.items() for file in files}


def place(nodeid: str) -> int:
    """Where a test comes in the order of all: by its file, among those that take longest."""
    file = nodeid.partition("::")[0]
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)


def chosen(waiting: Iterable[str], had: Collection[str]) -> str:
    """Which of the files and groups that wait a worker gets that has had others."""
    first, *others = waiting
    if "torch" not in had:
        return first
    return next((one for one in (first, *others) if one.startswith(LIGHT)), first)


class GroupedFiles(LoadFileScheduling):
    """Files to workers, and all files of a group to the same."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return _GROUPS.get(file, file)

    def _assign_work_unit(self, node: Any) -> None:
        had = self.assigned_work.get(node, {})
        self.workqueue.move_to_end(chosen(self.workqueue, had), last=False)
        super()._assign_work_unit(node)
