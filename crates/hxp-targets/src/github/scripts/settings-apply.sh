#!/usr/bin/env bash
# Puts the settings of settings.json into force: environments with their reviewers and refs, and rulesets. Run by an
# administrator of the repository with an authenticated `gh`; asks before it changes anything unless called with --yes.
#
#   GITHUB_REPOSITORY=owner/name .github/hxp/settings-apply.sh [--yes]
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

settings="$HXP_HOME/settings.json"
[ -n "${GITHUB_REPOSITORY:-}" ] || die "Set GITHUB_REPOSITORY to owner/name."

# The reviewers of an environment by their numbers, which is how the API wants them.
reviewers() {
  local slug all='[]' id
  while read -r slug; do
    id=$(api "orgs/${slug%%/*}/teams/${slug#*/}" --jq .id) || die "There is no team $slug."
    all=$(jq -c --argjson id "$id" '. + [{type: "Team", id: $id}]' <<<"$all")
  done < <(jq -r '.reviewers[]' <<<"$1")
  printf '%s\n' "$all"
}

environment() {
  local wanted=$1 path live policy
  path="$HXP_API/environments/$(uri "$(jq -r .name <<<"$wanted")")"
  jq --argjson reviewers "$(reviewers "$wanted")" '
    {wait_timer, prevent_self_review, reviewers: $reviewers,
      deployment_branch_policy: (if (.refs | length) == 0 then null
        else {protected_branches: false, custom_branch_policies: true} end)}' <<<"$wanted" |
    api --method PUT "$path" --input - >/dev/null
  [ "$(jq '.refs | length' <<<"$wanted")" -gt 0 ] || return 0
  live=$(api "$path/deployment-branch-policies?per_page=100" | jq -c .branch_policies)
  while read -r policy; do
    api --method POST "$path/deployment-branch-policies" --input - <<<"$policy" >/dev/null
  done < <(jq -c --argjson live "$live" '.refs - [$live[] | {name, type: (.type // "branch")}] | .[]' <<<"$wanted")
  while read -r policy; do
    api --method DELETE "$path/deployment-branch-policies/$policy" >/dev/null
  done < <(jq -r --argjson wanted "$wanted" '.[] | select({name, type: (.type // "branch")} as $ref
    | $wanted.refs | index([$ref]) | not) | .id' <<<"$live")
}

ruleset() {
  local wanted=$1 id
  id=$(api "$HXP_API/rulesets?per_page=100" |
    jq -r --arg name "$(jq -r .name <<<"$wanted")" '[.[] | select(.name == $name) | .id] | first // ""')
  if [ -n "$id" ]; then
    api --method PUT "$HXP_API/rulesets/$id" --input - <<<"$wanted" >/dev/null
  else
    api --method POST "$HXP_API/rulesets" --input - <<<"$wanted" >/dev/null
  fi
}

if [ "${1:-}" != --yes ]; then
  "$HXP_HOME/settings-compare.sh" || true
  read -r -p "Put the settings of $settings into force in $GITHUB_REPOSITORY? [y/N] " answer
  [ "$answer" = y ] || exit 1
fi
while read -r wanted; do
  environment "$wanted"
  note "environment $(jq -r .name <<<"$wanted"): done"
done < <(jq -c '.environments[]' "$settings")
while read -r wanted; do
  ruleset "$wanted"
  note "ruleset $(jq -r .name <<<"$wanted"): done"
done < <(jq -c '.rulesets[]' "$settings")
