#!/usr/bin/env bash
# Usage: traffic-containerapps.sh RELEASE=PERCENT…
#
# Share the traffic of the container app APP_NAME (in APP_RESOURCE_GROUP) between the revisions of
# releases; the percents add up to 100. This is the command of the setting releases.traffic. Safe to run
# again; it ends well only if Azure then says exactly these weights.
#
# Every revision that Azure lists is stated: what is not named gets 0, and nothing follows "latest".
# Labels stay where they are. A revision that is to get traffic is activated first, and must be healthy.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -ge 1 ] && [ "$1" != --help ] || usage
need APP_NAME APP_RESOURCE_GROUP
app=(--name "$APP_NAME" --resource-group "$APP_RESOURCE_GROUP")

declare -A weights=()
sum=0
for pair in "$@"; do
  [[ $pair =~ ^rel-[0-9a-f]{12}=[0-9]{1,3}$ ]] || die "'$pair' is no RELEASE=PERCENT, such as rel-0123456789ab=5."
  name=$APP_NAME--${pair%=*}
  [ -z "${weights[$name]:-}" ] || die "${pair%=*} is named twice."
  weights[$name]=$((10#${pair#*=}))
  sum=$((sum + 10#${pair#*=}))
done
[ "$sum" -eq 100 ] || die "the percents add up to $sum, not to 100: $*"

# A revision that was purged long ago cannot be set to 0.
declare -A known=()
while read -r name active health; do
  [ -z "$name" ] || known[$name]="$active $health"
done < <(az_tsv containerapp revision list "${app[@]}" --all \
  --query "[].[name, to_string(properties.active), properties.healthState || 'None']")

is_healthy() {
  [ "$(az_tsv containerapp revision show "${app[@]}" --revision "$1" --query properties.healthState)" = Healthy ]
}
for name in "${!weights[@]}"; do
  if [ -z "${known[$name]:-}" ]; then
    [ "${weights[$name]}" -eq 0 ] || die "there is no revision $name; start it with deploy-revision.sh. No traffic was moved."
    unset "weights[$name]"
  elif [ "${weights[$name]}" -gt 0 ] && [ "${known[$name]}" != "true Healthy" ] && [ "${known[$name]}" != "True Healthy" ]; then
    az containerapp revision activate "${app[@]}" --revision "$name" --output none
    try_for "${READY_SECONDS:-100}" is_healthy "$name" ||
      die "$name is not healthy (${known[$name]#* }), so it gets no traffic. Nothing was moved."
  fi
done

traffic() {
  az_tsv containerapp ingress traffic show "${app[@]}" \
    --query "[].[revisionName || 'latest', to_string(weight || \`0\`), label || '-']"
}
before=$(traffic)
while read -r name _ _; do
  [ -z "$name" ] || [ -n "${weights[$name]:-}" ] || weights[$name]=0
done <<< "$before"

stated=()
for name in "${!weights[@]}"; do stated+=("$name=${weights[$name]}"); done
az containerapp ingress traffic set "${app[@]}" --revision-weight "${stated[@]}" --output none

after=$(traffic)
for name in "${!weights[@]}"; do
  found=$(awk -v name="$name" '$1 == name {sum += $2} END {print sum + 0}' <<< "$after")
  [ "$found" = "${weights[$name]}" ] || die "$name has $found % of the traffic after the move, not ${weights[$name]} %; run it again."
done
others=$(awk '$2 > 0 {print $1}' <<< "$after")
for name in $others; do
  [ "${weights[$name]:-0}" -gt 0 ] || die "$name still has traffic after the move; run it again."
done
while read -r name _ label; do
  [ -z "$name" ] || [ "$label" = - ] || grep -q -- "$label\$" <<< "$after" ||
    echo "warning: the label $label of $name is gone; set it again with az containerapp revision label add." >&2
done <<< "$before"
echo "Traffic: $*"
