#!/usr/bin/env bash
# Usage: deploy-revision.sh RELEASE
#
# Start a revision of the container app APP_NAME (in APP_RESOURCE_GROUP) that serves a release, without
# traffic, and wait until it is ready. It is named APP_NAME--ID. Its address is handed on as the output
# `url`, its release as `id`.
#
# The revision reads its release and prompts from the mounted file share (publish-release.sh puts them
# there): APP_SHARE is where the app has mounted it, by default /mnt/plumbline. READY_SECONDS limits the
# wait (default 300). Run again, it goes on with the revision that is there.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 1 ] && [ "$1" != --help ] || usage
need APP_NAME APP_RESOURCE_GROUP
need_file "$1"
id=$(field "$1" id)
image=$(field "$1" image)
[ -n "$image" ] || die "$1: $id names no image, so no revision can run it; make the release with --image."
revision=$APP_NAME--$id
share=${APP_SHARE:-/mnt/plumbline}
app=(--name "$APP_NAME" --resource-group "$APP_RESOURCE_GROUP")

mode=$(az_tsv containerapp show "${app[@]}" --query properties.configuration.activeRevisionsMode)
[ "${mode,,}" = multiple ] ||
  die "$APP_NAME is in revision mode '$mode', which would replace what serves; set it once: az containerapp revision set-mode --name $APP_NAME --resource-group $APP_RESOURCE_GROUP --mode multiple"

# Weight on `latestRevision` would give the new revision all traffic at once. State its name first.
latest=$(az_tsv containerapp ingress traffic show "${app[@]}" --query "[?latestRevision && weight > \`0\`] | length(@)")
if [ "$latest" != 0 ]; then
  serving=$(az_tsv containerapp show "${app[@]}" --query properties.latestReadyRevisionName)
  [ -n "$serving" ] || die "$APP_NAME sends traffic to its latest revision, and none is ready; fix the app first."
  echo "Traffic follows the latest revision; it is given to $serving by name first."
  az containerapp ingress traffic set "${app[@]}" --revision-weight "$serving=100" latest=0 --output none
fi

known=$(az_tsv containerapp revision list "${app[@]}" --all --query "[?name=='$revision'] | length(@)")
if [ "$known" = 0 ]; then
  echo "Starting $revision with $image …"
  az containerapp update "${app[@]}" --revision-suffix "$id" --image "$image" --output none \
    --set-env-vars "PLUMB_RELEASE=$share/releases/$id/release.json" \
    "PLUMB_PROMPT_FOLDER=$share/releases/$id/prompts"
else
  echo "$revision is there already."
  az containerapp revision activate "${app[@]}" --revision "$revision" --output none
fi

is_ready() {
  local state
  state=$(az_tsv containerapp revision show "${app[@]}" --revision "$revision" \
    --query "join(' ', [properties.provisioningState, properties.healthState, properties.runningState || ''])")
  echo "  $revision: $state"
  case $state in
    *Failed* | *Degraded*) die "$revision does not start ($state); read its log: az containerapp logs show --name $APP_NAME --resource-group $APP_RESOURCE_GROUP --revision $revision" ;;
    "Provisioned Healthy Running"*) return 0 ;;
  esac
  return 1
}
try_for "${READY_SECONDS:-300}" is_ready || die "$revision was not ready within ${READY_SECONDS:-300} s; it has no traffic."

host=$(az_tsv containerapp revision show "${app[@]}" --revision "$revision" --query properties.fqdn)
[ -n "$host" ] || die "$revision has no address; is ingress enabled for $APP_NAME?"
set_output url "https://$host"
set_output id "$id"
echo "$revision is ready without traffic: https://$host"
