#!/usr/bin/env bash
# Asks again for deployments that had to wait. A run that a decision stopped as pending left an artifact that says until
# when; once that instant is there, its failed jobs start again, and with them the decision. HXP_ASK=all asks again for
# every pending run, as when somebody has signed what it waited for.
#
# Of each environment only the newest pending run is asked again, and only while nothing newer was deployed.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

resume() {
  local environment=$1 artifact run made due
  artifact=$(api "$HXP_API/actions/artifacts?name=$(uri "pending-$environment")&per_page=1" |
    jq -c '[.artifacts[] | select(.expired | not)] | first // empty')
  [ -n "$artifact" ] || return 0
  run=$(api "$HXP_API/actions/runs/$(jq -r .workflow_run.id <<<"$artifact")")
  made=$(jq -r .created_at <<<"$artifact")
  # It must be the last attempt of that run which left the artifact, and nothing may run now.
  jq -e --arg made "$made" '.status == "completed" and .conclusion == "failure" and $made >= .run_started_at' \
    <<<"$run" >/dev/null || return 0
  if records "$environment" | jq -e --arg made "$(jq -r .created_at <<<"$run")" 'any(.[]; .from > $made)' >/dev/null; then
    note "$environment: something newer was deployed since; the pending run stays as it is."
    return 0
  fi
  api "$HXP_API/actions/artifacts/$(jq -r .id <<<"$artifact")/zip" >"$HXP_WORK/pending.zip"
  unzip -p "$HXP_WORK/pending.zip" pending.json >"$HXP_WORK/pending.json"
  due=$(jq -r '.not_before // ""' "$HXP_WORK/pending.json")
  if [ "${HXP_ASK:-due}" = all ] || { [ -n "$due" ] && [ "$(date -d "$due" +%s)" -le "$(date +%s)" ]; }; then
    note "$environment: asking again."
    api --method POST "$HXP_API/actions/runs/$(jq -r .id <<<"$run")/rerun-failed-jobs" >/dev/null
  else
    note "$environment: not yet, $(jq -c . "$HXP_WORK/pending.json")"
  fi
}

for file in "$HXP_HOME"/*.json; do
  name=$(jq -r '.environment // empty' "$file")
  [ -z "$name" ] || resume "$name"
done
