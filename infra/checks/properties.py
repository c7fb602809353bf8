"""Hold what our files say of resources against what the resources have (azure.json, aws.json), and against values
that must be so and that checkov has no checks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
# What Bicep and Terraform add to every resource.
BICEP_OWN = frozenset({"name", "parent", "scope", "dependsOn"})
TERRAFORM_OWN = frozenset({"count", "for_each", "depends_on", "lifecycle", "provider", "dynamic"})
# checkov has no check that names Container Apps, Azure Managed Redis or PostgreSQL's flexible server.
REQUIRED: Mapping[str, Mapping[str, Any]] = {
    "Microsoft.App/containerApps": {
        "identity.type": "UserAssigned",
        "properties.configuration.ingress.allowInsecure": False,
    },
    "Microsoft.Cache/redisEnterprise": {
        "properties.minimumTlsVersion": "1.2",
        "properties.publicNetworkAccess": "Disabled",
    },
    "Microsoft.Cache/redisEnterprise/databases": {
        "properties.clientProtocol": "Encrypted",
        "properties.clusteringPolicy": "NoCluster",
        "properties.port": 10000,
    },
    "Microsoft.DBforPostgreSQL/flexibleServers": {
        "properties.authConfig.activeDirectoryAuth": "Enabled",
        "properties.authConfig.passwordAuth": "Disabled",
        "properties.network.publicNetworkAccess": "Disabled",
    },
    "Microsoft.KeyVault/vaults": {
        "properties.enableRbacAuthorization": True,
        "properties.enablePurgeProtection": True,
        "properties.publicNetworkAccess": "Disabled",
    },
}
# A part of a resource that may be left out as a whole: a worker has no ingress.
OPTIONAL = frozenset({"properties.configuration.ingress"})


def schema(name: str) -> dict[str, Any]:
    """azure or aws, as `python -m infra.checks.schemas` wrote it."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def check_bicep(file: str, parsed: Mapping[str, Any], azure: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the resources of a file, one line each."""
    variables = {name: one["value"] for name, one in parsed.get("variables", {}).items()}
    names = {*variables, *parsed.get("parameters", {})}
    for symbol, one in parsed.get("resources", {}).items():
        if one["existing"]:
            continue
        where, kind = f"{file}: {symbol}", one["type"]
        of = azure["types"].get(kind)
        if of is None:
            yield f"{where}: nothing is known of {kind}; add it to infra/checks/schemas.py."
            continue
        if one["api_version"] != of["version"]:
            yield f"{where}: version {one['api_version']}; what is known of {kind} is {of['version']}."
        config = _object(one["config"])
        own = {key: value for key, value in config.items() if key not in BICEP_OWN}
        reader = _Bicep(azure["models"], variables, names)
        yield from reader.check(where, own, {"model": of["model"]})
        yield from _required(where, config, REQUIRED.get(kind, {}))


def _required(where: str, config: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[str]:
    for path, wanted in values.items():
        found: Any = config
        steps = path.split(".")
        for number, step in enumerate(steps):
            if (
                isinstance(found, Mapping)
                and step not in found
                and ".".join(steps[: number + 1]) in OPTIONAL
            ):
                found = wanted
                break
            found = found.get(step) if isinstance(found, Mapping) else None
        if found != wanted:
            yield f"{where}: {path} must be {wanted!r}, and is {found!r}."


def _object(config: Any) -> Any:
    """A resource's object, where it stands in a loop or under a condition."""
    while (
        isinstance(config, dict)
        and "config" in config
        and {"loop_type", "condition"} & config.keys()
    ):
        config = config["config"]
    return config


class _Bicep:
    """Compares values with models. Names of variables are followed, other expressions are passed over.

    Args:
        names: of variables and parameters, which pycep gives like strings.
    """

    def __init__(
        self, models: Mapping[str, Any], variables: Mapping[str, Any], names: set[str]
    ) -> None:
        self._models, self._variables, self._names = models, variables, names

    def check(self, where: str, value: Any, of: Mapping[str, Any]) -> Iterator[str]:
        if isinstance(value, list):
            for number, one in enumerate(value):
                yield from self.check(f"{where}[{number}]", one, of)
        elif isinstance(value, str):
            if value in self._variables:
                yield from self.check(where, self._variables[value], of)
            elif (
                value not in self._names
                and value not in of.get("choices", [value])
                and "${" not in value
            ):
                yield f"{where} is {value!r}; it may be {', '.join(of['choices'])}."
        elif isinstance(value, dict):
            yield from self._check_dict(where, value, of)

    def _check_dict(
        self, where: str, value: dict[str, Any], of: Mapping[str, Any]
    ) -> Iterator[str]:
        if "loop_type" in value:
            yield from self.check(where, value["config"], of)
        elif value.keys() == {"operator"}:
            operands = value["operator"]["operands"]
            for branch in ("true_value", "false_value"):
                yield from self.check(where, operands.get(branch), of)
        elif value.keys() == {"function"}:
            if value["function"]["type"] == "concat":
                for one in value["function"]["parameters"].values():
                    yield from self.check(where, one, of)
        elif of.get("map"):
            for key, one in value.items():
                yield from self.check(f"{where}.{key}", one, {"model": of["model"]})
        else:
            properties = of.get("properties") or self._models.get(of.get("model", ""))
            if properties is None:
                return  # a free mapping, such as tags
            for key, one in value.items():
                if key not in properties:
                    close = ", ".join(sorted(properties))
                    yield f"{where}.{key}: there is no such property; there are {close}."
                else:
                    yield from self.check(f"{where}.{key}", one, properties[key])


def check_terraform(file: str, parsed: Mapping[str, Any], aws: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the resources and data of a file, one line each."""
    for block, prefix in (("resource", ""), ("data", "data.")):
        for kind, named in ((k, v) for one in parsed.get(block, []) for k, v in one.items()):
            for name, body in named.items():
                where = f"{file}: {prefix}{kind}.{name}"
                of = aws["types"].get(prefix + kind)
                if of is None:
                    yield f"{where}: nothing is known of it; run python -m infra.checks.schemas."
                    continue
                own = {k: v for k, v in body.items() if k not in TERRAFORM_OWN}
                for one in body.get("dynamic", []):
                    own.update({k: v["content"] for k, v in one.items()})
                yield from _arguments(where, own, aws["models"], of["model"])


def _arguments(
    where: str, body: Mapping[str, Any], models: Mapping[str, Any], model: str
) -> Iterator[str]:
    known = models[model]
    given = {key for key in body if not key.startswith("__")}
    for key in sorted(given - known.keys()):
        yield f"{where}: there is no argument {key}; there are {', '.join(sorted(known))}."
    for key in sorted(key for key, one in known.items() if one.get("needed") and key not in given):
        yield f"{where}: the argument {key} is missing."
    for key in sorted(given & known.keys()):
        inner = known[key].get("model")
        for one in body[key] if inner else []:
            for block in one if isinstance(one, list) else [one]:
                if isinstance(block, dict):
                    yield from _arguments(f"{where}.{key}", block, models, inner)


def check_parameters(folder: Path, main: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the parameter files of main.bicep, one line each."""
    declared = main.get("parameters", {})
    types = {"string": str, "int": int, "bool": bool, "array": list, "object": dict}
    for file in sorted(folder.glob("*.parameters.json")):
        try:
            given = json.loads(file.read_text("utf-8"))["parameters"]
        except (ValueError, KeyError, TypeError) as error:
            yield f"{file.name}: no file of parameters: {error}."
            continue
        for name in sorted(given.keys() - declared.keys()):
            yield f"{file.name}: main.bicep has no parameter {name}."
        for name, one in declared.items():
            if name not in given:
                if one.get("default") is None:
                    yield f"{file.name}: the parameter {name} is missing."
            elif type(given[name]["value"]) is not types.get(
                one.get("type"), type(given[name]["value"])
            ):
                yield f"{file.name}: {name} must be of type {one['type']}."
