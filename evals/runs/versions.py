"""The version of a dataset: its content by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from evals.cases.case import Case
from evals.runs.run import DatasetVersion


def dataset_version(name: str, cases: Sequence[Case]) -> DatasetVersion:
    """The version of these cases: the same, whatever their order and however they are written."""
    rows = sorted(json.dumps(case.model_dump(mode="json"), sort_keys=True) for case in cases)
    content = "\n".join(rows).encode("utf-8", "surrogatepass")
    return DatasetVersion(name=name, hash=hashlib.sha256(content).hexdigest(), cases=len(cases))
