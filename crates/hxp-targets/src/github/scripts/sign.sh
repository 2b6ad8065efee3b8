#!/usr/bin/env bash
# Checks a signature as it is given: the gate is one that people sign, and who signs belongs to its team. The signature
# itself is the run, which GitHub ties to the person; request.sh reads it from there and checks it again.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

[[ "$HXP_GATE" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || die "'$HXP_GATE' is no gate."
[[ "$HXP_OF" =~ ^[^[:space:]]+$ ]] || die "Say what is signed: a commit, tag or version, an environment, or an incident."
gate=$(find "$HXP_HOME" -name '*.json' ! -name settings.json -exec cat {} + |
  jq -cs --arg gate "$HXP_GATE" '[.[].signatures[$gate]? | values] | first // empty')
[ -n "$gate" ] || die "People do not sign the gate '$HXP_GATE'."
team=$(jq -r .team <<<"$gate")
slug=$(jq -r '.github // ""' <<<"$gate")
code=0
in_team "$team" "$slug" "$(jq -c '.members // null' <<<"$gate")" "$GITHUB_ACTOR" || code=$?
case $code in
  0) ;;
  1) die "$GITHUB_ACTOR is not in the team $team." ;;
  *) annotate warning "Whether $GITHUB_ACTOR is in the team $team is checked when the signature counts." ;;
esac
note "$GITHUB_ACTOR signs for $team: $HXP_GATE of $HXP_OF $HXP_VERDICT."
