#!/usr/bin/env bash
# Usage: what-if.sh TEMPLATE PARAMETERS OUTPUT
#
# Show what a deployment of the infrastructure to APP_RESOURCE_GROUP would change, and write it to OUTPUT.
# Nothing is changed. `az` compiles a Bicep TEMPLATE itself, with the Bicep compiler that it downloads.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 3 ] && [ "$1" != --help ] || usage
need APP_RESOURCE_GROUP
need_file "$1"
need_file "$2"
mkdir -p "$(dirname "$3")"
az deployment group what-if --resource-group "$APP_RESOURCE_GROUP" --template-file "$1" \
  --parameters "$2" --no-pretty-print > "$3"
echo "Changes: $(python3 -c 'import collections, json, sys
changes = json.load(open(sys.argv[1])).get("changes", [])
counted = collections.Counter(change["changeType"] for change in changes)
print(", ".join(f"{n} {kind}" for kind, n in sorted(counted.items())) or "none")' "$3")"
