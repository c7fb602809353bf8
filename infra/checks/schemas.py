"""What a resource may hold, taken from packages that vendors publish, so that no cloud is needed to know it.

    python -m infra.checks.schemas FOLDER     writes azure.json and aws.json beside this file

FOLDER holds the wheels of `SOURCES`, as `pip download --no-deps` gets them. Azure's management packages have
the names of properties and the values of their choices; the AWS provider's bindings for Python have the
arguments of every resource, and which are needed. Only the types that our files use are kept.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.checks.declared import declared_bicep, declared_terraform

FOLDER = Path(__file__).parent
INFRA = FOLDER.parent
# Resource type -> wheel, module with its models, class. The API version is the package's own.
AZURE = {
    "Microsoft.App/containerApps": ("appcontainers-5.1.0", "", "ContainerApp"),
    "Microsoft.App/managedEnvironments": ("appcontainers-5.1.0", "", "ManagedEnvironment"),
    "Microsoft.App/managedEnvironments/storages": ("appcontainers-5.1.0", "", "ManagedEnvironmentStorage"),
    "Microsoft.Authorization/roleAssignments": ("authorization-4.0.0", "v2022_04_01", "RoleAssignmentCreateParameters"),
    "Microsoft.Cache/redisEnterprise": ("redisenterprise-3.1.0", "", "Cluster"),
    "Microsoft.Cache/redisEnterprise/databases": ("redisenterprise-3.1.0", "", "Database"),
    "Microsoft.Consumption/budgets": ("consumption-11.0.0", "", "Budget"),
    "Microsoft.ContainerRegistry/registries": ("containerregistry-15.0.0", "", "Registry"),
    "Microsoft.DBforPostgreSQL/flexibleServers": ("postgresqlflexibleservers-3.0.0", "", "Server"),
    "Microsoft.DBforPostgreSQL/flexibleServers/administrators": ("postgresqlflexibleservers-3.0.0", "", "AdministratorMicrosoftEntraAdd"),
    "Microsoft.DBforPostgreSQL/flexibleServers/databases": ("postgresqlflexibleservers-3.0.0", "", "Database"),
    "Microsoft.Insights/components": ("applicationinsights-4.1.0", "v2020_02_02", "ApplicationInsightsComponent"),
    "Microsoft.Insights/diagnosticSettings": ("monitor-6.0.2", "v2021_05_01_preview", "DiagnosticSettingsResource"),
    "Microsoft.KeyVault/vaults": ("keyvault-14.1.0", "", "VaultCreateOrUpdateParameters"),
    "Microsoft.KeyVault/vaults/secrets": ("keyvault-14.1.0", "", "SecretCreateOrUpdateParameters"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": ("msi-7.1.0", "v2024_11_30", "Identity"),
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": ("msi-7.1.0", "v2024_11_30", "FederatedIdentityCredential"),
    "Microsoft.Network/networkSecurityGroups": ("network-33.1.0", "", "NetworkSecurityGroup"),
    "Microsoft.Network/privateDnsZones": ("privatedns-2.0.0", "", "PrivateZone"),
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": ("privatedns-2.0.0", "", "VirtualNetworkLink"),
    "Microsoft.Network/privateEndpoints": ("network-33.1.0", "", "PrivateEndpoint"),
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": ("network-33.1.0", "", "PrivateDnsZoneGroup"),
    "Microsoft.Network/virtualNetworks": ("network-33.1.0", "", "VirtualNetwork"),
    "Microsoft.OperationalInsights/workspaces": ("loganalytics-14.0.0", "", "Workspace"),
    "Microsoft.Storage/storageAccounts": ("storage-25.3.0", "", "StorageAccountCreateParameters"),
    "Microsoft.Storage/storageAccounts/fileServices": ("storage-25.3.0", "", "FileServiceProperties"),
    "Microsoft.Storage/storageAccounts/fileServices/shares": ("storage-25.3.0", "", "FileShare"),
}  # fmt: skip
# The API version that a package describes; our files name the same.
VERSIONS = {
    "appcontainers-5.1.0": "2026-07-01",
    "applicationinsights-4.1.0": "2020-02-02",
    "authorization-4.0.0": "2022-04-01",
    "consumption-11.0.0": "2024-08-01",
    "containerregistry-15.0.0": "2025-11-01",
    "keyvault-14.1.0": "2026-05-15",
    "loganalytics-14.0.0": "2025-07-01",
    "monitor-6.0.2": "2021-05-01-preview",
    "msi-7.1.0": "2024-11-30",
    "network-33.1.0": "2026-03-01",
    "postgresqlflexibleservers-3.0.0": "2026-10-01",
    "privatedns-2.0.0": "2024-06-01",
    "redisenterprise-3.1.0": "2025-07-01",
    "storage-25.3.0": "2026-09-01",
}
TERRAFORM = {"aws": "21.22.1", "random": "12.0.1"}
# What Bicep and Terraform add to every resource.
BICEP_OWN = frozenset({"name", "parent", "scope", "dependsOn", "location", "tags"})
TERRAFORM_OWN = frozenset({"count", "for_each", "depends_on", "lifecycle", "provider"})

Schema = dict[str, Any]


def azure(wheels: Path) -> Schema:
    """Types with their models; models: property -> its model, or its choices, or neither."""
    found: Schema = {"types": {}, "models": {}}
    trees: dict[tuple[str, str], dict[str, ast.ClassDef]] = {}
    for kind, (package, module, model) in AZURE.items():
        classes = trees.setdefault((package, module), _azure_classes(wheels, package, module))
        name = f"{package}:{model}"
        found["types"][kind] = {"model": name, "version": VERSIONS[package]}
        _add_azure(package, classes, model, found["models"])
    return found


def _azure_classes(wheels: Path, package: str, module: str) -> dict[str, ast.ClassDef]:
    wheel = next(wheels.glob(f"azure_mgmt_{package}-*.whl"))
    part = f"/{module}/models/" if module else "/models/"
    classes = {}
    with zipfile.ZipFile(wheel) as archive:
        code = [name for name in archive.namelist() if name.endswith(".py")]
        if not any(f'"{VERSIONS[package]}"'.encode() in archive.read(name) for name in code):
            raise SystemExit(f"schemas.py: {wheel.name} does not describe {VERSIONS[package]}.")
        for name in code:
            if part in name and (module or "/v20" not in name):
                for node in ast.parse(archive.read(name)).body:
                    if isinstance(node, ast.ClassDef):
                        classes[node.name] = node
    return classes


def _add_azure(package: str, classes: dict[str, ast.ClassDef], model: str, models: Schema) -> None:
    name = f"{package}:{model}"
    if name in models:
        return
    properties: Schema = {}
    models[name] = properties
    for prop, kind in _azure_properties(classes, model):
        # Flattened: `properties.port` is `port` of an object `properties` without a class of its own.
        *path, last = prop.split(".")
        place = properties
        for step in path:
            place = place.setdefault(step, {"properties": {}})["properties"]
        place[last] = _azure_value(package, classes, kind, models)


def _azure_value(
    package: str, classes: dict[str, ast.ClassDef], kind: str, models: Schema
) -> Schema:
    named = next((word for word in re.findall(r"\w+", kind) if word in classes), None)
    if named is None:
        return {}
    choices = _choices(classes[named])
    if choices:
        return {"choices": choices}
    _add_azure(package, classes, named, models)
    mapped = kind.startswith("{") or re.match(r"(Optional\[)?dict\[", kind) is not None
    return {"model": f"{package}:{named}", **({"map": True} if mapped else {})}


def _choices(node: ast.ClassDef) -> list[str]:
    if not any("Enum" in ast.unparse(base) for base in node.bases):
        return []
    values = (one.value for one in node.body if isinstance(one, ast.Assign))
    return sorted(str(one.value) for one in values if isinstance(one, ast.Constant))


def _azure_properties(classes: dict[str, ast.ClassDef], model: str) -> Iterator[tuple[str, str]]:
    node = classes[model]
    for base in node.bases:
        name = ast.unparse(base).rsplit(".", 1)[-1]
        if name in classes:
            yield from _azure_properties(classes, name)
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.value, ast.Call):
            if ast.unparse(one.value.func).endswith(("rest_field", "rest_discriminator")):
                names = [k.value for k in one.value.keywords if k.arg == "name"]
                given = names[0] if names else None
                target = ast.unparse(one.target)
                prop = str(given.value) if isinstance(given, ast.Constant) else target
                yield prop, ast.unparse(one.annotation).replace("'", "").replace("_models.", "")
        elif (
            isinstance(one, ast.Assign)
            and ast.unparse(one.targets[0]) == "_attribute_map"
            and isinstance(one.value, ast.Dict)
        ):
            hints = _hints(node)
            for name, value in ast.literal_eval(one.value).items():
                yield value["key"], f"{value['type']} {hints.get(name, '')}"


def _hints(node: ast.ClassDef) -> dict[str, str]:
    """Types of a model's arguments; the map of attributes calls every choice a `str`."""
    return {
        argument.arg: ast.unparse(argument.annotation).replace("_models.", "")
        for one in node.body
        if isinstance(one, ast.FunctionDef) and one.name == "__init__"
        for argument in one.args.kwonlyargs
        if argument.annotation is not None
    }


def terraform(wheels: Path) -> Schema:
    """Resource and data types, and their blocks: argument -> its block, and whether it is needed."""
    found: Schema = {"types": {}, "models": {}}
    for declared in declared_terraform(INFRA / "aws").values():
        for one in declared:
            kind, _ = one.rsplit(".", 1)
            provider, _, rest = kind.removeprefix("data.").partition("_")
            module = f"data_{provider}_{rest}" if kind.startswith("data.") else rest
            if kind in found["types"]:
                continue
            wheel = next(
                wheels.glob(f"cdktf_cdktf_provider_{provider}-{TERRAFORM[provider]}-*.whl")
            )
            with zipfile.ZipFile(wheel) as archive:
                text = archive.read(f"cdktf_cdktf_provider_{provider}/{module}/__init__.py")
            classes = {n.name: n for n in ast.parse(text).body if isinstance(n, ast.ClassDef)}
            config = next(
                name for name in classes if name.endswith("Config") and _is_config(classes[name])
            )
            found["types"][kind] = {"model": f"{module}:{config}"}
            _add_terraform(module, classes, config, found["models"])
    return found


def _is_config(node: ast.ClassDef) -> bool:
    return any("TerraformMetaArguments" in ast.unparse(base) for base in node.bases)


def _add_terraform(
    module: str, classes: dict[str, ast.ClassDef], name: str, models: Schema
) -> None:
    key = f"{module}:{name}"
    if key in models:
        return
    models[key] = {}
    init = next(
        n for n in classes[name].body if isinstance(n, ast.FunctionDef) and n.name == "__init__"
    )
    own = {"connection", "provisioners", "lifecycle", "provider", "count", "for_each", "depends_on"}
    for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True):
        if argument.arg in own and _is_config(classes[name]):
            continue
        kind = ast.unparse(argument.annotation) if argument.annotation else ""
        block = next((word for word in re.findall(r"'(\w+)'", kind) if word in classes), None)
        value: Schema = {"needed": True} if default is None else {}
        if block:
            value["model"] = f"{module}:{block}"
            _add_terraform(module, classes, block, models)
        models[key][argument.arg.removesuffix("_")] = value


def main(arguments: list[str]) -> int:
    """Write both files."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write(f"{__doc__}\n")
        return 2
    used = {
        one.split("@")[0]
        for declared in declared_bicep(INFRA / "azure").values()
        for one in declared.types
    }
    unknown = used - AZURE.keys() - {"Microsoft.Network/virtualNetworks/subnets"}
    if unknown:
        sys.stderr.write(f"schemas.py: AZURE names no model of {', '.join(sorted(unknown))}\n")
        return 1
    for name, schema in (
        ("azure", azure(Path(arguments[0]))),
        ("aws", terraform(Path(arguments[0]))),
    ):
        text = json.dumps(schema, indent=None, separators=(",", ":"), sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")
        sys.stdout.write(f"{name}.json: {len(schema['types'])} types, {len(text):,} characters\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
