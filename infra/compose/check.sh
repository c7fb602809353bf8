#!/usr/bin/env bash
# Run compose.yaml with podman-compose as far as its images can be had here, and ask a question.
#
#   check.sh SERVE_IMAGE INGEST_IMAGE PODMAN_COMPOSE
#
# app, worker, metrics-key and, from Debian's packages under the names that compose.yaml has, Redis,
# PostgreSQL and Prometheus. Qdrant, Grafana and the collector come in no package: their profiles
# stay off, and the index is a folder in a volume. Called by ../image/ci.sh in a private network
# namespace, where the image localhost/plumb-services is. Ends with `compose: N passed, N failed`.
set -uo pipefail
serve=$1 ingest=$2 program=$3
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
passed=0 failed=0

# A network of our own folder; the machine's stay unseen and untouched.
sed -i -e 's/^netns = .*/netns = "bridge"/' "$CONTAINERS_CONF"
printf '[network]\nnetwork_config_dir = "%s/cni"\n' "$IMAGE_WORK" >> "$CONTAINERS_CONF"
mkdir -p "$IMAGE_WORK/cni" /var/lib/cni /run/containers
mount -t tmpfs none /var/lib/cni && mount -t tmpfs none /run/containers

rm -f "$IMAGE_WORK/env"
bash infra/compose/secrets.sh "$IMAGE_WORK/env" >/dev/null
sed -i 's/^COMPOSE_PROFILES=.*/COMPOSE_PROFILES=/' "$IMAGE_WORK/env"
printf '%s\n' PLUMB_INDEX_URL=/data/index PLUMB_TELEMETRY_OTLP_ENDPOINT= >> "$IMAGE_WORK/env"
compose() { "$program" --env-file "$IMAGE_WORK/env" --in-pod false "$@"; }
container() { podman ps -aq --filter "label=com.docker.compose.service=$1" | head -n 1; }

check() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "  ok    $what${output:+ ($(tail -n 1 <<<"$output" | cut -c1-120))}"
    else
        failed=$((failed + 1))
        echo "  FAIL  $what"
        tail -n 20 <<<"$output" | cut -c1-400 | sed 's/^/          /'
    fi
}

# up SERVICE: as compose starts it, then wait until its own health check passes.
up_healthy() {
    compose up -d --no-build --no-deps "$1" || return 1
    local until=$((SECONDS + 90))
    until podman healthcheck run "$(container "$1")" >/dev/null 2>&1; do
        ((SECONDS < until)) || { podman healthcheck run "$(container "$1")"; podman logs --tail 15 "$(container "$1")"; return 1; }
        sleep 0.3
    done
    echo "$1 is healthy"
}

makes_the_key() {
    compose up -d --no-build --no-deps metrics-key || return 1
    [[ $(podman wait "$(container metrics-key)") == 0 ]] || { podman logs "$(container metrics-key)"; return 1; }
}

key() { podman exec "$(container app)" plumb keys create "$1" --role "$2" 2>/dev/null | tail -n 1; }

# api KEY PATH [CURL-ARGUMENT…]
api() {
    local given=$1 path=$2
    shift 2
    podman exec -i "$(container app)" python3 -c '
import json, sys, urllib.request
key, method, path, body = sys.argv[1:]
request = urllib.request.Request("http://127.0.0.1:8000" + path, body.encode() or None, {"Authorization": "Bearer " + key, "Content-Type": "application/json"}, method=method)
try:
    print(urllib.request.urlopen(request, timeout=60).read().decode())
except urllib.error.HTTPError as error:
    sys.exit(f"{error}: {error.read().decode()}")' "$given" "${1:-GET}" "$path" "${2:-}"
}

the_worker_indexes() {
    local job state editor
    editor=$(key editor editor)
    api "$editor" /v1/document-sets POST '{"document_set": "handbook", "sources": [{"url": "/documents"}]}' || return 1
    job=$(api "$editor" /v1/document-sets/handbook/sync POST '{}') || { echo "$job"; return 1; }
    job=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["id"])' "$job") || return 1
    local until=$((SECONDS + 180))
    while ((SECONDS < until)); do
        state=$(api "$editor" "/v1/jobs/$job")
        case $state in
            *'"state":"succeeded"'*) echo "$state"; return 0 ;;
            *'"state":"queued"'* | *'"state":"running"'*) ;;
            *) break ;;
        esac
        sleep 1
    done
    echo "$state"
    podman logs --tail 20 "$(container worker)"
    return 1
}

answers() {
    local reader answer
    reader=$(key reader reader)
    answer=$(api "$reader" /v1/chat POST '{"question": "How long may goods stay in quarantine?"}') || { echo "$answer"; return 1; }
    python3 -c '
import json, sys
answer = json.loads(sys.argv[1])
print(answer["answer"], answer["citations"][0]["document"])
assert "72 hours" in answer["answer"] and answer["citations"], answer' "$answer"
}

# Answers are written a quarter of a second after they are given, in one transaction.
is_stored() {
    local until=$((SECONDS + 20))
    while ((SECONDS < until)); do
        has_answers && return 0
        sleep 1
    done
    return 1
}

has_answers() {
    podman exec "$(container postgres)" sh -c 'PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -U plumbline -d plumbline -Atc "select count(*) from answers"' |
        grep -qx '[1-9][0-9]*'
}

is_in_redis() { podman exec "$(container redis)" redis-cli dbsize | grep -q '[1-9]'; }

is_scraped() {
    local until=$((SECONDS + 60)) found
    while ((SECONDS < until)); do
        found=$(podman exec "$(container prometheus)" wget -q -O - 'http://127.0.0.1:9090/api/v1/query?query=up{job="plumbline"}')
        [[ $found == *'"1"]'* ]] && return 0
        sleep 1
    done
    podman exec "$(container prometheus)" wget -q -O - http://127.0.0.1:9090/api/v1/targets
    return 1
}

all_confined() {
    local service user
    for service in app worker redis postgres prometheus; do
        user=$(podman exec "$(container "$service")" id -u) || return 1
        [[ $user != 0 ]] || { echo "$service runs as root"; return 1; }
        podman exec "$(container "$service")" sh -c ': > /etc/x' 2>/dev/null && { echo "$service can write to /etc"; return 1; }
    done
    echo "none is root, none can write to its root file system"
}

podman tag "$serve" localhost/plumbline-serve:latest
podman tag "$ingest" localhost/plumbline-ingest:latest
while read -r image; do
    podman tag localhost/plumb-services "$image"
done < <(sed -n 's/^ *image: \(docker.io.*\(redis\|postgres\|prometheus\):.*\)/\1/p' compose.yaml)
for service in redis postgres app worker; do check "$service becomes healthy" up_healthy "$service"; done
check "the key for Prometheus is made" makes_the_key
check "prometheus becomes healthy" up_healthy prometheus
check "a sync asked for over REST is run by the worker" the_worker_indexes
check "a question is answered with a citation" answers
check "the answer is stored in PostgreSQL" is_stored
check "Redis holds jobs and cached answers" is_in_redis
check "Prometheus reads the metrics with its key" is_scraped
check "no service is root or can write to its image" all_confined
check "compose down takes all away" compose down -v
echo "  not run: qdrant, grafana, collector (their images cannot be had; compose.yaml is checked against the schema)"
echo "compose: $passed passed, $failed failed"
((failed == 0))
