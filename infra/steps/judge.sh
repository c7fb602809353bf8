#!/usr/bin/env bash
# Usage: judge.sh RELEASE BASELINE OUTPUT STEPS
#
# Judge a canary against the release in production, both serving now, by `plumb canary judge`. RELEASE and
# BASELINE are release files. STEPS is how many judgements this canary gets, one for each share of the
# users; they share the chance of a false alarm. Writes canary.xml (JUnit), canary.json and canary.html to
# the folder OUTPUT. Ends with 0 only for a pass: 1 is a fail, 3 is inconclusive, and neither lets the
# next step begin.
#
# Where the counts come from is a setting: PLUMB_CANARY_SOURCE, PLUMB_CANARY_URL or PLUMB_CANARY_WORKSPACE.
#
#   CANARY_FOR       how long to look at most (20m)
#   CANARY_EVERY     how often (60s)
#   CANARY_MINIMUM   how many requests a pass takes (500)
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 4 ] && [ "$1" != --help ] || usage
need_file "$1"
need_file "$2"
mkdir -p "$3"
exec plumb canary judge --release "$(field "$1" id)" --baseline "$(field "$2" id)" \
  --for "${CANARY_FOR:-20m}" --every "${CANARY_EVERY:-60s}" --minimum "${CANARY_MINIMUM:-500}" \
  --steps "$4" --json "$3/canary.json" --junit "$3/canary.xml" --html "$3/canary.html"
