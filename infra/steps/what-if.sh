#!/usr/bin/env bash
# Usage: what-if.sh TEMPLATE PARAMETERS OUTPUT
#
# Show what a deployment of the infrastructure to APP_RESOURCE_GROUP would change, and write it to OUTPUT.
# Nothing is changed. `az` compiles a Bicep TEMPLATE itself, with the Bicep compiler that it downloads.
# With APP_NAME, image, release and traffic of that app stay as they are (running-release.sh).
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 3 ] && [ "$1" != --help ] || usage
need APP_RESOURCE_GROUP
need_file "$1"
need_file "$2"
mkdir -p "$(dirname "$3")"
parameters=("$2")
if [ -n "${APP_NAME:-}" ]; then
  "$(dirname "$0")/running-release.sh" "$3.running.json"
  parameters+=("$3.running.json")
fi
az deployment group what-if --resource-group "$APP_RESOURCE_GROUP" --template-file "$1" \
  --parameters "${parameters[@]}" --no-pretty-print > "$3"
echo "Changes: $(python3 -c 'import collections, json, sys
changes = json.load(open(sys.argv[1])).get("changes", [])
counted = collections.Counter(change["changeType"] for change in changes)
print(", ".join(f"{n} {kind}" for kind, n in sorted(counted.items())) or "none")' "$3")"
