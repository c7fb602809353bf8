#!/usr/bin/env bash
# Usage: candidate-index.sh SOURCE OUTPUT
#
# Bring a document set (SOURCE: its definition's file) up to date as a candidate index version, which
# no user sees, and write what `plumb ingest` says of it to OUTPUT (JSON). Where no document changed, the
# candidate is the live version itself. WHY is a remark for the index's log.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 2 ] && [ "$1" != --help ] || usage

mkdir -p "$(dirname "$2")"
plumb ingest "$1" --no-publish --why "${WHY:-pipeline}" --json > "$2"
echo "Candidate: $(field "$2" document_set) $(field "$2" index_version), $(field "$2" chunks_in_set) chunks."
