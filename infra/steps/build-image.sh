#!/usr/bin/env bash
# Usage: build-image.sh TARGET NAME
#
# Build a target of the Dockerfile (serve or ingest) as the local image NAME. BASE_IMAGE is the base,
# named by digest, so that the same commit gives the same image; without it, the Dockerfile's default.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=infra/steps/shared.sh
. infra/steps/shared.sh
[ $# -eq 2 ] && [ "$1" != --help ] || usage
need_file Dockerfile
base=()
case ${BASE_IMAGE:-} in
  '' | \$\(*) echo "BASE_IMAGE is not set; the Dockerfile's own base is used, which is not named by digest." ;;
  *@sha256:*) base=(--build-arg "BASE=$BASE_IMAGE") ;;
  *) die "BASE_IMAGE is '$BASE_IMAGE', which can change under its name; name it by digest: …@sha256:…" ;;
esac
docker build --target "$1" --tag "$2" "${base[@]}" .
