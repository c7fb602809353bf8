#!/usr/bin/env bash
# Make .env for compose.yaml: new passwords, readable by you alone. An .env that is there stays.
#
#   secrets.sh [FILE]
set -euo pipefail
file=${1:-$(dirname "${BASH_SOURCE[0]}")/../../.env}
if [[ -e $file ]]; then
    echo "$file is there already; delete it to have new passwords (and the volumes that know the old)." >&2
    exit 1
fi
random() { head -c 24 /dev/urandom | base64 | tr -d '/+=\n'; }
umask 077
cat > "$file" <<ENV
# Qdrant as the index, Grafana and a collector of traces. For a folder in a volume instead:
# COMPOSE_PROFILES=  PLUMB_INDEX_URL=/data/index  PLUMB_TELEMETRY_OTLP_ENDPOINT=
COMPOSE_PROFILES=qdrant,observe
POSTGRES_PASSWORD=$(random)
REDIS_PASSWORD=$(random)
GRAFANA_PASSWORD=$(random)
ENV
echo "made $file"
