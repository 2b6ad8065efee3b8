#!/usr/bin/env bash
# Keeps the record of what was deployed, as GitHub deployments of the task `hxp`: later decisions read from them what is
# live, how long a release was healthy, and what one can go back to.
#
#   record.sh begin            a deployment or rollback of plan.json starts; writes its id to record.id
#   record.sh success|failure  how it went
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

begin() {
  jq --arg environment "$HXP_ENVIRONMENT" --arg action "$HXP_ACTION" --arg run "$HXP_RUN_URL" '
    {
      ref: .release.commit, task: "hxp", environment: $environment, auto_merge: false, required_contexts: [],
      description: "\($action) decided by the policy",
      payload: ({hxp: 1, action: $action, commit: .release.commit, tag: .event.tag, run: $run, actor: .actor.id, deploys: .deploys}
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

case $1 in
  begin) begin ;;
  success | failure) status "$1" ;;
  *) die "record.sh: begin, success or failure" ;;
esac
