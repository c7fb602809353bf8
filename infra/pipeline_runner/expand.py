"""Expand a pipeline: templates, typed parameters, `if`, `each`, compile-time variables.

What Azure describes at https://learn.microsoft.com/azure/devops/pipelines/process/templates, as far as
our pipelines use it. Anything else is an error, so that no part of a pipeline is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.pipeline_runner.expressions import PipelineError, as_text, evaluate, is_true

BRACES = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
DIRECTIVE = re.compile(r"^\$\{\{\s*(if|elseif|else|each|insert)\b(.*?)\}\}$", re.DOTALL)
EACH = re.compile(r"^\s*(\w+)\s+in\s+(.*)$", re.DOTALL)
# What stands in a list that a template can fill, by the key of that list.
FILLED = {"stages", "jobs", "steps", "variables"}
PARAMETER_TYPES = ("string", "number", "boolean", "object", "stepList", "jobList", "stageList")
NESTED_AT_MOST = 20  # Azure's own limit

# What may stand where; a key that is not here may be misspelt, or is not covered.
PIPELINE_KEYS = {
    "name", "trigger", "pr", "schedules", "pool", "variables", "parameters", "stages", "jobs",
    "steps", "extends", "lockBehavior", "resources",
}  # fmt: skip
STAGE_KEYS = {
    "stage", "displayName", "dependsOn", "condition", "variables", "jobs", "lockBehavior", "pool",
    "trigger", "isSkippable",
}  # fmt: skip
JOB_KEYS = {
    "job", "deployment", "displayName", "dependsOn", "condition", "pool", "steps", "variables",
    "timeoutInMinutes", "cancelTimeoutInMinutes", "environment", "strategy", "workspace",
}  # fmt: skip
STEP_KEYS = {
    "task", "script", "bash", "checkout", "download", "publish", "displayName", "name", "condition",
    "env", "inputs", "artifact", "continueOnError", "timeoutInMinutes", "fetchDepth",
    "workingDirectory", "patterns", "retryCountOnTaskFailure", "persistCredentials",
}  # fmt: skip
HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")


def expand(
    file: Path, root: Path, parameters: Mapping[str, Any] | None = None, **variables: str
) -> dict[str, Any]:
    """The pipeline of a file with nothing left to expand.

    Args:
        file: the pipeline's YAML file.
        root: the repository, from which template paths that begin with / are read.
        parameters: as they are given when the pipeline is run; else their defaults.
        variables: predefined ones that Azure knows at this time, `Build_Reason` for Build.Reason.

    Raises:
        PipelineError: Azure would refuse it, or it uses what is not covered here.
    """
    predefined = {name.replace("_", "."): value for name, value in variables.items()}
    found = _Expander(root.resolve(), predefined).pipeline(file.resolve(), parameters or {})
    check(found, file.name)
    return found


# LibYAML's parser reads the same YAML some ten times as fast.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """YAML as Azure reads it: `on`, `off`, `yes` and `no` are texts; a key may stand once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twice := {str(key) for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(
                None, None, f"{', '.join(twice)} stands there twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


BOOLEAN = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    BOOLEAN, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


class _Expander:
    def __init__(self, root: Path, predefined: Mapping[str, str]) -> None:
        self._root = root
        self._variables: dict[str, Any] = dict(predefined)

    def pipeline(self, file: Path, given: Mapping[str, Any]) -> dict[str, Any]:
        content = _read(file)
        context = self._context(file, content.pop("parameters", []), given)
        extends = content.pop("extends", None)
        self._know(content.get("variables"), file, context)
        found = {
            key: value
            if key in ("trigger", "pr", "schedules")
            else self._value(value, context, file, 0)
            for key, value in content.items()
        }
        if extends is None:
            return found
        both = self._template(self._value(extends, context, file, 0), file, 0)
        for key, value in found.items():
            if key == "variables" and "variables" in both:
                both["variables"] = [*value, *both["variables"]]
            elif key in both:
                raise PipelineError(
                    f"{file.name}: {key} stands in the template that it extends, too"
                )
            else:
                both[key] = value
        return both

    def _know(self, declared: Any, file: Path, context: Mapping[str, Any]) -> None:
        """Make variables with a value known to expressions that follow."""
        for one in self._value(declared or [], context, file, 0):
            if isinstance(one, Mapping) and "name" in one:
                self._variables[one["name"]] = one.get("value", "")

    def _context(self, file: Path, declared: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(declared, list):
            raise PipelineError(f"{file.name}: parameters must be a list with name and type")
        values: dict[str, Any] = {}
        for one in declared:
            if unknown := set(one) - {"name", "type", "default", "values", "displayName"}:
                raise PipelineError(f"{file.name}: parameter {one.get('name')}: what is {unknown}?")
            name = one["name"]
            if name in given:
                value = given[name]
            elif "default" in one:
                value = one["default"]
            else:
                raise PipelineError(f"{file.name}: the parameter {name} has no value")
            values[name] = _typed(value, one, file.name)
        if unknown := set(given) - set(values):
            raise PipelineError(f"{file.name}: there is no parameter {', '.join(sorted(unknown))}")
        return {"parameters": values, "variables": self._variables}

    def _template(self, reference: Mapping[str, Any], file: Path, depth: int) -> dict[str, Any]:
        if depth > NESTED_AT_MOST:
            raise PipelineError(
                f"{file.name}: templates are nested more than {NESTED_AT_MOST} deep"
            )
        if unknown := set(reference) - {"template", "parameters"}:
            raise PipelineError(f"{file.name}: a template takes no {', '.join(sorted(unknown))}")
        name = str(reference["template"])
        if "@" in name:
            raise PipelineError(f"{name}: templates of other repositories are not covered here")
        path = self._root / name[1:] if name.startswith("/") else file.parent / name
        content = _read(path)
        context = self._context(
            path, content.pop("parameters", []), reference.get("parameters") or {}
        )
        self._know(content.get("variables"), path, context)
        return {key: self._value(value, context, path, depth + 1) for key, value in content.items()}

    def _value(self, value: Any, context: Mapping[str, Any], file: Path, depth: int) -> Any:
        if isinstance(value, str):
            return self._text(value, context, file)
        if isinstance(value, list):
            return list(self._items(value, context, file, depth))
        if isinstance(value, Mapping):
            return self._mapping(value, context, file, depth)
        return value

    def _text(self, text: str, context: Mapping[str, Any], file: Path) -> Any:
        try:
            whole = BRACES.fullmatch(text.strip())
            if whole is not None and "${{" not in whole.group(1):
                return evaluate(whole.group(1), context, {})
            found = BRACES.sub(lambda match: as_text(evaluate(match.group(1), context, {})), text)
        except PipelineError as error:
            raise PipelineError(f"{file.name}: {error}") from error
        if "${{" in found:
            raise PipelineError(f"{file.name}: an expression does not end: {text!r}")
        return found

    def _mapping(
        self, value: Mapping[str, Any], context: Mapping[str, Any], file: Path, depth: int
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, inner, scope in self._chosen(value.items(), context, file):
            if key is None:
                part = self._value(inner, scope, file, depth)
                if not isinstance(part, Mapping):
                    raise PipelineError(
                        f"{file.name}: {inner!r} is put among keys and is no mapping"
                    )
                found.update(part)
            else:
                found[as_text(self._text(str(key), scope, file))] = self._value(
                    inner, scope, file, depth
                )
        return found

    def _items(
        self, items: list[Any], context: Mapping[str, Any], file: Path, depth: int
    ) -> Iterable[Any]:
        # An `if` and its `else` are items of their own in a list.
        flat: list[tuple[Any, Any]] = []
        for item in items:
            if isinstance(item, Mapping) and len(item) == 1 and _directive(next(iter(item))):
                flat.append(next(iter(item.items())))
            else:
                flat.append(("-", item))
        for key, inner, scope in self._chosen(flat, context, file):
            if key is None:
                if not isinstance(inner, list):
                    raise PipelineError(f"{file.name}: {inner!r} is put among items and is no list")
                yield from self._items(inner, scope, file, depth)
            elif isinstance(inner, Mapping) and "template" in inner:
                reference = self._value(inner, scope, file, depth)
                content = self._template(reference, file, depth + 1)
                filled = [name for name in content if name in FILLED]
                if len(filled) != 1 or len(content) != 1:
                    raise PipelineError(
                        f"{reference['template']}: a template that is put in has one of "
                        f"{', '.join(sorted(FILLED))}, and this has {', '.join(content) or 'nothing'}"
                    )
                yield from content[filled[0]]
            else:
                value = self._value(inner, scope, file, depth)
                # An expression that gives a list stands for its items.
                yield from value if isinstance(inner, str) and isinstance(value, list) else [value]

    def _chosen(
        self, pairs: Iterable[tuple[Any, Any]], context: Mapping[str, Any], file: Path
    ) -> Iterable[tuple[Any, Any, Mapping[str, Any]]]:
        """What is left once `if`, `else` and `each` are decided; the key None is to be put in."""
        # Whether an `else` may follow, and whether one before it held.
        open_if, taken = False, False
        for key, inner in pairs:
            directive = _directive(key)
            if directive is None:
                open_if = False
                yield key, inner, context
                continue
            word, rest = directive
            try:
                if word == "if":
                    open_if, taken = True, is_true(evaluate(rest, context, {}))
                    if taken:
                        yield None, inner, context
                elif word in ("elseif", "else"):
                    if not open_if:
                        raise PipelineError(f"{word} has no if before it")
                    holds = not taken and (word == "else" or is_true(evaluate(rest, context, {})))
                    open_if, taken = word == "elseif", taken or holds
                    if holds:
                        yield None, inner, context
                elif word == "each":
                    open_if = False
                    match = EACH.match(rest)
                    if match is None:
                        raise PipelineError(f"each {rest}: write each NAME in LIST")
                    for one in _each(evaluate(match.group(2), context, {})):
                        yield None, inner, {**context, match.group(1): one}
                else:
                    raise PipelineError(f"{word} is not covered here")
            except PipelineError as error:
                raise PipelineError(f"{file.name}: {error}") from error


def check(pipeline: Mapping[str, Any], name: str) -> None:
    """Refuse keys that are not covered, names that are there twice, and `dependsOn` without a target.

    Raises:
        PipelineError: the first one that is found.
    """
    _check_keys(pipeline, PIPELINE_KEYS, name)
    stages = pipeline.get("stages") or [{"stage": "", "jobs": pipeline.get("jobs", [])}]
    seen: list[str] = []
    for stage in stages:
        _check_keys(stage, STAGE_KEYS, f"{name}: stage {stage.get('stage')}")
        _check_depends(stage, seen, f"{name}: stage {stage['stage']}")
        seen.append(stage["stage"])
        jobs: list[str] = []
        for job in stage.get("jobs", []):
            kind = "deployment" if "deployment" in job else "job"
            where = f"{name}: {stage['stage']}/{job.get(kind)}"
            _check_keys(job, JOB_KEYS, where)
            _check_depends(job, jobs, where, kind)
            jobs.append(job[kind])
            for _, steps in steps_of(job):
                for step in steps:
                    _check_keys(step, STEP_KEYS, f"{where}: step {step.get('displayName')}")


def steps_of(job: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The steps of a job by hook; the hook of a job that deploys nothing is the empty text.

    Raises:
        PipelineError: its strategy is not covered.
    """
    if "deployment" not in job:
        return [("", job.get("steps", []))]
    strategy = job.get("strategy", {})
    if set(strategy) != {"runOnce"}:
        # `canary` needs a Kubernetes resource, `rolling` virtual machines.
        raise PipelineError(f"{job['deployment']}: only the strategy runOnce is covered here")
    hooks = dict(strategy["runOnce"])
    after = hooks.pop("on", {})
    if unknown := set(hooks) - set(HOOKS) | set(after) - {"success", "failure"}:
        raise PipelineError(f"{job['deployment']}: there is no hook {', '.join(sorted(unknown))}")
    found = [(hook, hooks[hook]["steps"]) for hook in HOOKS if hook in hooks]
    return found + [(f"on.{name}", after[name]["steps"]) for name in after]


def _check_keys(found: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := set(found) - known:
        raise PipelineError(f"{where}: {', '.join(sorted(map(str, unknown)))} is not covered here")


def _check_depends(
    one: Mapping[str, Any], seen: list[str], where: str, kind: str = "stage"
) -> None:
    if one[kind] in seen:
        raise PipelineError(f"{where}: the name {one[kind]} is there twice")
    depends = one.get("dependsOn", [])
    for name in [depends] if isinstance(depends, str) else depends:
        if name not in seen:
            raise PipelineError(f"{where}: depends on {name}, which does not come before it")


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.load(file.read_text("utf-8"), _Loader)  # noqa: S506 (a safe loader)
    except OSError as error:
        raise PipelineError(f"{file}: there is no such template") from error
    except yaml.YAMLError as error:
        raise PipelineError(f"{file.name}: is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise PipelineError(f"{file.name}: a pipeline is a mapping")
    return content


def _directive(key: Any) -> tuple[str, str] | None:
    match = DIRECTIVE.match(key.strip()) if isinstance(key, str) else None
    return (match.group(1), match.group(2)) if match else None


def _each(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        return [{"key": key, "value": one} for key, one in value.items()]
    raise PipelineError(f"each cannot go through {value!r}")


def _typed(value: Any, declared: Mapping[str, Any], file: str) -> Any:
    name, kind = declared["name"], declared.get("type", "string")
    if kind not in PARAMETER_TYPES:
        raise PipelineError(f"{file}: parameter {name}: the type {kind} is not covered here")
    fits: dict[str, Callable[[], bool]] = {
        "string": lambda: isinstance(value, str | int | float) and not isinstance(value, bool),
        "number": lambda: re.fullmatch(r"-?\d+(\.\d+)?", str(value)) is not None,
        "boolean": lambda: isinstance(value, bool) or str(value).lower() in ("true", "false"),
        "object": lambda: True,
    }
    if not fits.get(kind, lambda: isinstance(value, list))():
        raise PipelineError(f"{file}: parameter {name}: {value!r} is no {kind}")
    if kind == "boolean" and not isinstance(value, bool):
        value = str(value).lower() == "true"
    if kind == "string":
        value = str(value)
    if "values" in declared and value not in declared["values"]:
        allowed = ", ".join(map(str, declared["values"]))
        raise PipelineError(f"{file}: parameter {name}: {value!r} is not among {allowed}")
    return value
