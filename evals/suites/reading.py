"""Read a suite from its YAML file."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from evals.errors import SuiteError
from evals.suites.suite import GateRules, MetricRule, Suite

SHIPPED = Path(__file__).parent
SUFFIXES = (".yaml", ".yml")


def shipped_suites() -> list[str]:
    """Names of the suites that come with Plumbline."""
    return sorted(file.stem for file in SHIPPED.glob("*.yaml"))


def read_suite(given: str) -> Suite:
    """A suite, with the whole path of its dataset.

    Args:
        given: a YAML file, or the name of a shipped suite.

    Raises:
        SuiteError: there is none, or it is malformed; names the file, the field and the mend.
    """
    file = _file(given)
    content = _content(file)
    try:
        suite = Suite.model_validate(content)
    except ValidationError as error:
        # A misspelt field is why another one is missing.
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        raise SuiteError(f"{file}: {_explained(first)}.") from error
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


def _content(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SuiteError(
            f"{file}: {error.strerror or error}; name a file that can be read."
        ) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise SuiteError(
            f"{file}: cannot be read as YAML: {' '.join(str(error).split())}; mend it there."
        ) from error
    if not isinstance(content, dict):
        raise SuiteError(
            f"{file}: must be a mapping of fields: name, description, dataset, document_set, metrics."
        )
    return content


def _explained(problem: Any) -> str:
    """One problem in words: the field, what is wrong, the mend."""
    where = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        *path, name = (str(part) for part in problem["loc"])
        known = list(_part(path).model_fields)
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"the fields are {', '.join(known)}"
        return f"{where}: there is no such field; {hint}"
    if problem["type"] == "missing":
        return f"{where}: is missing; add it"
    if problem["type"] == "tuple_type":
        return f"{where}: takes a list, for example [{problem['input']}]"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')} (given: {problem['input']!r})"


def _part(path: list[str]) -> type[BaseModel]:
    """The model that a field at `path` belongs to."""
    if not path:
        return Suite
    return GateRules if path == ["gate"] else MetricRule
