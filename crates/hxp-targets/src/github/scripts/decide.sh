#!/usr/bin/env bash
# Asks the compiled policy about request.json and acts on the answer: 0 go ahead, 3 not yet, 5 no.
#
# The argument is the place in the run. `before` stands before the approvals and lets what waits for approvals or for a
# window go on to them; `deploy` and `rollback` stand right before the step that changes the environment, where nothing
# short of an allow will do.
#
# Outputs: outcome, not_before, events (what the channels are told of), and ask_<team> (and ask_<team>_2 …) for each seat that people still have to take.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

phase=$1
decision="$HXP_WORK/decision.json"
policy="${HXP_POLICY:-policy}"

opa eval --bundle "$policy" --input "$HXP_WORK/request.json" --format raw "data.hxp.$HXP_ENVIRONMENT.decision" >"$decision"
jq -e '.outcome | IN("allow", "pending", "deny")' "$decision" >/dev/null || die "The policy gave no decision."
[ "$(jq -r .environment "$decision")" = "$HXP_ENVIRONMENT" ] || die "The decision is about another environment."
cp "$decision" "$HXP_WORK/decision-$phase.json"
cp "$HXP_WORK/request.json" "$HXP_WORK/request-$phase.json"
outcome=$(jq -r .outcome "$decision")

# The reasons as a table on the run's page. What the policy or the request says is text there, never markup.
summary() {
  jq -r --arg phase "$phase" '
    def text: tostring | gsub("[\\r\\n]+"; " ") | gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub("\\|"; "\\|") | gsub("`"; "\\`");
    "### \(.environment): \(.action) is \({allow: "allowed", pending: "pending", deny: "denied"}[.outcome])"
    + (if $phase == "before" then "" else " (asked again right before the \($phase))" end),
    "",
    (if .not_before then "Time alone will do: not before **\(.not_before | text)**.\n" else empty end),
    "| | Requirement | Why |", "| --- | --- | --- |",
    (.reasons[] | "| \(.verdict) | \(.id | text) | \(.text | text)\(if .until then " (until \(.until | text))" else "" end) |"),
    (if (.obligations | length) > 0 then "", "Owed afterwards:", "",
      (.obligations[] | "- \(.id | text), within \(.due | text) of \(.on | text)\(if .owner then ", by \(.owner | text)" else "" end)")
    else empty end), ""' "$decision"
}

# For each approval job of the workflow: whether the decision still wants that seat.
asks() {
  local team seat count name
  while IFS=$'\t' read -r team seat; do
    count=$(jq --arg id "$HXP_ENVIRONMENT.approve.$team" --arg team "$team" '
      [.reasons[] | select(.id == $id and .verdict == "waiting") | .needs.approvals[$team] // 1] | first // 0' "$decision")
    name="ask_$team"
    [ "$seat" = 1 ] || name="ask_${team}_$seat"
    if [ "$count" -ge "$seat" ]; then output "$name" true; else output "$name" false; fi
  done < <(jq -r '.approvals[] | .team as $team | range(.seats) | [$team, . + 1] | @tsv' "$HXP_CONFIG")
}

# A run that waits says until when, for hxp-resume.yml to find.
pending() {
  jq '{environment, not_before, reasons: [.reasons[] | select(.verdict == "waiting") | .id]}' "$decision" \
    >"$HXP_WORK/pending.json"
  annotate warning "$HXP_ENVIRONMENT is pending: $(jq -r '[.reasons[] | select(.verdict == "waiting") | .text] | join("; ")' "$decision")"
  exit 3
}

summary >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
summary >&2
output outcome "$outcome"
output not_before "$(jq -r '.not_before // ""' "$decision")"
output events "$(jq -r --slurpfile config "$HXP_CONFIG" '
  [ "requested",
    (if .outcome == "pending" then "pending" elif .outcome == "deny" then "denied" else empty end),
    (if any(.reasons[]; .waived_by | IN($config[0].overrides[])) then "overridden" else empty end)
  ] | join(" ")' "$decision")"
[ "$phase" != before ] || asks
rm -f "$HXP_WORK/pending.json"

if [ "$outcome" = deny ]; then
  annotate error "$HXP_ENVIRONMENT is denied: $(jq -r '[.reasons[] | select(.verdict == "failed") | .text] | join("; ")' "$decision")"
  exit 5
fi
if [ "$phase" = rollback ] && [ "$(jq -r .action "$decision")" != rollback ] && [ "$outcome" != allow ]; then
  note "The release to go back to is none of the last healthy ones, so the policy judges it as a deployment."
fi
if [ "$outcome" = pending ]; then
  [ "$phase" = before ] || pending
  if [ "$(jq -r .action "$HXP_WORK/request.json")" = rollback ]; then
    note "The gates of a rollback run in its own job, right before it; it is decided there."
    exit 0
  fi
  jq -e --arg environment "$HXP_ENVIRONMENT" '
    [.reasons[] | select(.verdict == "waiting") | .id
      | select((startswith($environment + ".approve.") or startswith($environment + ".window.")) | not)]
    | length == 0' "$decision" >/dev/null || pending
  note "What is left waits for approvals or for a window: the approvals may be given now."
fi
