#!/usr/bin/env bash
# Brings the release of plan.json into the environment, in the ways that the policy names for this event.
#
# The release is checked out in $HXP_SOURCE; the chart of a repository was pulled, and its digest judged, in plan.sh.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

plan="$HXP_WORK/plan.json"
export HXP_SOURCE="${HXP_SOURCE:-release}"

# The digests that were judged, for the keys of the values that take them.
digests() {
  jq -r --slurpfile config "$HXP_CONFIG" '
    .release.images // {} | to_entries[] | .value as $digest
    | $config[0].digests[.key] // [] | .[] | "--set-string", "\(.)=\($digest)"' "$plan"
}

helm_deploy() {
  local method=$1 chart namespace values arguments=()
  chart=$(jq -r '.path // ""' <<<"$method")
  if [ -n "$chart" ]; then
    chart="$HXP_SOURCE/$chart"
    [ ! -f "$chart/Chart.lock" ] || helm dependency build "$chart"
  else
    chart=$(find "$HXP_WORK/chart" -name '*.tgz' | head -n 1)
    [ -n "$chart" ] || die "The chart that was judged is not there."
    [ "sha256:$(sha256sum "$chart" | cut -d' ' -f1)" = "$(jq -r .release.chart.digest "$plan")" ] ||
      die "The chart is not the one that was judged."
  fi
  namespace=$(jq -r '.namespace // ""' "$HXP_CONFIG")
  [ -z "$namespace" ] || arguments+=(--namespace "$namespace" --create-namespace)
  values=$(jq -r '.values // ""' "$HXP_CONFIG")
  [ -z "$values" ] || arguments+=(--values "$values")
  # By way of a file: a failure inside <( ) would go unseen, and with it the digests.
  digests >"$HXP_WORK/digests"
  mapfile -t -O "${#arguments[@]}" arguments <"$HXP_WORK/digests"
  [ "$(jq .wait <<<"$method")" = false ] || arguments+=(--wait)
  [ "$(jq .atomic <<<"$method")" = false ] || arguments+=(--atomic)
  arguments+=(--timeout "$(jq -r .timeout <<<"$method")" --history-max "$(jq -r .history <<<"$method")")
  helm upgrade --install "$(jq -r .release <<<"$method")" "$chart" "${arguments[@]}"
  helm history "$(jq -r .release <<<"$method")" ${namespace:+--namespace "$namespace"} --max 1 --output json |
    jq -r '.[-1].revision' >"$HXP_WORK/revision"
}

# A make target or a command runs where the project lies in the release's own tree, and finds what it needs in its environment.
shell_deploy() {
  HXP_VERSION="$(jq -r '.release.version // .release.commit' "$plan")"
  HXP_COMMIT="$(jq -r .release.commit "$plan")"
  HXP_IMAGES="$(jq -c '.release.images // {}' "$plan")"
  HXP_NAMESPACE="$(jq -r '.namespace // ""' "$HXP_CONFIG")"
  HXP_URL="$(jq -r '.url // ""' "$HXP_CONFIG")"
  export HXP_VERSION HXP_COMMIT HXP_IMAGES HXP_NAMESPACE HXP_URL
  (cd "$HXP_SOURCE/$(jq -r '.root // "."' "$HXP_CONFIG")" && bash -eo pipefail -c "$1")
}

main() {
  local method id
  open_cluster
  for id in $(jq -r '.deploys[]' "$plan"); do
    method=$(jq -c --argjson id "$id" '.deploys[$id]' "$HXP_CONFIG")
    case $(jq -r .method <<<"$method") in
      helm) helm_deploy "$method" ;;
      make) shell_deploy "$(jq -r '.targets | map("make " + @sh) | join(" && ")' <<<"$method")" ;;
      command) shell_deploy "$(jq -r .command <<<"$method")" ;;
    esac
  done
}

main
