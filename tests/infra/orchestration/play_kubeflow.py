"""Run the Kubeflow pipeline by KFP's own local runner; a process stands for each container.

Runs in Kubeflow's environment: play_kubeflow.py PIPELINE ROOT NAME=VALUE…
"""

import os
import runpy
import subprocess
import sys
import types

# The runner for containers imports Docker's client, of which nothing is used here.
sys.modules["docker"] = types.SimpleNamespace(DockerClient=object)

from kfp import local  # noqa: E402
from kfp.local import docker_task_handler, executor_output_utils, status  # noqa: E402

add_type = executor_output_utils.add_type_to_executor_output


def run(self):
    """Run a container's command as it is."""
    # No secret is mounted here.
    assert self.env_vars.pop("PLUMB_SECRETS_DIR")
    done = subprocess.run(self.full_command, env={**os.environ, **self.env_vars}, check=False)
    return status.Status.SUCCESS if done.returncode == 0 else status.Status.FAILURE


def take_files(executor_input, executor_output):
    """On a cluster the launcher takes what a container wrote; the local runner waits for Python's executor."""
    for name, artifacts in executor_input.outputs.artifacts.items():
        executor_output.artifacts[name].CopyFrom(artifacts)
    return add_type(executor_input=executor_input, executor_output=executor_output)


executor_output_utils.add_type_to_executor_output = take_files
docker_task_handler.DockerTaskHandler.run = run
pipeline, root, *pairs = sys.argv[1:]
local.init(runner=local.DockerRunner(), pipeline_root=root, raise_on_error=True)
values = dict(pair.split("=", 1) for pair in pairs)
if "max_cost" in values:
    values["max_cost"] = float(values["max_cost"])
runpy.run_path(pipeline)["reindex"](**values)
