#!/usr/bin/env bash
# Usage: login.sh
#
# Log in to Azure on GitHub Actions by workload identity federation, with a token asked for just now:
# GitHub's token ends after 10 minutes, and Azure's after an hour, so a job calls this before each long
# step. No secret is stored. On Azure Pipelines the task AzureCLI@2 does the same.
#
# Needs AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID, and the job's permission `id-token: write`.
set -euo pipefail
# shellcheck source=infra/steps/shared.sh
. "$(dirname "$0")/shared.sh"
[ $# -eq 0 ] || usage
need AZURE_CLIENT_ID AZURE_TENANT_ID AZURE_SUBSCRIPTION_ID
[ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] && [ -n "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-}" ] ||
  die "GitHub gives this job no identity token; add \`permissions: {id-token: write}\` to the job."

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
# The header goes by standard input, so that the token is on no command line.
printf 'header = "Authorization: bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
  curl --config - --silent --show-error --fail --max-time 30 --retry 3 --output "$answer" \
    "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" ||
  die "GitHub did not give an identity token; the line above says why."
token=$(field "$answer" value)
[ -z "${GITHUB_ACTIONS:-}" ] || printf '::add-mask::%s\n' "$token"
az login --service-principal --username "$AZURE_CLIENT_ID" --tenant "$AZURE_TENANT_ID" \
  --federated-token "$token" --output none
az account set --subscription "$AZURE_SUBSCRIPTION_ID"
echo "Logged in to Azure as $AZURE_CLIENT_ID."
