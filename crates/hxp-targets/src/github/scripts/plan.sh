#!/usr/bin/env bash
# Says what this run is asked to do: which release (commit, version, digests), which action, on which event, and whether
# the policy deploys on such an event at all. Writes plan.json, from which everything later reads.
#
# Outputs: go, action, commit, override.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

event="$HXP_WORK/event.json"
plan="$HXP_WORK/plan.json"

# The event as the policy knows it, from the payload that GitHub wrote.
read_event() {
  jq --arg name "$GITHUB_EVENT_NAME" --arg ref_type "${GITHUB_REF_TYPE:-branch}" --arg ref "${GITHUB_REF_NAME:-}" \
    --arg sha "$GITHUB_SHA" --arg actor "$GITHUB_ACTOR" '
    def given: if . == null or . == "" or . == "none" then null else . end;
    (.inputs // {}) as $in
    | (if $ref_type == "branch" then $ref else null end) as $branch
    | (if $ref_type == "tag" then $ref else null end) as $tag
    | {
        action: ($in.action // "deploy"),
        asked: ($in.release | given),
        actor: {id: $actor, bot: ((.sender.type // "User") == "Bot")},
        trigger: ($in.trigger | given),
        incident: ($in.incident | given),
        override: ($in.override | given
          | if . == null then null
            else {name: ., reason: ($in.reason // "")} + ($in.ticket | given | if . then {ticket: .} else {} end) end),
        commit: $sha,
        branch: $branch,
        prerelease: false,
        publisher: null,
        event: (
          if $name == "push" then {kind: "push", branch: $branch, tag: $tag}
          elif $name == "release" then
            {kind: "release", tag: .release.tag_name, published: ((.release.draft // false) | not), branch: null}
          elif $name == "schedule" then {kind: "schedule", branch: $branch, tag: null}
          else {kind: "manual", branch: $branch, tag: $tag} end)
      }
    | if $name == "release" then . as $plan | $plan + {
        prerelease: $release.prerelease, publisher: $release.author.login,
        branch: ($release.target_commitish // "" | if test("^[0-9a-f]{40}$") or . == "" then null else . end)}
      else . end' --argjson release "$(jq '.release // {}' "$GITHUB_EVENT_PATH")" "$GITHUB_EVENT_PATH" >"$event"
}

# A release, tag, branch or commit that a person named. A published release counts as the event `release`, so that what
# waits can be asked for again; anything else is `manual`.
read_asked() {
  local asked sha found
  asked=$(jq -r '.asked // ""' "$event")
  [ -n "$asked" ] || return 0
  sha=$(api "$HXP_API/commits/$(uri "$asked")" --jq .sha) || die "There is no release, tag, branch or commit '$asked'."
  found=$(api "$HXP_API/releases/tags/$(uri "$asked")" 2>/dev/null) || found=null
  jq --arg sha "$sha" --arg asked "$asked" --argjson found "$found" '
    .commit = $sha
    | if $found == null then .event += {tag: null, branch: null} | .branch = $asked
      else .event = {kind: "release", tag: $asked, published: ($found.draft | not), branch: null}
        | .prerelease = $found.prerelease | .publisher = $found.author.login
        | .branch = ($found.target_commitish // "" | if test("^[0-9a-f]{40}$") or . == "" then null else . end)
      end' "$event" >"$event.asked"
  mv "$event.asked" "$event"
}

# Which of the environment's ways to deploy answer to this event.
matching() {
  jq -c --slurpfile plan "$event" '
    $plan[0].event as $e
    | [.deploys | to_entries[]
      | select(any(.value.events[]; .event == $e.kind and all(.fields[];
          . as $condition
          | $e[.field]
          | if $condition.matches then (. // "" | tostring | test($condition.matches)) else . == $condition.is end)))
      | .key]' "$HXP_CONFIG"
}

# Digest of an image, by the release's tag, its version or its commit: whichever the registry knows first.
image_digest() {
  local repository=$1 tag
  for tag in $(jq -r '[.event.tag, (.event.tag // "" | ltrimstr("v")), .commit] | map(select(. != null and . != ""))[]' \
    "$event"); do
    docker buildx imagetools inspect "$repository:$tag" --format '{{.Manifest.Digest}}' 2>/dev/null && return 0
  done
  return 1
}

images() {
  local name repository digest all='{}'
  if [ -n "${HXP_REGISTRY_PASSWORD:-}" ]; then
    docker login "$(jq -r '[.images[]] | first // "" | split("/")[0]' "$HXP_CONFIG")" --username "${HXP_REGISTRY_USERNAME:-}" \
      --password-stdin <<<"$HXP_REGISTRY_PASSWORD" >/dev/null
  fi
  while IFS=$'\t' read -r name repository; do
    digest=$(image_digest "$repository") || {
      note "No digest of $repository was found: the release's images stay unknown."
      printf 'null\n'
      return 0
    }
    all=$(jq -c --arg name "$name" --arg digest "$digest" '.[$name] = $digest' <<<"$all")
  done < <(jq -r '.images | to_entries[] | [.key, .value] | @tsv' "$HXP_CONFIG")
  printf '%s\n' "$all"
}

# The chart: of a path, the digest is that of the tree's listing in the release; of a repository, of the package itself,
# which is kept and deployed from.
chart() {
  local deploy path file version
  deploy=$(jq -c --argjson ids "$1" '[.deploys[$ids[]] | select(.method == "helm")] | first // null' "$HXP_CONFIG")
  [ "$deploy" != null ] || {
    printf 'null\n'
    return 0
  }
  path=$(jq -r '.path // ""' <<<"$deploy")
  if [ -n "$path" ]; then
    api "$HXP_API/git/trees/$(jq -r .commit "$event")?recursive=1" |
      jq -r --arg path "$path" '.tree[] | select($path == "." or (.path | startswith($path + "/"))) | "\(.mode) \(.sha) \(.path)"' \
        >"$HXP_WORK/chart.tree"
    [ -s "$HXP_WORK/chart.tree" ] || die "The release holds no chart at '$path'."
    file=Chart.yaml
    [ "$path" = . ] || file="$path/Chart.yaml"
    version=$(api -H 'Accept: application/vnd.github.raw+json' \
      "$HXP_API/contents/$file?ref=$(jq -r .commit "$event")" | sed -n 's/^version:[ "]*\([^ "]*\).*/\1/p')
    jq -cn --arg name "${path##*/}" --arg version "$version" \
      --arg digest "sha256:$(sha256sum "$HXP_WORK/chart.tree" | cut -d' ' -f1)" '{$name, $version, $digest}'
  else
    pull_chart "$deploy"
  fi
}

pull_chart() {
  local name url package arguments=()
  name=$(jq -r .chart <<<"$1")
  url=$(jq -r --arg default "${HXP_HELM_REPOSITORY:-}" '.url // $default' <<<"$1")
  [ -n "$url" ] && arguments=(--repo "$url") && name=${name#*/}
  version=$(jq -r '.version // ""' <<<"$1")
  [ -z "$version" ] || arguments+=(--version "$version")
  mkdir -p "$HXP_WORK/chart"
  helm pull "$name" "${arguments[@]}" --destination "$HXP_WORK/chart" >&2
  package=$(find "$HXP_WORK/chart" -name '*.tgz' | head -n 1)
  helm show chart "$package" >"$HXP_WORK/chart.yaml"
  jq -cn --arg name "$(sed -n 's/^name:[ "]*\([^ "]*\).*/\1/p' "$HXP_WORK/chart.yaml")" \
    --arg version "$(sed -n 's/^version:[ "]*\([^ "]*\).*/\1/p' "$HXP_WORK/chart.yaml")" \
    --arg digest "sha256:$(sha256sum "$package" | cut -d' ' -f1)" '{$name, $version, $digest}'
}

values_digest() {
  local file
  file=$(jq -r '.values // ""' "$HXP_CONFIG")
  if [ -n "$file" ] && [ -f "$file" ]; then
    jq -cn --arg digest "sha256:$(sha256sum "$file" | cut -d' ' -f1)" '$digest'
  else
    printf 'null\n'
  fi
}

# A deployment: the release is what the event names.
plan_release() {
  local deploys=$1
  jq --argjson images "$(images)" --argjson chart "$(chart "$deploys")" --argjson values "$(values_digest)" \
    --argjson deploys "$deploys" '
    (.event.tag // "" | capture("^v?(?<version>[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?)$")?
      | .version) as $version
    | . + {deploys: $deploys, release: (
        {commit, prerelease, publisher, branch}
        + {chart: $chart}
        + (if $images == null then {} else {images: $images} end)
        + (if $values == null then {} else {values_digest: $values} end)
        + (if $version == null then {} else {version: $version} end))}' "$event" >"$plan"
}

# A change of the configuration: the release is what is live, with the values of today.
plan_config() {
  live "$HXP_ENVIRONMENT" >"$HXP_WORK/live.json"
  jq --slurpfile live "$HXP_WORK/live.json" --argjson values "$(values_digest)" --argjson deploys "$1" '
    $live[0] as $live
    | if $live == null then null
      else . + {deploys: $deploys, commit: $live.record.commit, release: (
        {commit: $live.record.commit, prerelease, publisher, branch, images: $live.images, chart: $live.chart}
        + (if $values == null then {} else {values_digest: $values} end)
        + ($live.record | {version} | with_entries(select(.value != null))))} end' "$event" >"$plan"
  [ "$(jq -r type "$plan")" = object ] || die "Nothing was deployed yet whose configuration could change."
}

# Who raises a trigger by hand must be of the team that may.
check_raised() {
  local name team code=0
  name=$(jq -r '.trigger // ""' "$event")
  if [ -z "$name" ]; then
    [ "$(jq .rollback.manual "$HXP_CONFIG")" = true ] || die "Say which trigger is raised: the policy knows no other rollback by hand."
    return 0
  fi
  team=$(jq -r --arg name "$name" '.raised[$name] // ""' "$HXP_CONFIG")
  [ -n "$team" ] || die "People do not raise the trigger '$name'."
  in_team "$team" "$(jq -r --arg team "$team" '.teams[$team].github // ""' "$HXP_CONFIG")" \
    "$(jq -c --arg team "$team" '.teams[$team].members' "$HXP_CONFIG")" "$GITHUB_ACTOR" || code=$?
  [ "$code" = 0 ] || die "Only a member of the team $team raises the trigger '$name'."
}

# A rollback: the release is that of a recorded healthy deployment, by default the last one before what is live.
plan_rollback() {
  local asked
  asked=$(jq -r '.asked // ""' "$event")
  live "$HXP_ENVIRONMENT" >"$HXP_WORK/live.json"
  jq --arg asked "$asked" --slurpfile live "$HXP_WORK/live.json" --slurpfile event "$event" \
    --slurpfile payloads "$HXP_WORK/records-$HXP_ENVIRONMENT.json.payloads" '
    [.[] | select(.outcome == "healthy" or .outcome == "rolled_back") | select(.healthy | length > 0)
      | . + {record: $payloads[0][.id]}] as $healthy
    | (if $asked == "" then
        [$healthy[] | select(.record.commit != $live[0].record.commit and .outcome == "healthy")] | last
      else
        [$healthy[] | select(.record.commit == $event[0].commit or .record.tag == $asked or .record.version == $asked)]
        | last
      end) as $target
    | if $target == null then null
      else $event[0] + {deploys: ($target.record.deploys // []), target: $target, undoes: $live[0].record.commit, commit: $target.record.commit, release: (
        {commit: $target.record.commit, prerelease: false, publisher: null, branch: null,
          images: $target.images, chart: $target.chart}
        + ($target.record | {values_digest, version} | with_entries(select(.value != null))))} end' \
    "$HXP_WORK/records-$HXP_ENVIRONMENT.json" >"$plan"
  [ "$(jq -r type "$plan")" = object ] || die "There is no recorded healthy release to go back to."
}

main() {
  local action deploys='[]' go=true
  read_event
  action=$(jq -r .action "$event")
  jq -e --arg action "$action" '.actions | index($action)' "$HXP_CONFIG" >/dev/null ||
    die "The policy knows no action '$action' by hand for $HXP_ENVIRONMENT."
  read_asked
  if [ "$action" = rollback ]; then
    check_raised
    plan_rollback
  else
    deploys=$(matching)
    if [ "$deploys" = '[]' ]; then
      annotate notice "The policy does not deploy to $HXP_ENVIRONMENT on this event; nothing is done."
      go=false
      jq '. + {deploys: [], release: {commit: .commit}}' "$event" >"$plan"
    elif [ "$action" = config ]; then
      plan_config "$deploys"
    else
      plan_release "$deploys"
    fi
  fi
  output go "$go"
  output action "$action"
  output commit "$(jq -r .commit "$plan")"
  output override "$(jq -r '.override.name // "none"' "$plan")"
  jq . "$plan" >&2
}

main
