#!/usr/bin/env bash
# crash.sh CYCLES SEED [-every]: kills, failing steps, failing disks and lost power, as package sim/crash describes. It prints the seed,
# what was done how often, and fails if anything at all was wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
cycles=$1 seed=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! go test -tags failpoints -count=1 -timeout 24h -v ./sim/crash -cycles "$cycles" -seed "$seed" "$@" >"$log" 2>&1; then
	grep -v -e '^ *=== ' -e '^ *--- PASS' "$log" >&2
	exit 1
fi
grep -e '^crash:' -e '^    [a-z_]*\.go:' -e '^ok' "$log" # what each part has done
