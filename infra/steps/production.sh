#!/usr/bin/env bash
# Usage: production.sh FILE
#
# Write the release that is in production to FILE. Where there is none yet, write no file and say so.
# Any other trouble (an index out of reach, an edited history) ends the step.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 1 ] && [ "$1" != --help ] || usage

mkdir -p "$(dirname "$1")"
rm -f "$1"
error=$(mktemp)
trap 'rm -f "$error" "$1.part"' EXIT
if ! plumb release show production --json > "$1.part" 2> "$error"; then
  if grep -q 'no release is in production' "$error"; then
    echo "No release is in production yet."
    exit 0
  fi
  die "$(tr '\n' ' ' < "$error")"
fi
mv "$1.part" "$1"
echo "In production: $(field "$1" id), commit $(field "$1" commit)."
