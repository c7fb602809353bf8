#!/usr/bin/env bash
# Usage: smoke.sh URL RELEASE [QUESTION]
#
# Check that a service is alive and ready, and answers one question with a citation from exactly the
# release in the file RELEASE: the answer must name its manifest, and the service its id.
#
#   QUESTION       default: the one of the shipped handbook
#   SMOKE_SCOPE    where callers must show who they are: the scope of the service (api://…/.default);
#                  a token for it is asked of `az` now. Or SMOKE_TOKEN, a token that is at hand.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -ge 2 ] && [ $# -le 3 ] && [ "$1" != --help ] || usage
need_file "$2"
url=${1%/} question=${3:-How long may goods stay in quarantine?}
id=$(field "$2" id)
answer=$(mktemp) headers=$(mktemp)
trap 'rm -f "$answer" "$headers"' EXIT

token=${SMOKE_TOKEN:-}
if [ -n "${SMOKE_SCOPE:-}" ]; then
  token=$(az_tsv account get-access-token --scope "$SMOKE_SCOPE" --query accessToken)
fi
# get PATH [CURL OPTIONS…]: the answer is in the file $answer; prints the status.
get() {
  local path=$1
  shift
  printf '%s' "${token:+header = \"Authorization: Bearer $token\"}" |
    curl --config - --dump-header "$headers" --silent --show-error --max-time 60 --output "$answer" --write-out '%{http_code}' "$@" "$url$path"
}
check() {
  local status
  status=$(get "$@") || die "$url$1 cannot be reached."
  [ "$status" = 200 ] || die "$url$1 answered $status: $(head -c 500 "$answer")"
}
is_ready() { [ "$(get /readyz)" = 200 ]; }

check /healthz
try_for "${READY_SECONDS:-60}" is_ready || die "$url/readyz is not ready: $(head -c 500 "$answer")"
body=$(python3 - "$2" "$question" <<'PYTHON'
import json, sys
sets = json.load(open(sys.argv[1], encoding="utf-8"))["sets"]
print(json.dumps({"question": sys.argv[2], "document_set": next(iter(sets))}))
PYTHON
)
check /v1/chat --header 'Content-Type: application/json' --data "$body"
serves=$(tr -d '\r' < "$headers" | sed -n 's/^x-plumbline-release: *//Ip')
[ "$serves" = "$id" ] || die "$url serves ${serves:-no release}, not $id."
python3 - "$answer" "$2" "$url" <<'PYTHON'
import json, sys
answer, release = (json.load(open(file, encoding="utf-8")) for file in sys.argv[1:3])
expected = {one["manifest"]["id"] for one in release["sets"].values()}
found = answer.get("manifest", {}).get("id")
if found not in expected:
    sys.exit(f"smoke.sh: {sys.argv[3]} answers from manifest {found}, and {release['id']} is {', '.join(sorted(expected))}.")
if answer.get("refused") or not answer.get("citations"):
    sys.exit(f"smoke.sh: {sys.argv[3]} gave no citation: {json.dumps(answer)[:500]}")
print(f"An answer with {len(answer['citations'])} citation(s), from manifest {found}.")
PYTHON
echo "$url is alive and ready, and serves $id."
