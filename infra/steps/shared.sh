# shellcheck shell=bash
# What the steps share. Sourced, never run. Each step ends with one clear line when it cannot go on.

# Print an error that names the step, and end.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Print the comment at the top of the step, and end with the code of a usage error.
usage() {
  sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0" >&2
  exit 2
}

# need NAME…: end if a variable is empty. The message says what it is for.
need() {
  local name
  for name in "$@"; do
    [ -n "${!name:-}" ] || die "the variable $name is not set; \`$(basename "$0") --help\` says what it is."
  done
}

# need_file FILE: end if there is no such file.
need_file() {
  [ -f "$1" ] || die "$1: there is no such file; did the step before this one write it, or the artifact not arrive?"
}

# field FILE NAME…: print a value of a JSON file; NAME… leads to it. An empty line for null.
field() {
  python3 - "$@" <<'PYTHON' || die "$1: has no field ${*:2}; is it the file of another step?"
import json, sys
value = json.load(open(sys.argv[1], encoding="utf-8"))
for name in sys.argv[2:]:
    value = value[int(name)] if isinstance(value, list) else value[name]
print("" if value is None else value if isinstance(value, str) else json.dumps(value))
PYTHON
}

# set_output NAME VALUE: hand a value to later jobs, on Azure Pipelines and on GitHub Actions.
set_output() {
  if [ -n "${GITHUB_OUTPUT:-}" ]; then
    printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
  else
    printf '##vso[task.setvariable variable=%s;isOutput=true]%s\n' "$1" "$2"
  fi
}

# try_for SECONDS COMMAND…: run a command until it succeeds, every 5 s (POLL_SECONDS).
try_for() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep "${POLL_SECONDS:-5}"
  done
}

# az_tsv ARGUMENTS…: az's answer as plain text. An expired login is named as such.
az_tsv() {
  local said status=0
  said=$(az "$@" --output tsv 2> "${TMPDIR:-/tmp}/az-error.$$") || status=$?
  if [ "$status" -ne 0 ]; then
    local error
    error=$(tr '\n' ' ' < "${TMPDIR:-/tmp}/az-error.$$")
    rm -f "${TMPDIR:-/tmp}/az-error.$$"
    case $error in
      *AADSTS700024* | *"az login"*)
        die "the Azure login has expired or is missing; run the step again with a fresh login. az said: $error" ;;
    esac
    die "az $1 $2 failed: $error"
  fi
  rm -f "${TMPDIR:-/tmp}/az-error.$$"
  printf '%s\n' "$said"
}
