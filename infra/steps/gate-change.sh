#!/usr/bin/env bash
# Usage: gate-change.sh TARGET SOURCE SUITE OUTPUT
#
# Hold this checkout against the branch that it is to be merged into (TARGET, such as origin/main):
# documents, prompts and code of both. Each indexes SOURCE (a document set's definition) and answers the
# suite's questions with its own code; then `plumb eval gate` compares. Writes gate.xml (JUnit), gate.md and
# gate.html to the folder OUTPUT. Ends with the gate's exit code.
#
# Needs no cloud. TARGET's code runs with the packages of this checkout; a change of pins is so no
# change here. The prompt is the alias `candidate`, where it is set, else `production`.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=infra/steps/shared.sh
. infra/steps/shared.sh
[ $# -eq 4 ] && [ "$1" != --help ] || usage
target=$1 source=$2 suite=$3 output=$4
mkdir -p "$output"
output=$(realpath "$output")
base=$(git merge-base "$target" HEAD) ||
  die "$target and this checkout have no common commit; check out the whole history (fetchDepth: 0)."
tree=$(mktemp -d)
trap 'git worktree remove --force "$tree/base" 2> /dev/null || true; rm -rf "$tree"' EXIT
git worktree add --quiet --detach "$tree/base" "$base"
export PLUMB_INDEX_URL=$output/index PLUMB_EVALS_FOLDER=$output/evals

# measure NAME FOLDER PROMPT: index and ask with the code in FOLDER.
measure() {
  local version status=0
  echo "$1: $(git -C "$2" rev-parse --short HEAD), prompt $3"
  (cd "$2" && PYTHONPATH=$2 plumb ingest "$source" --no-publish --json) > "$output/$1-index.json" ||
    die "the $1's documents could not be indexed; the lines above say why."
  version=$(field "$output/$1-index.json" index_version)
  (cd "$2" && PYTHONPATH=$2 plumb eval run "$suite" --prompt "$3" --index-version "$version" --yes --json) \
    > "$output/$1.json" 2> >(tee "$output/$1.log" >&2) || status=$?
  [ "$status" -eq 0 ] || [ "$status" -eq 3 ] || die "the $1 could not be measured; the lines above say why."
}

prompt=production
! plumb prompts show candidate > /dev/null 2>&1 || prompt=candidate
measure baseline "$tree/base" production
measure candidate "$PWD" "$prompt"
status=0
plumb eval gate --baseline "$(field "$output/baseline.json" 0 id)" \
  --candidate "$(field "$output/candidate.json" 0 id)" --suite "$suite" \
  --junit "$output/gate.xml" --markdown "$output/gate.md" --html "$output/gate.html" || status=$?
exit "$status"
