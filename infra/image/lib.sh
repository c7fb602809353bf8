# shellcheck shell=bash
# What the scripts that build and run images here share: a store of their own, the machine's pip
# settings for builds, a private network for runs. Sourced, never run.
#
# IMAGE_WORK names the folder that holds all of it; the script that sources this file sets and removes it.

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# say TEXT…: progress, where nobody takes it for output.
say() { echo "image: $*" >&2; }

# store_begin: an image store in IMAGE_WORK, which podman and buildah then use.
store_begin() {
    mkdir -p "$IMAGE_WORK"/{store,run,tmp}
    cat > "$IMAGE_WORK/storage.conf" <<CONF
[storage]
driver = "${IMAGE_STORAGE_DRIVER:-overlay}"
graphroot = "$IMAGE_WORK/store"
runroot = "$IMAGE_WORK/run"
CONF
    # No systemd, no cgroups of our own, no bridge on the host: what a CI machine allows.
    cat > "$IMAGE_WORK/containers.conf" <<CONF
[containers]
cgroups = "disabled"
init_path = "/usr/bin/catatonit"
default_ulimits = ["nofile=4096:4096", "nproc=8192:8192"]
log_driver = "k8s-file"
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
tmp_dir = "$IMAGE_WORK/run/libpod"
CONF
    export CONTAINERS_STORAGE_CONF=$IMAGE_WORK/storage.conf
    export CONTAINERS_CONF=$IMAGE_WORK/containers.conf
    export TMPDIR=$IMAGE_WORK/tmp
}

# store_end: remove containers, images and the folder.
store_end() {
    unshare -m -n bash -c 'umount /sys/fs/cgroup/unified 2>/dev/null; podman rm -afi -t 1; podman volume prune -f' \
        >/dev/null 2>&1 || true
    buildah rm -a >/dev/null 2>&1 || true
    # Mounts that a run which was killed left behind would keep their folders.
    awk -v below="$IMAGE_WORK/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r |
        xargs -r -n 1 umount -l 2>/dev/null || true
    rm -rf "$IMAGE_WORK"
}

# apt_install COMMAND=PACKAGE…: install the packages whose command is missing.
apt_install() {
    local pair missing=() sudo=()
    for pair; do
        command -v "${pair%%=*}" >/dev/null || [[ -e ${pair%%=*} ]] || missing+=("${pair#*=}")
    done
    ((${#missing[@]})) || return 0
    [[ $(id -u) == 0 ]] || sudo=(sudo -n)
    say "installing ${missing[*]} …"
    "${sudo[@]}" apt-get update -qq &&
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends "${missing[@]}" >/dev/null
}

# debian_base NAME PACKAGE…: make localhost/NAME, a Debian with those packages, from the registry of
# Debian packages; kept for a week in the user's cache.
debian_base() {
    local name=$1 cache=${XDG_CACHE_HOME:-$HOME/.cache}/plumbline/bases tar
    shift
    mkdir -p "$cache"
    tar=$cache/$name.tar
    if [[ -z $(find "$tar" -mtime -7 2>/dev/null) ]]; then
        say "making a Debian base for $name with mmdebstrap …"
        # shellcheck disable=SC1091
        local suite mirror=http://deb.debian.org/debian
        suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
        mmdebstrap --quiet --variant=minbase --include="$(IFS=,; echo "$*")" "$suite" "$cache/part-$name.tar" \
            "deb $mirror $suite main" "deb $mirror $suite-updates main" \
            "deb $mirror-security $suite-security main" 2>"$IMAGE_WORK/mmdebstrap.log" ||
            { tail -n 3 "$IMAGE_WORK/mmdebstrap.log" >&2; return 1; }
        mv "$cache/part-$name.tar" "$tar"
    fi
    podman import --quiet "$tar" "localhost/$name" >/dev/null
}

# image_build TARGET TAG BASE [ARGUMENT…]: build one target of the Dockerfile.
image_build() {
    local target=$1 tag=$2 base=$3 volumes=() volume
    shift 3
    while read -r volume; do volumes+=(--volume "$volume"); done \
        < <(python3 "$REPOSITORY/infra/image/pip_settings.py" "$IMAGE_WORK/pip.conf")
    # Where buildah keeps what RUN --mount=type=cache holds: pip's downloads outlive the store.
    TMPDIR=/var/tmp buildah bud --isolation chroot --pull-never --format docker --layers \
        "${volumes[@]}" --build-arg "BASE=$base" --build-arg "COMMIT=$(commit)" \
        --target "$target" --tag "$tag" "$@" "$REPOSITORY"
}

# image_build_stand_ins: localhost/plumb-services, for the check of compose.yaml.
image_build_stand_ins() {
    TMPDIR=/var/tmp buildah bud --isolation chroot --pull-never --format docker \
        --build-arg BASE=localhost/plumb-services-base --tag localhost/plumb-services \
        --file "$REPOSITORY/infra/compose/stand-ins/Dockerfile" "$REPOSITORY"
}

# commit: what is built; "unknown" outside a clone.
commit() { git -C "$REPOSITORY" rev-parse HEAD 2>/dev/null || echo unknown; }

# privately SCRIPT [ARGUMENT…]: run a script where the network is its own and only loopback is in it,
# so that podman leaves nothing on the host.
privately() {
    # shellcheck disable=SC2016
    # Without systemd nobody runs health checks by the clock; the checks do.
    DISABLE_HC_SYSTEMD=true unshare -m -n bash -c '
        umount /sys/fs/cgroup/unified 2>/dev/null
        ip link set lo up && exec bash "$@"' privately "$@"
}
