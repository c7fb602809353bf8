#!/usr/bin/env bash
# Usage: create-release.sh CANDIDATE GATE IMAGE OUTPUT
#
# Make the release: everything after this step reads only the file OUTPUT.
#
#   CANDIDATE   what candidate-index.sh wrote: the document set and its index version
#   GATE        the folder that gate.sh wrote: the prompt that passed
#   IMAGE       a file with the image's name by digest; '-' where no image is deployed
#   OUTPUT      the release's file
#
# WHY is a remark for the history. Run again with nothing changed, it writes the same release.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 4 ] && [ "$1" != --help ] || usage

need_file "$1"
need_file "$2/prompt.txt"
image=()
if [ "$3" != - ]; then
  need_file "$3"
  image=(--image "$(tr -d '[:space:]' < "$3")")
fi
mkdir -p "$(dirname "$4")"
plumb release create --set "$(field "$1" document_set)=$(field "$1" index_version)" \
  --prompt "$(tr -d '[:space:]' < "$2/prompt.txt")" "${image[@]}" --why "${WHY:-}" --output "$4"
