#!/usr/bin/env bash
# Build both images as the pipeline does, on a base that this machine makes, and run them.
#
#   ci.sh [--keep]      --keep leaves the store behind and says where it is
#
# Needs what Debian has (installed where missing), the package index, and the right to make
# namespaces. Where images cannot be built it says so in one line and ends with 0; whoever wants
# that to fail sets IMAGE_REQUIRED=1. Ends with `image: N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
IMAGE_WORK=$(mktemp -d "${TMPDIR:-/tmp}/plumb-image.XXXXXX")
export IMAGE_WORK
keep=${1:-}

skip() {
    echo "image: SKIPPED, NO IMAGE WAS BUILT OR RUN: $*"
    echo "image: 0 passed, 0 failed, 1 skipped"
    exit "${IMAGE_REQUIRED:-0}"
}

end() {
    if [[ $keep == --keep ]]; then say "kept: $IMAGE_WORK"; else store_end; fi
}
trap end EXIT

apt_install buildah=buildah podman=podman crun=crun mmdebstrap=mmdebstrap ip=iproute2 curl=curl bc=bc \
    newuidmap=uidmap || skip "buildah, podman, crun and mmdebstrap cannot be installed"
unshare -m -n true 2>/dev/null || skip "this machine lets nobody make namespaces (try as root)"
store_begin
debian_base plumb-base python3 python3-venv ca-certificates || skip "mmdebstrap cannot make a base"

for target in serve ingest; do
    began=$SECONDS
    say "building $target …"
    # Bounded: a build that hangs ends, and says where.
    export -f image_build commit; export REPOSITORY
    timeout "${IMAGE_BUILD_S:-900}" bash -c 'image_build "$@"' build "$target" "localhost/plumbline-$target" localhost/plumb-base \
        >"$IMAGE_WORK/build-$target.log" 2>&1 || {
        tail -n 20 "$IMAGE_WORK/build-$target.log"
        echo "image: building $target failed"
        echo "image: 0 passed, 1 failed"
        exit 1
    }
    say "built $target in $((SECONDS - began)) s"
done
privately "$REPOSITORY/infra/image/check.sh" localhost/plumbline-serve localhost/plumbline-ingest
