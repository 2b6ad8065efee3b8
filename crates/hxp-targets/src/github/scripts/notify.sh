#!/usr/bin/env bash
# Tells the channels of the policy what happened. HXP_EVENTS are the events of this run (events of the policy, or names of
# triggers). Whom to tell is what the last decision says (it has weighed the notices' conditions); without a decision,
# everybody whose notice has no condition.
#
# The secret of each channel is a variable named in the environment's file: HXP_<CHANNEL>_WEBHOOK, _KEY, _TOKEN or _SECRET.
# A channel that cannot be reached is reported; it never changes the outcome of a deployment. That a channel was told as is
# owed is put on the record HXP_RECORD of the deployment. Of an incident there is none: there the run itself is the record,
# and it fails when a channel was not told that must be.
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

decision="$HXP_WORK/last-decision.json"
find "$HXP_WORK/decisions" -name 'decision-*.json' -print0 2>/dev/null | xargs -0 -r cat | jq -s 'max_by(.at // "")' \
  >"$decision"

# Channel and event of each message.
messages() {
  local notices
  notices=$(jq -c '.notices' "$HXP_CONFIG")
  if [ "$(jq -r type "$decision")" = object ]; then notices=$(jq -c '.notify' "$decision"); fi
  jq -rn --argjson notices "$notices" --arg events "${HXP_EVENTS:-}" '
    [$events | split(" ")[] | select(. != "")] as $events
    | [$notices[] | select(.on | IN($events[])) | [.channel, .on]] | unique[] | @tsv'
}

# What is said, in one line.
text() {
  local what
  what=$(jq -r '"\(.event.tag // .release.version // .release.commit[0:12]) by \(.actor.id)"' "$HXP_WORK/plan.json" 2>/dev/null) ||
    what=${HXP_ABOUT:-}
  printf '%s: %s %s\n' "$(jq -r '.title // .environment' "$HXP_CONFIG")" "$1" "$what"
}

post() {
  curl --silent --show-error --fail --max-time 20 --output /dev/null --header 'Content-Type: application/json' "$@"
}

send() {
  local channel=$1 event=$2 to kind secret severity words
  to=$(jq -c --arg name "$channel" '.channels[$name] // empty' "$HXP_CONFIG")
  [ -n "$to" ] || return 1
  kind=$(jq -r .kind <<<"$to")
  secret=$(jq -r .secret <<<"$to")
  if [ -z "${!secret:-}" ]; then
    annotate warning "The channel $channel was not told of '$event': the secret $secret is not set."
    return 1
  fi
  words=$(text "$event")
  severity=info
  case $event in failed | denied | incident.declared) severity=error ;; esac
  case $kind in
    slack)
      jq -n --arg text "$words" --arg url "$HXP_RUN_URL" --argjson to "$to" '
        def plain: gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;");
        {channel: $to.channel, text: "\($text | plain) (<\($url)|run>)"}' | post --data @- "${!secret}"
      ;;
    pagerduty)
      jq -n --arg text "$words" --arg url "$HXP_RUN_URL" --arg key "${!secret}" --arg event "$event" \
        --arg severity "$severity" --arg source "$HXP_ENVIRONMENT" '
        {routing_key: $key, event_action: "trigger", dedup_key: "\($source)/\($event)/\($url)",
          payload: {summary: $text, source: $source, severity: $severity, custom_details: {event: $event}},
          links: [{href: $url, text: "run"}]}' | post --data @- https://events.pagerduty.com/v2/enqueue
      ;;
    status_page)
      jq -n --arg text "$words" --arg event "$event" '
        {incident: {name: $text, body: $text,
          status: (if $event == "incident.declared" then "investigating" else "resolved" end)}}' |
        post --header "Authorization: OAuth ${!secret}" --data @- \
          "https://api.statuspage.io/v1/pages/$(uri "$(jq -r .page <<<"$to")")/incidents"
      ;;
    webhook)
      # Whoever receives it can tell by the signature that it comes from here.
      jq -cn --arg text "$words" --arg url "$HXP_RUN_URL" --arg event "$event" --arg environment "$HXP_ENVIRONMENT" \
        '{$text, $event, $environment, run: $url}' >"$HXP_WORK/message.json"
      post --header "X-Hub-Signature-256: sha256=$(openssl dgst -sha256 -hmac "${!secret}" <"$HXP_WORK/message.json" |
        sed 's/^.*= *//')" --data-binary "@$HXP_WORK/message.json" "$(jq -r .url <<<"$to")"
      ;;
    *)
      # Mail and the product's own feed go through a service of yours that takes JSON.
      jq -n --arg text "$words" --arg url "$HXP_RUN_URL" --arg event "$event" --arg environment "$HXP_ENVIRONMENT" \
        --argjson to "$to" '{to: ($to | del(.secret)), subject: $text, text: $text, $event, $environment, run: $url}' |
        post --data @- "${!secret}"
      ;;
  esac || {
    annotate warning "The channel $channel could not be told of '$event'."
    return 1
  }
}

# The duty to tell that channel of that event, if it is one.
owed() {
  jq -r --arg channel "$1" --arg event "$2" \
    '[.duties[] | select(.met.channel == $channel and (.on | index($event))) | .id] | first // ""' "$HXP_CONFIG"
}

missed=0
while IFS=$'\t' read -r channel event; do
  note "telling $channel of $event"
  duty=$(owed "$channel" "$event")
  if ! send "$channel" "$event"; then
    [ -z "$duty" ] || [[ "$event" != incident.* ]] || missed=1
  elif [ -n "$duty" ] && [ -n "${HXP_RECORD:-}" ]; then
    "$HXP_HOME/record.sh" duty "$duty" || annotate warning "It could not be put on record that $channel was told."
  fi
done < <(messages)
exit "$missed"
