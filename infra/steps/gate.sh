#!/usr/bin/env bash
# Usage: gate.sh SUITE SET OUTPUT [--production FILE] [--candidate FILE] [--prompt PROMPT]
#
# Hold a candidate against production by `plumb eval gate`, and write gate.xml (JUnit), gate.md,
# gate.html, the candidate's run and its W&B line to the folder OUTPUT. Ends with the gate's exit code.
#
#   SUITE               a suite's file or name; it has the rules
#   SET                 the document set
#   --production FILE   the release in production, as production.sh wrote it. Without the file, the
#                       prompt alias `production` on the candidate's index is the baseline.
#   --candidate FILE    what `candidate-index.sh` wrote. Default: production's index version.
#   --prompt PROMPT     version or alias of the candidate's answer prompt; an alias that nobody set
#                       stands for `production`. Default: production.
#
# The baseline is production as it was measured when it was released, with the code that it runs: its
# run is read from RUNS (a folder that outlives jobs). Where that run is not there, or was of another
# suite, dataset or judge, production's prompt and index are measured again with today's code.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -ge 3 ] && [ "$1" != --help ] || usage
suite=$1 set=$2 output=$3
shift 3
production='' candidate='' prompt=production
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --production) production=$2 ;;
    --candidate) candidate=$2 ;;
    --prompt) prompt=$2 ;;
    *) usage ;;
  esac
  shift 2
done
mkdir -p "$output"
# A variable that no group defines arrives as its own name.
[[ ${WANDB_API_KEY:-} != \$\(* ]] || unset WANDB_API_KEY
kept=${PLUMB_EVALS_FOLDER:-./plumb-evals}/runs

# measure NAME PROMPT [INDEX_VERSION]: run the suite; the run's id is in NAME.json.
measure() {
  local status=0
  plumb eval run "$suite" --prompt "$2" ${3:+--index-version "$3"} --yes --json \
    > "$output/$1.json" 2> >(tee "$output/$1.log" >&2) || status=$?
  # 3: some questions could not be answered; the gate judges by how many.
  [ "$status" -eq 0 ] || [ "$status" -eq 3 ] || die "the $1 could not be measured; the lines above say why."
}

if plumb prompts show "$prompt" > /dev/null 2>&1; then
  answer=$prompt
elif [ "$prompt" = candidate ]; then
  answer=production
  echo "No prompt has the alias \`candidate\`: the prompt in production stays."
else
  plumb prompts show "$prompt"
  exit 1
fi
index=''
if [ -n "$candidate" ]; then
  need_file "$candidate"
  index=$(field "$candidate" index_version)
fi

base_prompt=production base_index=$index base_run=''
if [ -n "$production" ] && [ -f "$production" ]; then
  base_prompt=$(field "$production" sets "$set" prompts answer version)
  base_index=$(field "$production" sets "$set" index_version)
  base_run=$(python3 - "$production" "$set" "$suite" <<'PYTHON'
import json, pathlib, sys
release, name, suite = json.load(open(sys.argv[1])), sys.argv[2], pathlib.Path(sys.argv[3]).stem
found = [e["verdict"] for e in release["evidence"] if e["document_set"] == name]
print(next((v["candidate_run"] for v in found if v["suite"] == suite), ""))
PYTHON
  )
  [ "$answer" != production ] || answer=$base_prompt
  [ -n "$index" ] || index=$base_index
fi

measure candidate "$answer" "$index"
candidate_run=$(field "$output/candidate.json" 0 id)
if [ -n "${RUNS:-}" ]; then
  mkdir -p "$RUNS"
  cp "$kept/$candidate_run.json" "$RUNS/"
fi

gate() {
  plumb eval gate --baseline "$1" --candidate "$candidate_run" --suite "$suite" \
    --junit "$output/gate.xml" --markdown "$output/gate.md" --html "$output/gate.html"
}
as_released=''
if [ -n "$base_run" ] && [ -n "${RUNS:-}" ] && [ -f "$RUNS/$base_run.json" ]; then
  as_released=$(python3 - "$RUNS/$base_run.json" "$kept/$candidate_run.json" <<'PYTHON'
import json, sys
old, new = (json.load(open(file)) for file in sys.argv[1:])
same = old["suite_hash"] == new["suite_hash"] and old["dataset"]["hash"] == new["dataset"]["hash"]
print("yes" if same and old.get("judge") == new.get("judge") else "")
PYTHON
  )
fi
if [ -n "$as_released" ]; then
  cp "$RUNS/$base_run.json" "$kept/"
  baseline_run=$base_run
  echo "Baseline: production as measured when it was released ($base_run)."
else
  echo "Baseline: $base_prompt on index ${base_index:-live}, measured now with this commit's code."
  # Production's models and settings, too, whatever this commit's are.
  [ -z "$production" ] || [ ! -f "$production" ] || export PLUMB_RELEASE=$production
  measure baseline "$base_prompt" "$base_index"
  unset PLUMB_RELEASE
  baseline_run=$(field "$output/baseline.json" 0 id)
fi
status=0
gate "$baseline_run" || status=$?
# Where the runs can be seen, for the summary and the pull request.
if [ -f "$output/gate.md" ]; then
  tracked=$(sed -n 's/^Tracked: //p; /wandb sync/p' "$output"/*.log)
  [ -z "$tracked" ] || printf '\n%s\n' "$tracked" >> "$output/gate.md"
fi
printf '%s\n' "$answer" > "$output/prompt.txt"
exit "$status"
