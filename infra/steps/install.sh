#!/usr/bin/env bash
# Usage: install.sh EXTRAS
#
# Install Plumbline with extras (for example: serve,ingest,eval) into .venv, by the exact pins of
# constraints.txt, and put it on the path of the job's later steps. Run again, it installs nothing new.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=infra/steps/shared.sh
. infra/steps/shared.sh
[ $# -eq 1 ] && [ "$1" != --help ] || usage

[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip --disable-pip-version-check install --quiet -c constraints.txt -e ".[$1]"
if [ -n "${GITHUB_PATH:-}" ]; then
  printf '%s\n' "$PWD/.venv/bin" >> "$GITHUB_PATH"
else
  printf '##vso[task.prependpath]%s\n' "$PWD/.venv/bin"
fi
.venv/bin/plumb --help > /dev/null || die "plumb does not start; the lines above say why."
