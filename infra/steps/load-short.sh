#!/usr/bin/env bash
# Usage: load-short.sh URL RELEASE [QUESTION]
#
# Ask a service a bounded number of questions, several at a time, and print errors and the 95th
# percentile of the answer time. Ends with 1 over a limit.
#
#   LOAD_REQUESTS (100), LOAD_USERS (4)         how many questions, how many at a time
#   LOAD_P95_MS (5000), LOAD_ERRORS (0)         the limits
#   SMOKE_SCOPE, SMOKE_TOKEN                    as in smoke.sh
#
# Each question differs by its number, so that the answer cache does not answer for the service.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -ge 2 ] && [ $# -le 3 ] && [ "$1" != --help ] || usage
need_file "$2"
if [ -n "${SMOKE_SCOPE:-}" ]; then
  SMOKE_TOKEN=$(az_tsv account get-access-token --scope "$SMOKE_SCOPE" --query accessToken)
fi
export SMOKE_TOKEN=${SMOKE_TOKEN:-}
python3 "$(dirname "$0")/load.py" "${1%/}" "$2" "${3:-How long may goods stay in quarantine?}"
