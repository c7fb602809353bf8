"""The version of a dataset: a hash of its cases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from evals.datasets.case import Case


class DatasetVersion(BaseModel):
    """A dataset's content, by name and hash.

    Attributes:
        name: the file's or folder's name.
        hash: SHA-256 (hex) of its cases, whatever their order or spacing.
        cases: how many.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    hash: str
    cases: int


def dataset_version(name: str, cases: Sequence[Case]) -> DatasetVersion:
    """The version of these cases: the same, whatever their order and however they are written."""
    rows = sorted(json.dumps(case.model_dump(mode="json"), sort_keys=True) for case in cases)
    content = "\n".join(rows).encode("utf-8", "surrogatepass")
    return DatasetVersion(name=name, hash=hashlib.sha256(content).hexdigest(), cases=len(cases))
