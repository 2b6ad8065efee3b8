#!/usr/bin/env bash
# Compares the repository's live settings with settings.json and prints what differs, reviewers that somebody removed by
# hand included. Exit 0: the same; 1: they differ.
#
#   GITHUB_REPOSITORY=owner/name .github/hxp/settings-compare.sh
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

settings="$HXP_HOME/settings.json"
[ -n "${GITHUB_REPOSITORY:-}" ] || die "Set GITHUB_REPOSITORY to owner/name."

# The live environment in the form of settings.json, or null.
environment() {
  local name=$1 path live refs='[]'
  path="$HXP_API/environments/$(uri "$name")"
  live=$(api "$path" 2>/dev/null) || {
    printf 'null\n'
    return 0
  }
  if [ "$(jq -r '.deployment_branch_policy.custom_branch_policies // false' <<<"$live")" = true ]; then
    refs=$(api "$path/deployment-branch-policies?per_page=100" |
      jq -c '[.branch_policies[] | {name, type: (.type // "branch")}] | sort_by(.type, .name)')
  fi
  jq --argjson refs "$refs" --arg organisation "${GITHUB_REPOSITORY%%/*}" '
    ([.protection_rules[] | select(.type == "required_reviewers")] | first) as $review
    | {
        name,
        wait_timer: ([.protection_rules[] | select(.type == "wait_timer") | .wait_timer] | first // 0),
        prevent_self_review: ($review.prevent_self_review // false),
        reviewers: ([$review.reviewers[]?
          | if .type == "Team" then "\(.reviewer.organization.login? // $organisation)/\(.reviewer.slug)"
            else .reviewer.login end] | sort),
        refs: $refs
      }' <<<"$live"
}

# The live ruleset in the form of settings.json, or null: of each rule, only the parameters that we set.
ruleset() {
  local wanted=$1 id
  id=$(api "$HXP_API/rulesets?per_page=100" |
    jq -r --arg name "$(jq -r .name <<<"$wanted")" '[.[] | select(.name == $name) | .id] | first // ""')
  if [ -z "$id" ]; then
    printf 'null\n'
    return 0
  fi
  api "$HXP_API/rulesets/$id" | jq --argjson wanted "$wanted" '
    {name, target, enforcement, conditions, bypass_actors: (.bypass_actors // []),
      rules: [.rules[] | . as $rule
        | ([$wanted.rules[] | select(.type == $rule.type)] | first) as $ours
        | if $ours.parameters == null then {type} else
            {type, parameters: (.parameters | with_entries(select(.key as $key | $ours.parameters | has($key))))} end]
      | sort_by(.type)}'
}

jq '{environments: [.environments[] | .reviewers |= sort | .refs |= sort_by(.type, .name)],
  rulesets: [.rulesets[] | .rules |= sort_by(.type)]}' "$settings" >"$HXP_WORK/wanted.json"
while read -r wanted; do
  environment "$(jq -r .name <<<"$wanted")"
done < <(jq -c '.environments[]' "$settings") | jq -s . >"$HXP_WORK/live-environments.json"
while read -r wanted; do
  ruleset "$wanted"
done < <(jq -c '.rulesets[]' "$settings") | jq -s . >"$HXP_WORK/live-rulesets.json"
jq -n --slurpfile environments "$HXP_WORK/live-environments.json" --slurpfile rulesets "$HXP_WORK/live-rulesets.json" \
  '{environments: $environments[0], rulesets: $rulesets[0]}' >"$HXP_WORK/live.json"

if diff -u --label wanted --label live <(jq -S . "$HXP_WORK/wanted.json") <(jq -S . "$HXP_WORK/live.json"); then
  note "The settings of $GITHUB_REPOSITORY are those of the policy."
else
  note "The settings of $GITHUB_REPOSITORY differ from the policy; settings-apply.sh puts them right."
  exit 1
fi
