#!/usr/bin/env bash
# Usage: judge.sh RELEASE BASELINE OUTPUT
#
# Judge a canary against the release in production, both serving now, by `plumb canary judge`. RELEASE and
# BASELINE are release files. Writes canary.xml (JUnit) and canary.json to the folder OUTPUT. Ends with 0
# only for a pass: 1 is a fail, 3 is inconclusive, and neither lets the next step begin.
#
#   CANARY_SOURCE    prometheus or azure-monitor; see the guide on canaries
#   CANARY_URL       where the source is
#   CANARY_FOR       how long to look at the most (20m)
#   CANARY_EVERY     how often (60s)
#   CANARY_MINIMUM   how many requests it takes to decide (500)
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 3 ] && [ "$1" != --help ] || usage
need CANARY_SOURCE CANARY_URL
need_file "$1"
need_file "$2"
mkdir -p "$3"
exec plumb canary judge --release "$(field "$1" id)" --baseline "$(field "$2" id)" \
  --source "$CANARY_SOURCE" --url "$CANARY_URL" --for "${CANARY_FOR:-20m}" \
  --every "${CANARY_EVERY:-60s}" --minimum "${CANARY_MINIMUM:-500}" \
  --json "$3/canary.json" --junit "$3/canary.xml"
