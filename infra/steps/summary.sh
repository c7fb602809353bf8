#!/usr/bin/env bash
# Usage: summary.sh FILE
#
# Show a Markdown file on the run's page. A file that is not there is said to be missing; that alone
# fails nothing, since the step that should have written it has failed already.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 1 ] && [ "$1" != --help ] || usage

if [ ! -f "$1" ]; then
  echo "$1: there is no summary to show; an earlier step failed."
elif [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  cat "$1" >> "$GITHUB_STEP_SUMMARY"
else
  echo "##vso[task.uploadsummary]$(realpath "$1")"
fi
