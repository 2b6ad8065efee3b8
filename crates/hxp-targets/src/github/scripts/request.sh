#!/usr/bin/env bash
# Puts together the request that the policy decides on: what plan.json says is asked, and every fact that can be had
# about it now. A fact that cannot be had is left out: the policy reads a missing key as unknown, never as good news.
#
# Reads plan.json and the evidence below $HXP_WORK, writes request.json there. GH_TOKEN reads the repository;
# HXP_TEAMS_TOKEN, if there is one, may read the members of the organisation's teams.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

plan="$HXP_WORK/plan.json"
facts="$HXP_WORK/facts"
rm -rf "$facts"
mkdir -p "$facts" "$HXP_WORK/evidence"

# A fact of that name, as a command prints it. A command that fails, even after it printed a part, leaves it unknown.
fact() {
  local name=$1 code=0
  shift
  set +e
  (
    set -e
    "$@"
  ) >"$facts/$name.part"
  code=$?
  set -e
  if [ "$code" = 0 ] && jq -e -s 'length == 1' "$facts/$name.part" >/dev/null 2>&1; then
    mv "$facts/$name.part" "$facts/$name.json"
  else
    rm -f "$facts/$name.part"
    annotate warning "The fact '$name' could not be read and stays unknown."
  fi
}

# A fact as far as it is known, otherwise null.
known() {
  cat "$facts/$1.json" 2>/dev/null || printf 'null'
}

# What is live now; null when nothing was ever deployed.
previous() {
  live "$HXP_ENVIRONMENT" | jq '
    if . == null then null
    else {commit: .record.commit, images, chart}
      + (.record | {version, values_digest} | with_entries(select(.value != null))) end'
}

# The commits between what is live and the release, as GitHub compares them; of a rollback, those that it undoes. Empty
# when the comparison is cut short.
comparison() {
  local base head
  base=$(jq -r '.commit // ""' "$facts/previous.json")
  base=${base:-${HXP_FIRST_COMMIT:-}}
  head=$(jq -r .release.commit "$plan")
  if [ "$(jq -r .action "$plan")" = rollback ]; then
    base=$head
    head=$(jq -r '.undoes // .commit' "$plan")
  fi
  if [ -z "$base" ]; then
    note "Nothing was deployed to $HXP_ENVIRONMENT yet and HXP_FIRST_COMMIT is not set: the change is unknown."
    return 0
  fi
  api --paginate "$HXP_API/compare/$base...$head?per_page=100" | jq -s '
    {status: .[0].status, total: .[0].total_commits, commits: (map(.commits // []) | add), files: (.[0].files // [])}
    | if (.commits | length) == .total then . else empty end' |
    jq --arg base "$base" '. + {base: $base}'
}

# Of each commit: its message, its authors, and the pull request it came with, twenty-five commits a question.
commit_details() {
  local batch query
  jq -r '.commits[].sha' "$facts/comparison.json" | xargs -r -n 25 echo >"$facts/batches"
  while read -r batch; do
    query=$(jq -rn --arg list "$batch" '
      "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { "
      + ([$list | split(" ")[] | "c\(.): object(oid: \"\(.)\") { ...commit } "] | join(""))
      + "} } fragment commit on Commit { oid message authors(first: 50) { totalCount nodes { user { login } } }"
      + " associatedPullRequests(first: 5) { nodes { number mergedAt author { login }"
      + " labels(first: 100) { nodes { name } }"
      + " latestOpinionatedReviews(first: 100) { nodes { state author { login } } } } } }"')
    api graphql -f query="$query" -f owner="${GITHUB_REPOSITORY%%/*}" -f name="${GITHUB_REPOSITORY#*/}" \
      --jq '.data.repository[]'
  done <"$facts/batches" | jq -s .
}

# change, and the facts of the release that follow from it: its authors, and whether what is live is an ancestor.
change() {
  jq --slurpfile comparison "$facts/comparison.json" '
    $comparison[0] as $compared
    | . as $commits
    | def merged: [.associatedPullRequests.nodes[] | select(.mergedAt != null)] | first;
      def all_authors: [$commits[].authors | .totalCount == (.nodes | length), (.nodes[].user | . != null)] | all;
      {
        change: (
          {
            commits: [$commits[] | {id: .oid, message, pull_request: (merged.number)}
              + (.authors.nodes[0].user.login | if . == null then {} else {author: .} end)],
            pull_requests: ([$commits[] | merged | values] | unique_by(.number) | map({
              id: .number, author: (.author.login // "ghost"), labels: [.labels.nodes[].name],
              approved_by: [.latestOpinionatedReviews.nodes[] | select(.state == "APPROVED") | .author.login // empty],
              merged_at: .mergedAt}))
          }
          # GitHub names three hundred files of a comparison at the most.
          + (if ($compared.files | length) < 300 then
              {files: [$compared.files[] | .filename, (.previous_filename // empty)]} else {} end)),
        ancestors: (if $compared.status == "ahead" or $compared.status == "identical" then
          [$compared.base] else [] end)
      }
      # An author without an account could be anybody, the approver too: then the authors are unknown.
      + (if all_authors then {authors: ([$commits[].authors.nodes[].user.login] | unique)} else {} end)' "$facts/commits.json"
}

published_versions() {
  api --paginate "$HXP_API/releases?per_page=100" | jq -s '
    [.[][] | select((.draft or .prerelease) | not) | .tag_name
      | capture("^v?(?<version>[0-9]+\\.[0-9]+\\.[0-9]+)$")? | .version]'
}

# Members of each team: as the policy lists them, otherwise as the organisation does now.
members() {
  local team slug all='{}' list
  while IFS=$'\t' read -r team slug; do
    if list=$(jq -ce --arg team "$team" '.teams[$team].members | values' "$HXP_CONFIG"); then
      :
    elif [ -n "${HXP_TEAMS_TOKEN:-}" ] && [ -n "$slug" ] &&
      list=$(GH_TOKEN="$HXP_TEAMS_TOKEN" api --paginate "orgs/${slug%%/*}/teams/${slug#*/}/members?per_page=100" |
        jq -cs '[.[][].login]'); then
      :
    else
      annotate warning "The members of the team $team cannot be read: its approvals and signatures cannot count."
      continue
    fi
    all=$(jq -c --arg team "$team" --argjson list "$list" '.[$team] = $list' <<<"$all")
  done < <(jq -r '.teams | to_entries[] | [.key, .value.github // ""] | @tsv' "$HXP_CONFIG")
  printf '%s\n' "$all"
}

# The reviews of this run's approval environments. GitHub does not say when a review was given; the job it let go
# started right after it.
approvals() {
  api --paginate "$HXP_API/actions/runs/$GITHUB_RUN_ID/jobs?filter=all&per_page=100" | jq -s '[.[].jobs[]]' \
    >"$facts/jobs.list"
  api "$HXP_API/actions/runs/$GITHUB_RUN_ID/approvals" |
    jq --slurpfile jobs "$facts/jobs.list" --slurpfile plan "$plan" --slurpfile config \
      "$HXP_CONFIG" --arg now "$(now)" '
      [.[] | select(.state == "approved" or .state == "rejected") | . as $review
        | .environments[].name as $name
        | $config[0].approvals[$name] | values
        | . as $approval
        | {
            person: $review.user.login,
            vote: (if $review.state == "approved" then "approve" else "reject" end),
            environment: $config[0].environment,
            commit: $plan[0].release.commit,
            at: ([$jobs[0][] | select(.name | IN($approval.jobs[])) | .started_at | values] | min // $now)
          }
          + ($plan[0].release | {images} | with_entries(select(.value != null)))]'
}

# Evidence made by the gates of this run, and what people signed (see sign.sh).
evidence() {
  {
    find "$HXP_WORK/evidence" -name '*.json' -print0 | sort -z | xargs -0 -r cat
    signatures
  } | jq -s --slurpfile plan "$plan" --slurpfile incident <(known incident) '
    # A gate names the release by its commit, and the incident not at all: both are those of this run.
    ($plan[0].release | {images, chart} | with_entries(select(.key == "chart" or .value != null))) as $release
    | [.[]
      | if .subject.release == $plan[0].release.commit then .subject.release = $release else . end
      | if .by == null and .subject.incident then .subject.incident = ($incident[0].id // "none") else . end
      | select(.subject.release | type != "string")]'
}

# What people signed of this release, environment, incident or policy.
signatures() {
  [ "$(jq '.signatures | length' "$HXP_CONFIG")" -gt 0 ] || return 0
  signed | jq -c --slurpfile plan "$plan" --slurpfile config "$HXP_CONFIG" \
    --slurpfile incident <(known incident) --slurpfile deployments <(known deployments) '
    $plan[0] as $plan | $config[0] as $config
    | .[]
    | . as $signed
    | $config.signatures[.gate] | values | .subject as $kind
    | (if $kind == "commit" and $signed.of == $plan.release.commit then {commit: $signed.of}
       elif $kind == "release" and ($signed.of | IN($plan.release.commit, $plan.event.tag, $plan.release.version))
         then {release: ($plan.release | {images, chart} | with_entries(select(.key == "chart" or .value != null)))}
       elif $kind == "environment" and $signed.of == $config.environment then {environment: $signed.of}
       elif $kind == "incident" and $signed.of == ($incident[0].id? // "") then {incident: $signed.of}
       elif $kind == "policy" and $signed.of == $config.policy then {policy: $signed.of}
       elif $kind == "deployment" and any($deployments[0][]?; .id == $signed.of) then {deployment: $signed.of}
       else empty end) as $subject
    | {gate: $signed.gate, subject: $subject, state: $signed.state, results: {}}
      + ($signed | {issuer, by, at, url})'
}

# The incident that the run names, otherwise the newest open one; null when there is none.
incident() {
  local number
  number=$(jq -r '.incident // "" | ltrimstr("#")' "$plan")
  if [[ "$number" =~ ^[0-9]+$ ]]; then
    api "$HXP_API/issues/$number" | jq -s .
  else
    api "$HXP_API/issues?labels=$(uri "$(jq -r .incident_label "$HXP_CONFIG")")&state=open&sort=created&per_page=1"
  fi | incidents | jq first
}

# What is owed of earlier releases and incidents. What is only advisory never decides.
duties() {
  "$HXP_HOME/duties.sh" ledger | jq '[.[] | select(.advisory | not) | {id, due_at, done_at}]'
}

deployments() {
  local name
  for name in $(jq -r '[.environment] + .after | unique[]' "$HXP_CONFIG"); do
    records "$name"
  done | jq -s add
}

# The release with what the comparison told of it.
release() {
  jq --slurpfile change "$facts/change.json" '
    .release + ($change[0] // {} | {authors, ancestors} | with_entries(select(.value != null)))' "$plan"
}

main() {
  fact previous previous
  fact comparison comparison
  if [ -s "$facts/comparison.json" ]; then fact commits commit_details; fi
  if [ -s "$facts/commits.json" ]; then fact change change; fi
  [ -s "$facts/change.json" ] || printf '{}' >"$facts/change.json"
  fact published_versions published_versions
  fact members members
  fact approvals approvals
  fact deployments deployments
  fact incident incident
  fact duties duties
  fact evidence evidence
  jq -n --arg at "$(now)" --arg environment "$HXP_ENVIRONMENT" --slurpfile plan "$plan" \
    --slurpfile facts <(known_facts) --slurpfile release <(release) '
    {hxp: 1, at: $at, environment: $environment}
    + ($plan[0] | {action, actor, event, override})
    + {release: $release[0]} + $facts[0]' >"$HXP_WORK/request.json"
}

# What could be read, by the names of the request.
known_facts() {
  local name all='{}'
  for name in previous published_versions members approvals deployments incident duties evidence; do
    if [ -s "$facts/$name.json" ]; then
      all=$(jq -c --arg name "$name" --slurpfile value "$facts/$name.json" '.[$name] = $value[0]' <<<"$all")
    fi
  done
  jq -c --slurpfile change "$facts/change.json" '
    if ($change[0] // {}).change then .change = $change[0].change else . end' <<<"$all"
}

main
