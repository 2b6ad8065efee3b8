#!/usr/bin/env bash
# Keeps the record of what was deployed, as GitHub deployments of the task `hxp`: later decisions read from them what is
# live, how long a release was healthy, and what one can go back to.
#
#   record.sh begin            a deployment or rollback of plan.json starts; writes its id to record.id
#   record.sh success|failure  how it went
#   record.sh duty ID          that a duty of the deployment HXP_RECORD was done now
#
# The record holds what is owed after it, as the decision said it; later policies change nothing about that.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

begin() {
  local owed="$HXP_WORK/decision.json"
  [ -s "$owed" ] || owed=/dev/null
  jq --arg environment "$HXP_ENVIRONMENT" --arg action "$HXP_ACTION" --arg run "$HXP_RUN_URL" \
    --arg override "$(override_in_force)" --slurpfile decision "$owed" '
    {
      ref: .release.commit, task: "hxp", environment: $environment, auto_merge: false, required_contexts: [],
      description: "\($action) decided by the policy",
      payload: ({hxp: 1, action: $action, commit: .release.commit, tag: .event.tag, run: $run, actor: .actor.id, deploys: .deploys}
        + {override: ($override | if . == "" then null else . end),
            owes: ([$decision[0].obligations[]? | {id, on, due}] | unique)}
        + (.release | {images, chart, values_digest, version} | with_entries(select(.value != null))))
    }' "$HXP_WORK/plan.json" >"$HXP_WORK/record.json"
  api --method POST "$HXP_API/deployments" --input "$HXP_WORK/record.json" --jq .id >"$HXP_WORK/record.id"
  status in_progress
  output started true
  output record "$(cat "$HXP_WORK/record.id")"
}

status() {
  jq -n --arg state "$1" --arg url "$HXP_RUN_URL" --arg description "$(cat "$HXP_WORK/revision" 2>/dev/null)" '
    {state: $state, log_url: $url, auto_inactive: false}
    + (if $description == "" then {} else {description: "revision \($description)"} end)' >"$HXP_WORK/status.json"
  api --method POST "$HXP_API/deployments/$(cat "$HXP_WORK/record.id")/statuses" --input "$HXP_WORK/status.json" >/dev/null
}

# Descriptions of statuses are short; the ledger cuts ids off at the same length.
duty() {
  jq -n --arg id "$1" --arg url "$HXP_RUN_URL" '
    {state: "success", log_url: $url, auto_inactive: false, description: "duty \($id)"[:140]}' >"$HXP_WORK/status.json"
  api --method POST "$HXP_API/deployments/$HXP_RECORD/statuses" --input "$HXP_WORK/status.json" >/dev/null
}

case $1 in
  begin) begin ;;
  success | failure) status "$1" ;;
  duty) duty "$2" ;;
  *) die "record.sh: begin, success, failure or duty" ;;
esac
