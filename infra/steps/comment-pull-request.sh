#!/usr/bin/env bash
# Usage: comment-pull-request.sh FILE
#
# Put a Markdown file on the pull request as a comment. The comment of an earlier run is replaced, so
# that there is one. On Azure Pipelines it needs SYSTEM_ACCESSTOKEN (mapped by env; the build service
# must be allowed to contribute to pull requests); on GitHub Actions GITHUB_TOKEN and PULL_REQUEST.
#
# A run that is about no pull request, and a FILE that is not there, are said and end well.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 1 ] && [ "$1" != --help ] || usage
exec python3 "$(dirname "$0")/comment.py" "$1"
