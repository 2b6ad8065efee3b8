#!/usr/bin/env bash
# Goes back to the last healthy release, by its recorded revision (never by «the one before», which after an atomic
# rollback of Helm is the failed one), and does nothing when that is what runs.
#
#   rollback.sh target  turns plan.json into the plan of an automatic rollback; output: commit
#   rollback.sh run     goes back
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

plan="$HXP_WORK/plan.json"

target() {
  # A rollback by hand has its target since plan.sh.
  if [ "$(jq -r .action "$plan")" = rollback ]; then
    output commit "$(jq -r .commit "$plan")"
    return 0
  fi
  live "$HXP_ENVIRONMENT" >"$HXP_WORK/live.json"
  [ "$(jq -r type "$HXP_WORK/live.json")" = object ] || die "There is no recorded healthy release to go back to."
  jq --slurpfile live "$HXP_WORK/live.json" '
    $live[0] as $target
    | . + {action: "rollback", undoes: .release.commit, target: $target, commit: $target.record.commit,
        deploys: ($target.record.deploys // []), release: (
        {commit: $target.record.commit, prerelease: false, publisher: null, branch: null,
          images: $target.images, chart: $target.chart}
        + ($target.record | {values_digest, version} | with_entries(select(.value != null))))}' "$plan" >"$plan.new"
  mv "$plan.new" "$plan"
  output commit "$(jq -r .commit "$plan")"
}

helm_rollback() {
  local method=$1 release revision current namespace=()
  release=$(jq -r .release <<<"$method")
  mapfile -t namespace < <(jq -r 'if .namespace then "--namespace", .namespace else empty end' "$HXP_CONFIG")
  revision=$(jq -r '.target.revision // ""' "$plan")
  [ -n "$revision" ] || die "The record of the release to go back to has no Helm revision."
  current=$(helm history "$release" "${namespace[@]}" --max 1 --output json | jq -r '.[-1] | "\(.revision) \(.status)"')
  if [ "${current#* }" = deployed ] &&
    diff -q <(helm get manifest "$release" "${namespace[@]}" --revision "$revision") \
      <(helm get manifest "$release" "${namespace[@]}" --revision "${current% *}") >/dev/null; then
    note "Revision $revision is what runs already: there is nothing to roll back."
  else
    helm rollback "$release" "$revision" "${namespace[@]}" --wait --timeout "$(jq -r .timeout <<<"$method")"
  fi
  helm history "$release" "${namespace[@]}" --max 1 --output json | jq -r '.[-1].revision' >"$HXP_WORK/revision"
}

run() {
  local method id rest=()
  open_cluster
  for id in $(jq -r '.deploys[]' "$plan"); do
    method=$(jq -c --argjson id "$id" '.deploys[$id]' "$HXP_CONFIG")
    if [ "$(jq -r .method <<<"$method")" = helm ]; then helm_rollback "$method"; else rest+=("$id"); fi
  done
  # What is not deployed by Helm is deployed again as it was; $HXP_SOURCE holds that release.
  if [ "${#rest[@]}" -gt 0 ]; then
    jq --argjson deploys "$(printf '%s\n' "${rest[@]}" | jq -s .)" '.deploys = $deploys' "$plan" >"$plan.rest"
    cp "$plan" "$plan.whole"
    mv "$plan.rest" "$plan"
    "$HXP_HOME/deploy.sh"
    mv "$plan.whole" "$plan"
  fi
}

case $1 in
  target) target ;;
  run) run ;;
  *) die "rollback.sh: target or run" ;;
esac
