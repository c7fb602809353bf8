#!/usr/bin/env bash
# Usage: running-release.sh OUTPUT
#
# Write image, release and traffic of the container app APP_NAME (in APP_RESOURCE_GROUP), as they are now, to
# OUTPUT: parameters of infra/azure/main.bicep, so that a deployment of the infrastructure changes none of
# them. Where there is no such app yet, OUTPUT has no parameters.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 1 ] && [ "$1" != --help ] || usage
need APP_NAME APP_RESOURCE_GROUP
app=(--name "$APP_NAME" --resource-group "$APP_RESOURCE_GROUP")

mkdir -p "$(dirname "$1")"
image='' release='' traffic='[]'
if image=$(az_tsv containerapp show "${app[@]}" --query 'properties.template.containers[0].image' 2>&1); then
  release=$(az_tsv containerapp show "${app[@]}" --query 'properties.template.revisionSuffix')
  traffic=$(az containerapp ingress traffic show "${app[@]}" --output json)
else
  # Only an app that is not there is a first deployment; whatever else az says ends it here.
  case $image in
    *ResourceNotFound* | *ResourceGroupNotFound* | *"does not exist"*) image='' ;;
    *) die "$image" ;;
  esac
fi
python3 - "$image" "$release" "$traffic" "$1" << 'PYTHON'
import json, re, sys
image, release, traffic, output = sys.argv[1:]
values = {"image": image, "traffic": json.loads(traffic)} if image else {}
if re.fullmatch(r"rel-[0-9a-f]{12}", release):
    values["release"] = release
with open(output, "w", encoding="utf-8") as file:
    json.dump({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {name: {"value": value} for name, value in values.items()},
    }, file, indent=2)
print(f"Running: {release or 'no release'}, {len(values.get('traffic', []))} revision(s) with traffic or a label.")
PYTHON
