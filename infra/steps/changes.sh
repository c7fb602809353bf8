#!/usr/bin/env bash
# Usage: changes.sh PRODUCTION IMAGE CODE
#
# Say whether this commit needs a new image. It compares with the commit of the release in production
# (PRODUCTION, a file that production.sh wrote), not with the last commit: what an earlier, failed run
# left undone is not forgotten.
#
# Prompts and documents are not in the image: a change of them alone reuses production's image, whose
# name by digest is written to IMAGE. Hands on the output `image`: build or reuse.
#
# CODE is true or false: whether this run may bring new code. A re-index (false) may not, and ends with
# an error where the image would have to be a new one: its gate would judge code that production lacks.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=infra/steps/shared.sh
. infra/steps/shared.sh
[ $# -eq 3 ] && [ "$1" != --help ] || usage
code=${3,,}
[[ $code =~ ^(true|false)$ ]] || usage

# What the image is made of, by the Dockerfile. Prompt versions travel with the release instead.
parts=(app ingestion prompts plumb.py pyproject.toml constraints.txt Dockerfile .dockerignore infra/image
  ':!prompts/*/v*.yaml' ':!prompts/lock.json' ':!prompts/aliases*.yaml' ':!prompts/history*')

build() {
  [ "$code" = true ] ||
    die "a re-index needs production's image, but $* Run the main pipeline, which indexes documents as well, or run this one at production's commit."
  echo "A new image: $*"
  set_output image build
  exit 0
}

[ -f "$1" ] || build "no release is in production."
image=$(field "$1" image)
commit=$(field "$1" commit)
commit=${commit%+changes}
[ -n "$image" ] || build "the release in production names none."
git cat-file -e "$commit^{commit}" 2> /dev/null ||
  build "commit $commit of the release in production is not in this checkout (a shallow one?)."
changed=$(git diff --name-only "$commit" HEAD -- "${parts[@]}" | paste -sd ' ')
[ -z "$changed" ] || build "since production these changed: $changed."

mkdir -p "$(dirname "$2")"
printf '%s\n' "$image" > "$2"
echo "No new image. Production's is used: $image"
set_output image reuse
