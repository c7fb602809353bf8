#!/usr/bin/env bash
# Look for known vulnerabilities in the Python packages of a bill of materials (sbom.sh).
#
#   Usage: scan.sh SBOM REPORT
#
# Fails on a vulnerability, and as much on a package that could not be looked up: "nothing known"
# about packages that nobody looked at is no result. Plumbline itself is in no registry and is left
# out. REPORT gets pip-audit's JSON. A vulnerability that is accepted goes, with its reason, into
# infra/steps/accepted-vulnerabilities.txt.
#
# Exit code 0: none; 1: some, or some not looked at; 2: usage; 3: the scan itself did not run.
# The tool is installed into an environment of its own: PLUMB_TOOLS, or a temporary one.
set -euo pipefail
[[ $# == 2 ]] || { sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
sbom=$1 report=$2
fail() { echo "scan: $*" >&2; exit 3; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=${PLUMB_TOOLS:-$work/tools}
python3 - "$sbom" >"$work/requirements.txt" 2>"$work/log" <<'PYTHON' || fail "$sbom: $(tail -n 1 "$work/log")"
import json, sys

bill = json.load(open(sys.argv[1], encoding="utf-8"))
pins = {
    f'{part["name"]}=={part["version"].partition("+")[0]}'
    for part in bill.get("components", [])
    if part.get("purl", "").startswith("pkg:pypi/") and part["name"] != "plumbline"
}
if not pins:
    sys.exit("names no Python packages")
print("\n".join(sorted(pins)))
PYTHON

if [[ ! -x $tools/bin/pip-audit ]]; then
    [[ -x $tools/bin/python ]] || python3 -m venv "$tools"
    "$tools/bin/pip" install -q --disable-pip-version-check 'pip-audit==2.10.1' || fail "pip-audit cannot be installed"
fi
ignored=()
while read -r id _; do
    [[ -z $id || $id == \#* ]] || ignored+=(--ignore-vuln "$id")
done <"$here/accepted-vulnerabilities.txt"
mkdir -p "$(dirname "$report")"
# Its exit code says "vulnerable" and "did not run" alike; the report tells them apart.
"$tools/bin/pip-audit" --requirement "$work/requirements.txt" --no-deps --disable-pip \
    --progress-spinner off --format json --output "$report" "${ignored[@]}" 2>"$work/log" || true
[[ -s $report ]] || fail "pip-audit did not run: $(tail -n 1 "$work/log")"
exec python3 "$here/judge_scan.py" "$report" "$work/requirements.txt"
