#!/usr/bin/env bash
# Usage: publish-release.sh RELEASE
#
# Put a release's file and the prompts of this commit where its revision reads them:
# DELIVERY_SHARE/releases/ID/release.json and …/prompts. DELIVERY_SHARE is the folder where this
# machine has mounted the file share that the container app mounts, too.
#
# A release's folder is written once. A file that is there already must be the same.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=infra/steps/shared.sh
. infra/steps/shared.sh
[ $# -eq 1 ] && [ "$1" != --help ] || usage
need DELIVERY_SHARE
need_file "$1"
[ -d "$DELIVERY_SHARE" ] || die "DELIVERY_SHARE: $DELIVERY_SHARE is no folder; mount the file share on this agent."

id=$(field "$1" id)
folder=$DELIVERY_SHARE/releases/$id
if [ -f "$folder/release.json" ]; then
  cmp -s "$1" "$folder/release.json" ||
    die "$folder/release.json is there and differs from $1; a release never changes, so remove the edited one."
  echo "$id is published already."
  exit 0
fi
part=$folder.part
rm -rf "$part"
mkdir -p "$part/prompts"
for file in prompts/aliases.yaml prompts/lock.json prompts/*/v*.yaml; do
  mkdir -p "$part/$(dirname "$file")"
  cp "$file" "$part/$file"
done
cp "$1" "$part/release.json"
# A folder left by a run that was killed has no release.json, and no revision reads it.
rm -rf "$folder"
mv "$part" "$folder"
echo "$id is published to $folder."
