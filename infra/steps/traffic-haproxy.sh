#!/usr/bin/env bash
# Usage: traffic-haproxy.sh REVISION=WEIGHT …
#
# Share traffic between revisions by the weights of HAProxy's servers: the hook of `releases.traffic`
# where HAProxy is the proxy. A revision is the server of its release's id. Weights are per cent and add up
# to 100; a server that is not named gets 0.
#
# A server of weight 0 gets no new requests and ends those it has. Weights are raised before others are
# lowered, so there is always a server to send to. A revision that is not there, or is not up, is refused
# before anything changes. Safe to run again. At the end the weights are read back and compared.
#
#   HAPROXY_SOCKET    runtime socket with level admin: a path, or HOST:PORT
#   HAPROXY_BACKEND   the backend of the revisions (default plumbline)
#
# Needs bash and python3 with its standard library, no socat. Exit codes: 0 done, 1 failed, 2 usage.
set -euo pipefail
if [ $# -eq 0 ] || [ "$1" = --help ]; then
  sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0" >&2
  exit 2
fi
exec python3 -I - "$@" <<'PYTHON'
import os
import re
import socket
import sys

RUNNING = 2  # srv_op_state in `show servers state`
TIMEOUT_S = 10


def fail(message, code=1):
    print(f"traffic-haproxy.sh: {message}", file=sys.stderr)
    raise SystemExit(code)


def ask(command):
    """HAProxy's answer to one command."""
    where = os.environ["HAPROXY_SOCKET"]
    host, _, port = where.rpartition(":")
    try:
        if port.isdigit() and "/" not in where:
            link = socket.create_connection((host, int(port)), TIMEOUT_S)
        else:
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(TIMEOUT_S)
            link.connect(where)
        with link:
            link.sendall(command.encode() + b"\n")
            parts = []
            while part := link.recv(65536):
                parts.append(part)
    except OSError as error:
        fail(
            f"HAPROXY_SOCKET={where}: {error.strerror or error}; is HAProxy running, with a `stats "
            "socket … level admin` there that this user may write to?"
        )
    return b"".join(parts).decode().strip()


def wanted(arguments):
    weights = {}
    for one in arguments:
        found = re.fullmatch(r"([A-Za-z0-9._-]+)=(\d{1,3})", one)
        if found is None:
            fail(f"{one!r} is no REVISION=WEIGHT, for example rel-1a2b3c4d5e6f=5.", 2)
        if found[1] in weights:
            fail(f"{found[1]} is named twice.", 2)
        weights[found[1]] = int(found[2])
    if sum(weights.values()) != 100:
        fail(f"the weights {' '.join(arguments)} add up to {sum(weights.values())}, not 100.", 2)
    return weights


def servers(backend):
    """Name -> (weight, whether it is up, whether it is set to drain or maintenance)."""
    lines = ask(f"show servers state {backend}").splitlines()
    head = next((line for line in lines if line.startswith("# be_id")), None)
    if head is None:
        said = " ".join(lines) or "nothing"
        fail(f"HAProxy shows no backend {backend!r} (it says: {said}); set HAPROXY_BACKEND.")
    columns = head[2:].split()
    found = {}
    for line in lines[lines.index(head) + 1 :]:
        row = dict(zip(columns, line.split()))
        if "srv_name" in row:
            up = int(row["srv_op_state"]) == RUNNING
            found[row["srv_name"]] = int(row["srv_uweight"]), up, int(row["srv_admin_state"]) != 0
    return found


def change(backend, name, what):
    said = ask(f"set server {backend}/{name} {what}")
    if said:
        now = " ".join(f"{one}={weight}" for one, (weight, _, _) in servers(backend).items())
        fail(f"HAProxy refuses `set server {backend}/{name} {what}`: {said} Weights now: {now}.")


backend = os.environ.get("HAPROXY_BACKEND") or "plumbline"
if not os.environ.get("HAPROXY_SOCKET"):
    fail("the variable HAPROXY_SOCKET is not set; name HAProxy's runtime socket.")
weights = wanted(sys.argv[1:])
before = servers(backend)
for name, weight in weights.items():
    if weight and name not in before:
        known = ", ".join(sorted(before)) or "none"
        fail(f"{name} is no server of the backend {backend!r} (there are: {known}); start it first.")
    if weight and not before[name][1] and not before[name][2]:
        fail(f"{name} is not up, so it cannot take traffic; look at its log. Nothing was changed.")
    if not weight and name not in before:
        print(f"{name} is not there, so it has no traffic.", file=sys.stderr)
after = {name: weights.get(name, 0) for name in before}
for name in sorted(after, key=lambda one: after[one] < before[one][0]):
    if after[name] and before[name][2]:
        change(backend, name, "state ready")
    if after[name] != before[name][0]:
        change(backend, name, f"weight {after[name]}")
found = {name: weight for name, (weight, _, _) in servers(backend).items()}
if differs := [name for name in after if found.get(name) != after[name]]:
    found_instead = ", ".join(f"{name} has {found.get(name)} instead of {after[name]}" for name in differs)
    fail(f"after the change, {found_instead}; is something else moving traffic? Run the command again.")
print(" ".join(f"{name}={weight}" for name, weight in sorted(found.items())))
PYTHON
