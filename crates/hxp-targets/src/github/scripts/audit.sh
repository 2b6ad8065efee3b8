#!/usr/bin/env bash
# Writes the audit record of this run, however it ended: who asked for what and when, who approved, what changed in the
# configuration, what was decided and why, and what is owed now.
#
# HXP_NEEDS are the results of the run's jobs.
# What is owed right after the deployment and was done by a gate of this run is put on the deployment's record.
#
# Outputs: events, what the channels are told of; record, the number of the deployment's record.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

# The environment's values as they were with what is live, against those of this run.
config_diff() {
  local file previous
  file=$(jq -r '.values // ""' "$HXP_CONFIG")
  previous=$(jq -rs '[.[].previous.commit | values] | first // ""' "$HXP_WORK"/decisions/*/request-*.json 2>/dev/null) ||
    previous=
  if [ -z "$file" ] || [ -z "$previous" ]; then
    return 0
  fi
  api -H 'Accept: application/vnd.github.raw+json' "$HXP_API/contents/$file?ref=$previous" >"$HXP_WORK/values.before" \
    2>/dev/null || : >"$HXP_WORK/values.before"
  diff -u --label "$file at $previous" --label "$file" "$HXP_WORK/values.before" "$file" | head -c 60000 || true
}

record() {
  config_diff >"$HXP_WORK/config.diff"
  find "$HXP_WORK/decisions" -name 'decision-*.json' -print0 2>/dev/null | sort -z | xargs -0 -r cat | jq -s . \
    >"$HXP_WORK/decisions.list"
  find "$HXP_WORK/decisions" -name 'request-*.json' -print0 2>/dev/null | sort -z | xargs -0 -r cat |
    jq -s '[.[].approvals // []] | add // [] | unique' >"$HXP_WORK/approvals.list"
  find "$HXP_WORK/decisions" -name 'request-*.json' -print0 2>/dev/null | sort -z | xargs -0 -r sha256sum |
    jq -R -s '[split("\n")[] | select(. != "") | split("  ") | {request: (.[1] | split("/") | last), sha256: .[0]}]' \
      >"$HXP_WORK/requests.list"
  jq -n --arg environment "$HXP_ENVIRONMENT" --arg at "$(now)" --arg run "$HXP_RUN_URL" \
    --arg attempt "${GITHUB_RUN_ATTEMPT:-1}" --arg repository "${GITHUB_REPOSITORY:-}" --argjson needs "$HXP_NEEDS" \
    --slurpfile plan "$HXP_WORK/plan.json" --slurpfile decisions "$HXP_WORK/decisions.list" \
    --slurpfile approvals "$HXP_WORK/approvals.list" --slurpfile requests "$HXP_WORK/requests.list" \
    --rawfile diff "$HXP_WORK/config.diff" '
    ($plan[0]) as $plan
    | {
        hxp: 1, environment: $environment, repository: $repository, run: $run, attempt: ($attempt | tonumber), at: $at,
        actor: $plan.actor, action: $plan.action, event: $plan.event, override: $plan.override,
        release: $plan.release,
        approvals: $approvals[0],
        config_diff: $diff,
        jobs: ($needs | map_values(.result)),
        decisions: $decisions[0],
        requests: $requests[0],
        duties: ([$decisions[0][].obligations[]?] | unique)
      }' >"$HXP_WORK/audit.json"
}

# The events of the policy that this run amounts to.
events() {
  jq -r --argjson needs "$HXP_NEEDS" '
    [
      (if $needs.deploy.result == "success" then "deployed" else empty end),
      (if ($needs.deploy.result | IN("failure", "cancelled")) and $needs.deploy.outputs.started == "true"
        then "failed" else empty end),
      (if $needs.rollback.result == "success" then "rolled_back" else empty end),
      (if ($needs.deploy.outputs.started // "") != "true" and ($needs.decide.outputs.outcome // "") != "deny"
          and ($needs.decide.result // "") == "success" then
        (($needs.deploy.outputs.outcome // "") | if . == "pending" then "pending" elif . == "deny" then "denied" else empty end)
      else empty end),
      ($needs.deploy.outputs.fired // "" | split(" ")[] | select(. != ""))
    ] | unique | join(" ")' "$HXP_WORK/audit.json"
}

summary() {
  jq -r '
    def text: tostring | gsub("[\\r\\n]+"; " ") | gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub("\\|"; "\\|") | gsub("`"; "\\`");
    "### Audit record", "",
    "| | |", "| --- | --- |",
    "| Who | \(.actor.id | text) |",
    "| What | \(.action | text) of \(.event.tag // .release.version // .release.commit | text) to \(.environment) |",
    "| When | \(.at) |",
    "| Approvals | \([.approvals[] | "\(.person) (\(.vote))"] | unique | join(", ") | text) |",
    "| Decisions | \([.decisions[] | "\(.action): \(.outcome)"] | join(", ") | text) |",
    "| Jobs | \([.jobs | to_entries[] | "\(.key): \(.value)"] | join(", ") | text) |",
    (if (.duties | length) > 0 then "", "Owed afterwards:", "",
      (.duties[] | "- \(.id | text), within \(.due | text) of \(.on | text)\(if .owner then ", by \(.owner | text)" else "" end)")
    else empty end)' "$HXP_WORK/audit.json"
}

# Duties whose gates passed in this run, with results that are good enough.
settle() {
  local duty condition holds
  HXP_RECORD=$(jq -r '.deploy.outputs.record // ""' <<<"$HXP_NEEDS")
  export HXP_RECORD
  output record "$HXP_RECORD"
  [ -n "$HXP_RECORD" ] || return 0
  find "$HXP_WORK/evidence" -name '*.json' -print0 2>/dev/null | sort -z | xargs -0 -r cat | jq -s . \
    >"$HXP_WORK/duties.evidence"
  while read -r duty; do
    condition=$(jq -r '.met.condition // "false"' <<<"$duty")
    holds=$(jq -n --argjson met "$(jq -c .met <<<"$duty")" --slurpfile evidence "$HXP_WORK/duties.evidence" \
      "$(cat "$HXP_HOME/logic.jq")"'
      any($evidence[0][] | select(.gate == $met.gate and (.params // {}) == ($met.key // {}) and .state == "passed");
        .results as $result | ('"$condition"') == true)')
    [ "$holds" != true ] || "$HXP_HOME/record.sh" duty "$(jq -r .id <<<"$duty")"
  done < <(jq -c '[.duties[] | select(.met.gate and (.on | index("deployed")))] | unique_by(.id)[]' "$HXP_CONFIG")
}

record
settle || annotate warning "Which duties were done could not be put on record."
summary >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
output events "$(events)"
