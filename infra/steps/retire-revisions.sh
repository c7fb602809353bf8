#!/usr/bin/env bash
# Usage: retire-revisions.sh RELEASE…
#
# Deactivate the revisions of the container app APP_NAME (in APP_RESOURCE_GROUP) that have no traffic
# and are not of the releases named: ids, or release files (one that is not there is passed over). Name
# the release in production and the one before it, which a rollback needs at once.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -ge 1 ] && [ "$1" != --help ] || usage
need APP_NAME APP_RESOURCE_GROUP
app=(--name "$APP_NAME" --resource-group "$APP_RESOURCE_GROUP")

keep=' '
for one in "$@"; do
  if [ -f "$one" ]; then
    keep+="$APP_NAME--$(field "$one" id) "
  elif [[ $one =~ ^rel-[0-9a-f]{12}$ ]]; then
    keep+="$APP_NAME--$one "
  else
    echo "$one: no such file; there is nothing to keep for it."
  fi
done
[ "$keep" != ' ' ] || die "none of $* names a release; nothing was deactivated."

busy=$(az_tsv containerapp ingress traffic show "${app[@]}" --query "[?weight > \`0\`].revisionName")
active=$(az_tsv containerapp revision list "${app[@]}" --query "[?properties.active].name")
for name in $active; do
  [[ $keep != *" $name "* ]] || continue
  # Only revisions of releases; whatever else runs there is somebody's.
  [[ $name =~ --rel-[0-9a-f]{12}$ ]] || continue
  if grep -qx -- "$name" <<< "$busy"; then
    echo "$name has traffic and stays."
    continue
  fi
  az containerapp revision deactivate "${app[@]}" --revision "$name" --output none
  echo "$name is deactivated."
done
