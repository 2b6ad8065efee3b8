#!/usr/bin/env bash
# Logs in to where the cluster is, with the command that the manifest names (HXP_LOGIN).
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

bash -eo pipefail -c "$HXP_LOGIN"
