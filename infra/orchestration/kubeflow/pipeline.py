"""Re-index, evaluate, gate, promote: see docs/how-to/run-in-an-orchestrator.md.

PLUMB_IMAGE=REPOSITORY@sha256:… python infra/orchestration/kubeflow/pipeline.py pipeline.yaml
"""

import os
import sys

from kfp import compiler, dsl, kubernetes

IMAGE = os.environ.get("PLUMB_IMAGE", "registry.example.org/plumbline-evaluate:1")
# Where the Secret `plumbline` is mounted; its keys are variables, as in infra/kubernetes.
MOUNT = "/run/secrets/plumbline"


@dsl.container_component
def index(source: str, index_url: str, candidate: dsl.Output[dsl.Artifact]):
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["plumb"],
        args=[
            "ingest", source, "--no-publish", "--index-url", index_url, "--why", "Kubeflow",
            "--output", candidate.path,
        ],
    )  # fmt: skip


@dsl.container_component
def evaluate_live(suite: str, index_url: str, max_cost: float, run: dsl.Output[dsl.Artifact]):
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["plumb"],
        args=[
            "eval", "run", suite, "--prompt", "production", "--index-url", index_url,
            "--max-cost", max_cost, "--output", run.path,
        ],
    )  # fmt: skip


@dsl.container_component
def evaluate_candidate(
    suite: str,
    candidate: dsl.Input[dsl.Artifact],
    index_url: str,
    max_cost: float,
    run: dsl.Output[dsl.Artifact],
):
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["plumb"],
        args=[
            "eval", "run", suite, "--prompt", "production", "--index-version", candidate.path,
            "--index-url", index_url, "--max-cost", max_cost, "--output", run.path,
        ],
    )  # fmt: skip


@dsl.container_component
def gate(
    suite: str,
    live_run: dsl.Input[dsl.Artifact],
    candidate_run: dsl.Input[dsl.Artifact],
    verdict: dsl.Output[dsl.Artifact],
    junit: dsl.Output[dsl.Artifact],
    markdown: dsl.Output[dsl.Markdown],
    html: dsl.Output[dsl.HTML],
):
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["plumb"],
        args=[
            "eval", "gate", "--suite", suite, "--baseline", live_run.path,
            "--candidate", candidate_run.path, "--output", verdict.path, "--junit", junit.path,
            "--markdown", markdown.path, "--html", html.path,
        ],
    )  # fmt: skip


@dsl.container_component
def promote(candidate: dsl.Input[dsl.Artifact], verdict: dsl.Input[dsl.Artifact], index_url: str):
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["plumb"],
        args=[
            "index", "promote", candidate.path, "--verdict", verdict.path, "--index-url", index_url,
            "--why", "Kubeflow",
        ],
    )  # fmt: skip


@dsl.pipeline(
    name="plumbline-reindex", description="A new index version goes live if the gate lets it pass."
)
def reindex(
    source: str,
    index_url: str = "http://qdrant:6333",
    suite: str = "handbook",
    max_cost: float = 5.0,
):
    indexed = index(source=source, index_url=index_url)
    candidate = indexed.outputs["candidate"]
    live = evaluate_live(suite=suite, index_url=index_url, max_cost=max_cost).after(indexed)
    new = evaluate_candidate(
        suite=suite, candidate=candidate, index_url=index_url, max_cost=max_cost
    )
    judged = gate(suite=suite, live_run=live.outputs["run"], candidate_run=new.outputs["run"])
    promoted = promote(candidate=candidate, verdict=judged.outputs["verdict"], index_url=index_url)
    for task in (indexed, live, new, judged, promoted):
        # The same inputs give other results: documents change, and so does what is live.
        task.set_caching_options(False)
        task.set_env_variable("PLUMB_SECRETS_DIR", MOUNT)
        kubernetes.use_secret_as_volume(task, "plumbline", mount_path=MOUNT)
    # What was embedded or answered is kept, where evals.folder is on a volume; a gate is not to be repeated.
    for task in (indexed, live, new):
        task.set_retry(2)


if __name__ == "__main__":
    compiler.Compiler().compile(reindex, sys.argv[1])
