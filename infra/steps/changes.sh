#!/usr/bin/env bash
# Usage: changes.sh PRODUCTION IMAGE
#
# Say whether this commit needs a new image. It compares with the commit of the release in production
# (PRODUCTION, a file that production.sh wrote), not with the last commit: what an earlier, failed run
# left undone is not forgotten.
#
# Prompts and documents are not in the image: a change of them alone reuses production's image, whose
# name by digest is written to IMAGE. Hands on the output `image`: build or reuse.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=infra/steps/shared.sh
. infra/steps/shared.sh
[ $# -eq 2 ] && [ "$1" != --help ] || usage

# What an image is made of. Prompt files (prompts/*/v1.yaml, lock.json) travel with the release instead.
parts=(app ingestion evals prompts plumb.py pyproject.toml constraints.txt Dockerfile .dockerignore
  ':!prompts/*/v*.yaml' ':!prompts/lock.json' ':!prompts/aliases.yaml' ':!prompts/aliases.history*'
  ':!evals/datasets' ':!evals/suites')

build() {
  echo "A new image: $*"
  set_output image build
  exit 0
}

[ -f "$1" ] || build "no release is in production."
image=$(field "$1" image)
commit=$(field "$1" commit)
[ -n "$image" ] || build "the release in production names none."
git cat-file -e "${commit%+changes}^{commit}" 2> /dev/null ||
  build "commit $commit of the release in production is not in this checkout (a shallow one?)."
changed=$(git diff --name-only "${commit%+changes}" HEAD -- "${parts[@]}")
[ -z "$changed" ] || build "these files changed since production:"$'\n'"$changed"

mkdir -p "$(dirname "$2")"
printf '%s\n' "$image" > "$2"
echo "No new image: nothing in it changed since production. Reused: $image"
set_output image reuse
