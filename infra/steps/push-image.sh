#!/usr/bin/env bash
# Usage: push-image.sh LOCAL OUTPUT
#
# Push a local image (LOCAL, for example plumbline:serve) to the registry REGISTRY_NAME as
# plumbline:COMMIT, and write its name by digest to OUTPUT. Nothing after this step uses the tag.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 2 ] && [ "$1" != --help ] || usage
need REGISTRY_NAME
commit=$(git rev-parse HEAD)
server=$(az_tsv acr show --name "$REGISTRY_NAME" --query loginServer)
az acr login --name "$REGISTRY_NAME"
docker tag "$1" "$server/plumbline:$commit"
docker push --quiet "$server/plumbline:$commit"
digest=$(az_tsv acr repository show --name "$REGISTRY_NAME" --image "plumbline:$commit" --query digest)
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || die "$REGISTRY_NAME gives no digest for plumbline:$commit, but '$digest'."
mkdir -p "$(dirname "$2")"
printf '%s\n' "$server/plumbline@$digest" > "$2"
echo "Pushed: $server/plumbline@$digest"
