# shellcheck shell=bash
# What all the scripts of this folder share. Sourced, never run.
#
# Every script reads what the policy says from $HXP_ENVIRONMENT.json beside it and keeps its state below $HXP_WORK.
# Nothing a person typed (a tag, a branch, a reason) is ever part of a script's text: it comes from a file or a variable.
set -euo pipefail

HXP_HOME="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
HXP_WORK="${HXP_WORK:-${RUNNER_TEMP:-/tmp}/hxp}"
# What other jobs left lies below these; a run that decided nothing, as that of an incident, left nothing.
mkdir -p "$HXP_WORK/decisions" "$HXP_WORK/evidence"
# The repository in the paths of the API, and this run's page.
HXP_API="repos/${GITHUB_REPOSITORY:-}"
HXP_RUN_URL="${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_REPOSITORY:-}/actions/runs/${GITHUB_RUN_ID:-0}"
# What the policy says of the environment.
HXP_CONFIG="$HXP_HOME/${HXP_ENVIRONMENT:-none}.json"
export HXP_HOME HXP_WORK HXP_API HXP_RUN_URL HXP_CONFIG

# One line to the log.
note() {
  printf '%s\n' "$*" >&2
}

# An annotation on the run's page; a line break would end it, so there is none. Standard output is for results.
annotate() {
  local level=$1 text=$2
  text=${text//'%'/%25}
  text=${text//$'\r'/ }
  printf '::%s::%s\n' "$level" "${text//$'\n'/ }" >&2
}

# Stops with a message.
die() {
  annotate error "$*"
  exit 1
}

# Sets an output of the step; values are one line.
output() {
  printf '%s=%s\n' "$1" "${2//$'\n'/ }" >>"${GITHUB_OUTPUT:-/dev/null}"
}

# The instant now, as the policy reads it.
now() {
  date -u +%Y-%m-%dT%H:%M:%SZ
}

# A value as one part of an address.
uri() {
  jq -rn --arg value "$1" '$value | @uri'
}

# Asks the API; a page after the other comes as one JSON text after the other.
api() {
  gh api -H 'Accept: application/vnd.github+json' "$@"
}

# Makes the cluster reachable for helm and kubectl, when the environment's secret HXP_KUBECONFIG says how.
open_cluster() {
  if [ -n "${HXP_KUBECONFIG:-}" ]; then
    KUBECONFIG="$HXP_WORK/kubeconfig"
    (umask 077 && printf '%s\n' "$HXP_KUBECONFIG" >"$KUBECONFIG")
    export KUBECONFIG
  fi
}

# Whether a person is in a team: 0 yes, 1 no, 2 that cannot be told. The policy lists the members, or GitHub knows them.
in_team() {
  local team=$1 slug=$2 members=$3 person=$4 state
  if [ "$members" != null ]; then
    jq -e --arg person "$person" 'index($person) != null' <<<"$members" >/dev/null
  elif [ -n "${HXP_TEAMS_TOKEN:-}" ] && [ -n "$slug" ]; then
    state=$(GH_TOKEN="$HXP_TEAMS_TOKEN" api "orgs/${slug%%/*}/teams/${slug#*/}/memberships/$(uri "$person")" \
      --jq .state) || state=
    [ "$state" = active ]
  else
    note "The members of the team $team cannot be read here."
    return 2
  fi
}

# What was deployed to an environment, oldest first, as the `deployments` of a request. The records are GitHub
# deployments of the task `hxp` that the workflow's own identity wrote; anybody else's are ignored, and so are statuses
# that anybody else gave them.
records() {
  local environment=$1 list="$HXP_WORK/records-$1.json" id
  if [ ! -s "$list" ]; then
    api "$HXP_API/deployments?environment=$(uri "$environment")&task=hxp&per_page=50" |
      jq '[.[] | select(.creator.login == "github-actions[bot]")]' >"$list.raw"
    : >"$list.statuses"
    for id in $(jq -r '.[].id' "$list.raw"); do
      api "$HXP_API/deployments/$id/statuses?per_page=100" | jq -c --argjson id "$id" \
        '{id: $id, statuses: [.[] | select(.creator.login == "github-actions[bot]")]}' >>"$list.statuses"
    done
    jq --slurpfile statuses "$list.statuses" --arg environment "$environment" '
      def payload: .payload | if type == "string" then (fromjson? // {}) else . // {} end;
      def since($states): [.[] | select(.state | IN($states[])) | .created_at] | min;
      ($statuses | map({key: (.id | tostring), value: .statuses}) | from_entries) as $of
      | map(. + {record: payload, statuses: ($of[.id | tostring] // [])})
      | sort_by(.created_at, .id) as $all
      | [range($all | length) as $i | $all[$i]
        | ($all[$i + 1]) as $next
        | (.statuses | since(["success"])) as $healthy
        | (.statuses | since(["failure", "error"])) as $broken
        | {
            id: (.id | tostring),
            environment: $environment,
            images: (.record.images // {}),
            chart: .record.chart,
            action: (.record.action // "deploy"),
            from: .created_at,
            to: ($next.created_at),
            outcome: (
              if $broken != null and ($healthy == null or $broken >= $healthy) then "failed"
              elif $healthy == null then (if $next == null then "running" else "failed" end)
              elif $next != null and $next.record.action == "rollback" then "rolled_back"
              else "healthy" end),
            healthy: (
              if $healthy == null then []
              else [{from: $healthy, to: ([$broken, $next.created_at] | map(values) | map(select(. >= $healthy)) | min)}]
              end)
          }
          + ([.statuses[].description // "" | capture("^revision (?<n>[0-9]+)$")? | .n | tonumber]
             | if length > 0 then {revision: first} else {} end)]' "$list.raw" >"$list"
    # The records' own fields, for those who go back to one.
    jq '
      def payload: .payload | if type == "string" then (fromjson? // {}) else . // {} end;
      map({key: (.id | tostring), value: payload}) | from_entries' "$list.raw" >"$list.payloads"
  fi
  cat "$list"
}

# What is live in the environment: the record of the last deployment that became healthy, or null.
live() {
  records "$1" >/dev/null
  jq --slurpfile payloads "$HXP_WORK/records-$1.json.payloads" '
    [.[] | select(.healthy | length > 0)] | last
    | if . == null then null else . + {record: $payloads[0][.id]} end' "$HXP_WORK/records-$1.json"
}

# The override that the request named, when the decision on it took it into account; nothing otherwise. One that is named
# but does not act is an advice of the decision.
override_in_force() {
  [ -s "$HXP_WORK/request.json" ] && [ -s "$HXP_WORK/decision.json" ] || return 0
  jq -r --arg environment "$HXP_ENVIRONMENT" --slurpfile decision "$HXP_WORK/decision.json" '
    .override.name? // empty | . as $name
    | select([$decision[0].reasons[]?.id] | index("\($environment).override.\($name)") | not)' "$HXP_WORK/request.json"
}

# What people signed. A signature is a run of hxp-sign.yml: GitHub says who started it, its title says what is signed. A
# run that somebody else started again is not that person's word.
signed() {
  api --paginate "$HXP_API/actions/workflows/hxp-sign.yml/runs?event=workflow_dispatch&status=success&per_page=100" |
    jq -cs '[.[].workflow_runs[]
      | select(.run_attempt == 1 and .actor.login == .triggering_actor.login)
      | . as $run
      | (.display_title | capture("^(?<state>passed|failed): (?<gate>[A-Za-z_][A-Za-z0-9_]*) of (?<of>\\S+)$")?)
      | . + {by: $run.actor.login, at: $run.run_started_at, url: $run.html_url,
          issuer: "repo:\($run.repository.full_name):workflow:hxp-sign"}]'
}

# Incidents of the environment, oldest first: issues with the incident label. One that covers only some environments
# carries a label `environment: NAME` for each. The argument is the list of issues.
incidents() {
  jq -s --slurpfile config "$HXP_CONFIG" --slurpfile all "$HXP_HOME/all-environments.json" '
    [.[][] | select(.pull_request == null) | . + {names: [.labels[] | if type == "string" then . else .name end]}
      | select(.names | index($config[0].incident_label))
      | {
          id: (.number | tostring),
          state: (if .state == "open" then "open" else "resolved" end),
          environments: ([.names[] | capture("^environment: *(?<name>.+)$")? | .name]
            | if length > 0 then . else $all[0].environments end),
          declared_at: .created_at,
          resolved_at: .closed_at
        }] | sort_by(.declared_at)'
}
