#!/usr/bin/env bash
# Build both images as the pipeline does, on a base that this machine makes, and run them.
#
#   ci.sh [--keep]      --keep leaves the store behind and says where it is
#
# Then it runs compose.yaml as far as its images can be had (../compose/check.sh); IMAGE_COMPOSE=0
# leaves that out. Needs what Debian has (installed where missing), the package index, and the right to make
# namespaces. Where images cannot be built it says so in one line and ends with 0; to
# fail instead, set IMAGE_REQUIRED=1. Ends with `image: N passed, N failed, N skipped`.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
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

apt_install buildah=buildah podman=podman crun=crun catatonit=catatonit mmdebstrap=mmdebstrap ip=iproute2 curl=curl bc=bc \
    newuidmap=uidmap /usr/lib/cni/bridge=containernetworking-plugins iptables=iptables \
    /usr/lib/cni/dnsname=golang-github-containernetworking-plugin-dnsname || skip "buildah, podman, crun and mmdebstrap cannot be installed"
unshare -m -n true 2>/dev/null || skip "this machine lets nobody make namespaces (try as root)"
store_begin
tools=$IMAGE_WORK/tools/bin
python3 -m venv "$IMAGE_WORK/tools"
"$tools/pip" install -qq --disable-pip-version-check -r "$REPOSITORY/infra/image/tools.txt"
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

results=$IMAGE_WORK/results
: >"$results"
# run WHAT COMMAND…: one set of checks, whose closing line is kept for the sum.
run() {
    local what=$1
    shift
    say "checking $what …"
    "$@" | tee "$IMAGE_WORK/checked"
    tail -n 1 "$IMAGE_WORK/checked" >>"$results"
}

lint() {
    local failed=0
    "$tools/hadolint" Dockerfile infra/compose/stand-ins/Dockerfile || failed=1
    git ls-files '*.sh' .ci/image | xargs "$tools/shellcheck" -x || failed=1
    echo "lint: $((1 - failed)) passed, $failed failed"
}

# The image's bill of materials names what serves, and nothing that was left out.
bill() {
    local failed=0 mounted
    mounted=$(podman image mount localhost/plumbline-serve)
    PLUMB_TOOLS=$IMAGE_WORK/tools infra/steps/sbom.sh "dir:$mounted" "$IMAGE_WORK/sbom.json" || failed=1
    podman image unmount localhost/plumbline-serve >/dev/null
    grep -q 'pkg:pypi/fastapi@' "$IMAGE_WORK/sbom.json" || failed=1
    grep -oE 'pkg:pypi/(torch|transformers|nvidia[a-z0-9-]*)@[^"]*' "$IMAGE_WORK/sbom.json" && failed=1
    echo "sbom: $((1 - failed)) passed, $failed failed"
}

cd "$REPOSITORY"
run "Dockerfile and scripts" lint || true
run "the images" privately infra/image/check.sh localhost/plumbline-serve localhost/plumbline-ingest || true
run "the bill of materials" bill || true
if [[ ${IMAGE_COMPOSE:-1} == 1 ]]; then
    debian_base plumb-services-base redis-server postgresql prometheus wget
    image_build_stand_ins >"$IMAGE_WORK/build-stand-ins.log" 2>&1 || tail -n 20 "$IMAGE_WORK/build-stand-ins.log"
    run "compose.yaml" privately infra/compose/check.sh localhost/plumbline-serve localhost/plumbline-ingest \
        "$tools/podman-compose" || true
    skipped=0
else
    skipped=1
fi
# Every set of checks must have come to its closing line.
awk -v expected=$((4 - skipped)) -v skipped=$skipped '
    /: [0-9]+ passed, [0-9]+ failed$/ { passed += $(NF - 3); failed += $(NF - 1); sets++ }
    END {
        failed += expected - sets
        printf "image: %d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0
    }' "$results"
