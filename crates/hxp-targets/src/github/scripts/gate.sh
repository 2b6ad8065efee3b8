#!/usr/bin/env bash
# Runs one gate's command and writes down what came of it, as a piece of evidence for the decision.
#
# HXP_RUN is the command, HXP_COLLECT turns its report into the yielded results when it does not write $HXP_RESULTS itself.
# The gate's parameters are HXP_<PARAMETER>. Fails when HXP_REQUIRED is `true` and the gate did not pass; otherwise the
# decision alone weighs the evidence.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

export HXP_RESULTS="$HXP_WORK/results.json"
evidence="${HXP_EVIDENCE:-$HXP_WORK/evidence.json}"
mkdir -p "$(dirname "$evidence")"
open_cluster
cd "${HXP_SOURCE:-.}/${HXP_FOLDER:-.}" || die "There is no folder ${HXP_FOLDER:-.}."
rm -f "$HXP_RESULTS"
state=passed
code=0
bash -eo pipefail -c "$HXP_RUN" || code=$?
if [ "$code" -ge 126 ]; then
  # The command was not found, not executable, or killed: that says nothing about the subject.
  state=error
elif [ "$code" -ne 0 ]; then
  state=failed
fi

if [ ! -s "$HXP_RESULTS" ] && [ -n "${HXP_COLLECT:-}" ]; then
  bash -eo pipefail -c "$HXP_COLLECT" >"$HXP_RESULTS" || rm -f "$HXP_RESULTS"
fi
results='{}'
if [ -s "$HXP_RESULTS" ] && jq -e 'type == "object"' "$HXP_RESULTS" >/dev/null 2>&1; then
  results=$(jq -c . "$HXP_RESULTS")
elif [ "${HXP_YIELDS:-false}" = true ] && [ "$state" = passed ]; then
  annotate warning "The gate $HXP_GATE yielded no results."
  state=error
fi

subject=${HXP_SUBJECT:-commit}
case $subject in
  environment) of=$HXP_ENVIRONMENT ;;
  deployment) of=$HXP_RECORD ;;
  policy) of=$(jq -r .policy "$HXP_CONFIG") ;;
  *) of=$HXP_COMMIT ;;
esac
jq -n --arg gate "$HXP_GATE" --arg state "$state" --arg at "$(now)" --arg url "$HXP_RUN_URL" \
  --arg issuer "repo:${GITHUB_REPOSITORY:-}" --argjson results "$results" \
  --argjson params "${HXP_KEY:-null}" --arg kind "$subject" --arg of "$of" '
  {gate: $gate} + (if $params == null then {} else {params: $params} end)
  + {subject: {($kind): $of}, state: $state, results: $results, issuer: $issuer, by: null, at: $at, url: $url}' \
  >"$evidence"
jq . "$evidence" >&2

if [ "$state" != passed ]; then
  if [ "${HXP_REQUIRED:-true}" = true ]; then
    die "The gate $HXP_GATE came out as: $state."
  fi
  annotate warning "The gate $HXP_GATE came out as: $state. The decision weighs it."
fi
