#!/usr/bin/env bash
# Usage: deploy-worker.sh RELEASE
#
# Have the worker (container app WORKER_NAME in APP_RESOURCE_GROUP) run a release. The worker takes jobs,
# not traffic, so it cannot be shared by weight: it must be in revision mode `single`, in which the old
# revision is stopped. It ends its job or hands it back, as it does on every SIGTERM.
#
# Run again with the same release, it changes nothing.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 1 ] && [ "$1" != --help ] || usage
need WORKER_NAME APP_RESOURCE_GROUP
need_file "$1"
id=$(field "$1" id)
image=$(field "$1" image)
[ -n "$image" ] || die "$1: $id names no image."
share=${APP_SHARE:-/mnt/plumbline}
app=(--name "$WORKER_NAME" --resource-group "$APP_RESOURCE_GROUP")

mode=$(az_tsv containerapp show "${app[@]}" --query properties.configuration.activeRevisionsMode)
[ "${mode,,}" = single ] ||
  die "$WORKER_NAME is in revision mode '$mode', in which an old worker goes on taking jobs; set it once: az containerapp revision set-mode --name $WORKER_NAME --resource-group $APP_RESOURCE_GROUP --mode single"
release=$share/releases/$id/release.json
now=$(az_tsv containerapp show "${app[@]}" --query "properties.template.containers[0].env[?name=='PLUMB_RELEASE'] | [0].value")
if [ "$now" = "$release" ]; then
  echo "$WORKER_NAME runs $id already."
  exit 0
fi
# No revision suffix: going back to a release would need the name of a revision that is there already.
az containerapp update "${app[@]}" --image "$image" --output none \
  --set-env-vars "PLUMB_RELEASE=$release" "PLUMB_PROMPT_FOLDER=$share/releases/$id/prompts"
echo "$WORKER_NAME runs $id."
