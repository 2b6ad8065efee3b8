#!/usr/bin/env bash
# The ledger of duties: what the policy wants done after an event, until when, and whether it was.
#
#   duties.sh ledger  prints the ledger of HXP_ENVIRONMENT
#   duties.sh tend    opens an issue for every duty that is overdue, in any environment, and closes those that are done
#
# The ledger is read, never kept: events are the deployment records that only the workflow's own identity writes (each holds
# what is owed after it) and the incidents' issues; what was done are statuses of those records, the runs by which people
# sign, and the runs that told of an incident. What cannot be read leaves the ledger unknown.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

facts="$HXP_WORK/duties"
mkdir -p "$facts"

# Events of the deployments: which record, which event, when, and what was owed after it.
deployed() {
  records "$HXP_ENVIRONMENT" >/dev/null
  jq -n --slurpfile raw "$HXP_WORK/records-$HXP_ENVIRONMENT.json.raw" \
    --slurpfile statuses "$HXP_WORK/records-$HXP_ENVIRONMENT.json.statuses" '
    def payload: .payload | if type == "string" then (fromjson? // {}) else . // {} end;
    [$raw[0][] | . as $record | payload as $payload
      | [$statuses[] | select(.id == $record.id) | .statuses[]] as $all
      | def since($states): [$all[] | select(.state | IN($states[])) | .created_at] | min;
      {
        of: ($record.id | tostring),
        names: ([($record.id | tostring), $payload.commit, $payload.tag, $payload.version] | map(values)),
        override: $payload.override, owes: ($payload.owes // []), begun: $record.created_at,
        done: [$all[] | select(.description // "" | startswith("duty ")) | {id: (.description | ltrimstr("duty ")), at: .created_at}],
        events: [
          (since(["success"]) | values | {on: (if $payload.action == "rollback" then "rolled_back" else "deployed" end), at: .}),
          (since(["failure", "error"]) | values | {on: "failed", at: .}),
          (if $payload.override then {on: "overridden", at: $record.created_at} else empty end)]
      }]'
}

# Incidents of the environment, from the day on which duties begin.
declared() {
  if ! jq -e 'any(.duties[].on[]; startswith("incident."))' "$HXP_CONFIG" >/dev/null; then
    printf '[]\n'
    return 0
  fi
  api --paginate "$HXP_API/issues?labels=$(uri "$(jq -r .incident_label "$HXP_CONFIG")")&state=all&per_page=100" |
    incidents | jq --arg environment "$HXP_ENVIRONMENT" --slurpfile config "$HXP_CONFIG" '
      [.[] | select(.environments | index($environment)) | select(.declared_at >= ($config[0].duties_since // ""))]'
}

# When the channels were told of incidents: runs of hxp-incident.yml, whose title says of which.
told() {
  if ! jq -e 'any(.duties[]; .met.channel and any(.on[]; startswith("incident.")))' "$HXP_CONFIG" >/dev/null; then
    printf '[]\n'
    return 0
  fi
  api --paginate "$HXP_API/actions/workflows/hxp-incident.yml/runs?event=issues&status=success&per_page=100" |
    jq -cs '[.[].workflow_runs[] | . as $run
      | (.display_title | capture("^(?<on>incident\\.(declared|resolved)) #(?<of>[0-9]+)$")?) | . + {at: $run.updated_at}]'
}

# Signatures that can meet a duty, by members of the team that owes it. Whose membership cannot be told leaves all unknown.
confirmed() {
  local team slug members person code all='[]'
  if ! jq -e 'any(.duties[]; .met.signature)' "$HXP_CONFIG" >/dev/null; then
    printf '[]\n'
    return 0
  fi
  signed >"$facts/signed.json"
  while IFS=$'\t' read -r team slug members person; do
    code=0
    in_team "$team" "$slug" "$members" "$person" || code=$?
    [ "$code" != 2 ] || return 1
    [ "$code" != 0 ] || all=$(jq -c --arg team "$team" --arg person "$person" '. + [[$team, $person]]' <<<"$all")
  done < <(jq -r --slurpfile config "$HXP_CONFIG" '
    [.[] as $signed | $config[0].duties[].met | select(.signature == $signed.gate) | . + {person: $signed.by}]
    | unique_by(.team, .person)[]
    | [.team, .github // "", (.members | tojson), .person] | join("\t")' "$facts/signed.json")
  jq -c --argjson members "$all" --slurpfile config "$HXP_CONFIG" '
    [.[] as $signed | $config[0].duties[].met | select(.signature == $signed.gate)
      | select([.team, $signed.by] as $pair | $members | index([$pair])) | $signed] | unique' "$facts/signed.json"
}

ledger() {
  if [ "$(jq '.duties | length' "$HXP_CONFIG")" = 0 ]; then
    printf '[]\n'
    return 0
  fi
  deployed >"$facts/deployed.json"
  declared >"$facts/declared.json"
  told >"$facts/told.json"
  confirmed >"$facts/confirmed.json"
  jq -n --slurpfile config "$HXP_CONFIG" --slurpfile deployed "$facts/deployed.json" \
    --slurpfile declared "$facts/declared.json" --slurpfile told "$facts/told.json" \
    --slurpfile confirmed "$facts/confirmed.json" "$(cat "$HXP_HOME/logic.jq")"'
    $config[0] as $config
    # Of a deployment: what its record says is owed, as long as the policy still knows how that is done.
    | [$deployed[0][] as $record | $record.events[] as $event | $record.owes[] | select(.on == $event.on)
        | . as $owed | ([$config.duties[] | select(.id == $owed.id)] | first | values)
        | . + {on: $event.on, of: $record.of, names: $record.names, at: $event.at, seconds: (($owed.due | milliseconds) / 1000),
            recorded: [$record.done[] | select(.id == "duty \($owed.id)"[5:140]) | .at]}] as $after_deployments
    # Of an incident: what the policy says. What an override adds is owed when it was in force meanwhile.
    | [$declared[0][] as $incident | $config.duties[] | . as $duty
        | ($duty.on[] | {on: ., at: (if . == "incident.declared" then $incident.declared_at
              elif . == "incident.resolved" then $incident.resolved_at else null end)} | select(.at)) as $event
        | select($duty.override == null or any($deployed[0][]; .override == $duty.override
            and .begun >= $incident.declared_at and ($incident.resolved_at == null or .begun <= $incident.resolved_at)))
        | . + {on: $event.on, of: $incident.id, names: [$incident.id], at: $event.at, seconds,
            recorded: [$told[0][] | select($duty.met.channel and .on == $event.on and .of == $incident.id) | .at]}]
      as $after_incidents
    | [($after_deployments + $after_incidents)[] | . as $duty
        | ($config | {environment: [.environment], policy: [.policy]})[.met.subject // ""] as $fixed
        # Done is what was done after the event. A signature that says the contrary takes earlier ones back.
        | [$confirmed[0][] | select(.gate == $duty.met.signature and .at > $duty.at) | select(.of | IN(($fixed // $duty.names)[]))]
          as $signed
        | ([$signed[] | select(.state == "failed") | .at] | max // "") as $refused
        | ([$signed[] | select(.state == "passed" and .at > $refused) | .at]
            + [$duty.recorded[] | select(. >= $duty.at)] | min) as $done
        | {id: "\(.id)@\(.of)", due_at: (.at | fromdateiso8601 + $duty.seconds | todateiso8601), done_at: $done,
            duty: .id, on, of, at, owner, mention, advisory, met}]
    # The same duty from two statements is one, and the shorter time counts.
    | group_by(.id) | map(min_by(.due_at)) | sort_by(.due_at, .id)'
}

# The text of an issue about a duty.
body() {
  jq -r --arg environment "$HXP_ENVIRONMENT" '
    "`\(.duty)` was due at \(.due_at): it is owed after `\(.on)` of "
    + (if .on | startswith("incident.") then "#\(.of)" else "the deployment \(.of) to \($environment)" end) + " at \(.at).",
    "",
    (if .met.signature then "A member of the team \(.met.team) does it and starts *Sign a gate* with the gate `\(.met.signature)`."
     elif .met.channel then "The channel `\(.met.channel)` was not told in a way that is on record."
     else "Its gate `\(.met.gate)` did not pass after the deployment. A later deployment has a duty of its own." end),
    (if .mention then "", "\(.mention) owes it." elif .owner then "", "The team \(.owner) owes it." else empty end),
    "", "This issue closes by itself once the duty is done; closing it by hand settles nothing."' <<<"$1"
}

# Brings the issue of one duty into line with the ledger.
tend_one() {
  local duty=$1 title issue state late
  title="Overdue: $(jq -r .id <<<"$duty")"
  issue=$(jq -c --arg title "$title" '[.[] | select(.title == $title)] | first // empty' "$facts/issues.json")
  state=$(jq -r '.state // ""' <<<"${issue:-null}")
  late=$(jq --arg now "$(now)" '.done_at == null and .due_at < $now' <<<"$duty")
  if [ "$late" = true ] && [ -z "$issue" ]; then
    note "$title"
    jq -n --arg title "$title" --arg body "$(body "$duty")" '{$title, $body, labels: ["hxp-duty"]}' |
      api --method POST "$HXP_API/issues" --input - >/dev/null
  elif [ "$late" = true ] && [ "$state" = closed ]; then
    note "$title: closed by hand, but not done"
    api --method PATCH "$HXP_API/issues/$(jq .number <<<"$issue")" --input - <<<'{"state": "open"}' >/dev/null
  elif [ "$late" = false ] && [ "$state" = open ]; then
    note "$title: done"
    api --method PATCH "$HXP_API/issues/$(jq .number <<<"$issue")" --input - \
      <<<'{"state": "closed", "state_reason": "completed"}' >/dev/null
  fi
}

tend() {
  local name failed=0
  api --paginate "$HXP_API/issues?labels=hxp-duty&state=all&per_page=100" |
    jq -s '[.[][] | select(.user.login == "github-actions[bot]" and .pull_request == null)]' >"$facts/issues.json"
  for name in $(jq -r '.environment // empty | select(. != "")' "$HXP_HOME"/*.json); do
    export HXP_ENVIRONMENT="$name" HXP_CONFIG="$HXP_HOME/$name.json"
    if ! "$HXP_HOME/duties.sh" ledger >"$facts/ledger.json"; then
      annotate error "The duties of $name cannot be read."
      failed=1
      continue
    fi
    while read -r duty; do
      tend_one "$duty"
    done < <(jq -c '.[]' "$facts/ledger.json")
  done
  return "$failed"
}

case ${1:-} in
  ledger) ledger ;;
  tend) tend ;;
  *) die "duties.sh: ledger or tend" ;;
esac
