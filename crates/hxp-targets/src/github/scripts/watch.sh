#!/usr/bin/env bash
# Watches a fresh deployment: its triggers are asked again and again, and one whose condition has held for its time fires.
# Fails when a trigger fires that rolls back; others are only reported.
#
# HXP_PROMETHEUS_URL answers the queries (HXP_PROMETHEUS_TOKEN if it wants one). No answer is not a good answer: it leaves
# the condition unknown, and the trigger's own `on_no_data` says what that means.
#
# While an override is in force that has thresholds of its own, these count: one that the request named and the decision
# right before this deployment took (request.json and decision.json), or a waiver that has not ended.
#
# Outputs: fired, the names of the triggers that did.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

started=$(date +%s)
ends=$((started + $(jq .watch.seconds "$HXP_CONFIG")))
interval="${HXP_WATCH_INTERVAL:-15}"
state="$HXP_WORK/watch.json"
printf '{}' >"$state"

open_cluster

# The one number that a query gives at an instant (now, if none is named), or null.
ask() {
  local header=() at=()
  [ -n "${HXP_PROMETHEUS_URL:-}" ] || {
    printf 'null\n'
    return 0
  }
  [ -z "${HXP_PROMETHEUS_TOKEN:-}" ] || header=(--header "Authorization: Bearer $HXP_PROMETHEUS_TOKEN")
  [ -z "${2:-}" ] || at=(--data-urlencode "time=$2")
  curl --silent --show-error --fail --max-time 20 --get "${header[@]}" --data-urlencode "query=$1" "${at[@]}" \
    "$HXP_PROMETHEUS_URL/api/v1/query" |
    jq 'if .status == "success" and (.data.result | length) == 1 then
        (.data.result[0].value[1] | if . == "NaN" then null elif . == "+Inf" then 1e308 elif . == "-Inf" then -1e308
          else tonumber end) else null end' 2>/dev/null || printf 'null\n'
}

# Whether every workload of the Helm release is ready; null when that cannot be asked.
healthy() {
  local release namespace
  release=$(jq -r '[.deploys[] | select(.method == "helm") | .release] | first // ""' "$HXP_CONFIG")
  namespace=$(jq -r '.namespace // "default"' "$HXP_CONFIG")
  if [ -z "$release" ] || ! command -v kubectl >/dev/null; then
    printf 'null\n'
    return 0
  fi
  kubectl get deployments,statefulsets,daemonsets --namespace "$namespace" \
    --selector "app.kubernetes.io/instance=$release" --output json |
    jq 'if (.items | length) == 0 then null else all(.items[];
      if .kind == "DaemonSet" then (.status.numberReady // 0) >= (.status.desiredNumberScheduled // 0)
      else (.status.readyReplicas // 0) >= (.spec.replicas // 1)
        and (.status.observedGeneration // 0) >= (.metadata.generation // 0) end) end' || printf 'null\n'
}

# The overrides in force, the named one first.
in_force() {
  jq -n --arg named "$(override_in_force)" --argjson now "$(date +%s)" --slurpfile config "$HXP_CONFIG" '
    [($named | select(. != "")),
     ($config[0].watch.standing // {} | to_entries[] | select((.value | fromdateiso8601) > $now) | .key)]'
}

# Baselines end where this deployment starts, so that a bad release cannot raise the bar for itself.
baselines() {
  local name window factor query all='{}' value
  while IFS=$'\t' read -r name window factor query; do
    value=$(ask "avg_over_time(($query)[${window}s:60s])" "$started")
    all=$(jq -c --arg name "$name" --argjson value "$value" --argjson factor "$factor" '
      .[$name] = (if $value == null then null else $value * $factor end)' <<<"$all")
  done < <(jq -r '.watch.baselines | to_entries[] | [.key, .value.seconds, .value.factor, .value.query] | @tsv' \
    "$HXP_CONFIG")
  printf '%s\n' "$all"
}

# The current value of each metric, in the unit that the policy reckons in, and the samples behind it.
readings() {
  local name query samples factor all='{}' value count
  while IFS=$'\t' read -r name factor query samples; do
    value=$(ask "$query")
    count=null
    [ -z "$samples" ] || count=$(ask "$samples")
    all=$(jq -c --arg name "$name" --argjson value "$value" --argjson count "$count" --argjson factor "$factor" '
      .[$name] = {value: (if $value == null then null else $value * $factor end), samples: $count}' <<<"$all")
  done < <(jq -r '.watch.metrics | to_entries[] | [.key, .value.factor, .value.query, .value.samples // ""] | @tsv' \
    "$HXP_CONFIG")
  printf '%s\n' "$all"
}

# The condition of one trigger on the readings: true, false or null.
condition() {
  local program
  program=$(jq -r --argjson overrides "$overrides" '. as $trigger
    | [$overrides[] as $name | $trigger.meanwhile[$name]? | values] | first // $trigger.condition' <<<"$1")
  jq -n --argjson readings "$2" --argjson baselines "$before" --argjson healthy "$3" --argjson age "$4" \
    --argjson trigger "$1" "$(cat "$HXP_HOME/logic.jq")"'
    ($readings | map_values(
      if .value == null then null
      elif $trigger.min_samples != null and .samples != null and .samples < $trigger.min_samples then null
      else .value end)) as $metric
    | $baselines as $baseline
    | {healthy: $healthy, age: $age} as $deployment
    | '"$program"
}

# One look at everything; returns 1 when a trigger fires that rolls back.
look() {
  local current ready age trigger name holds since rolls=0
  current=$(readings)
  ready=$(healthy)
  age=$((($(date +%s) - started) * 1000))
  while read -r trigger; do
    name=$(jq -r .name <<<"$trigger")
    holds=$(condition "$trigger" "$current" "$ready" "$age") || die "The condition of $name cannot be evaluated."
    if [ "$holds" = null ]; then
      case $(jq -r .on_no_data <<<"$trigger") in
        fire) holds=true ;;
        quiet) holds=false ;;
        *) continue ;;
      esac
    fi
    if [ "$holds" = false ]; then
      jq --arg name "$name" '.[$name].since = null | .[$name].seen = true' "$state" >"$state.new" && mv "$state.new" "$state"
      continue
    fi
    since=$(jq --arg name "$name" --argjson now "$(date +%s)" '.[$name].since // $now' "$state")
    jq --arg name "$name" --argjson since "$since" '.[$name].since = $since | .[$name].seen = true' "$state" >"$state.new" &&
      mv "$state.new" "$state"
    if [ $(($(date +%s) - since)) -ge "$(jq .hold <<<"$trigger")" ] && ! grep -qxF "$name" "$HXP_WORK/fired"; then
      printf '%s\n' "$name" >>"$HXP_WORK/fired"
      annotate error "The trigger $name fires$(jq -r 'if .runbook then "; see \(.runbook)" else "" end' <<<"$trigger")."
      [ "$(jq .rolls_back <<<"$trigger")" = false ] || rolls=1
    fi
  done < <(jq -c '.watch.triggers[]' "$HXP_CONFIG")
  return "$rolls"
}

: >"$HXP_WORK/fired"
if [ "$(jq '.watch.metrics | length' "$HXP_CONFIG")" -gt 0 ] && [ -z "${HXP_PROMETHEUS_URL:-}" ]; then
  annotate warning "HXP_PROMETHEUS_URL is not set: the metrics of the triggers stay unknown."
fi
overrides=$(in_force)
[ "$overrides" = '[]' ] || note "Thresholds in force: those of $(jq -r 'join(", ")' <<<"$overrides")."
before=$(baselines)
failed=0
while :; do
  look || failed=1
  [ "$failed" = 0 ] || break
  [ "$(date +%s)" -lt "$ends" ] || break
  sleep "$interval"
done
output fired "$(paste -sd' ' "$HXP_WORK/fired")"
for name in $(jq -r --slurpfile state "$state" '.watch.triggers[].name | select($state[0][.].seen | not)' "$HXP_CONFIG"); do
  annotate warning "The trigger $name had no data all the while: nothing is known of it."
done
exit "$failed"
