"""Which worker runs which files, and when: a worker takes a file at a time, with all its tests."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

# They come first, so that none is still running when all others have ended.
LONGEST = (
    "tests/ingestion/sync/engines/test_on_ray.py",
    "tests/ingestion/embedding/test_embedder.py",
    "tests/evals/tracking/test_mlflow.py",
    "tests/app/api/test_batches.py",
    "tests/app/jobs/test_process_queue.py",
    "tests/app/api/test_jobs.py",
    "tests/evals/commands/test_run_command.py",
    "tests/e2e/test_command_line.py",
    "tests/clients/typescript/test_types.py",
    "tests/clients/python/test_retries.py",
    "tests/clients/python/test_document_sets.py",
    "tests/app/releases/test_rollout.py",
    "tests/infra/pipelines/test_serving_steps.py",
    "tests/infra/pipelines/test_container_apps.py",
    "tests/ingestion/sources/test_emulators.py",
)
# One worker runs all files of a group: each import or server takes seconds, and torch 350 MB.
TOGETHER = {
    "torch": (
        "tests/app/answering/test_reranking.py",
        "tests/ingestion/embedding/test_embedder.py",
        "tests/ingestion/embedding/test_onnx_export.py",
        "tests/ingestion/test_exported_models.py",
    ),
    "MLflow's server": (
        "tests/evals/tracking/test_mlflow.py",
        "tests/evals/tracking/test_trackers.py",
    ),
}
_GROUPS = {file: group for group, files in TOGETHER.items() for file in files}


def place(nodeid: str) -> int:
    """Where a test comes in the order of all: by its file, among those that take longest."""
    file = nodeid.partition("::")[0]
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)


class GroupedFiles(LoadFileScheduling):
    """Files to workers, and all files of a group to the same."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return _GROUPS.get(file, file)
