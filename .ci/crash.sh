#!/usr/bin/env bash
# crash.sh CYCLES SEED [-every] [-keep DIR]: kills, failing steps, failing disks and lost power, as package sim/crash describes. It
# prints the seed, where it is every half minute, and what was done how often, and fails if anything at all was wrong: then it
# prints how to do that part again alone, and with -keep what was left is in DIR.
set -euo pipefail
cd "$(dirname "$0")/.."
cycles=$1 seed=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! go test -tags failpoints -count=1 -timeout 24h -v ./sim/crash -cycles "$cycles" -seed "$seed" "$@" 2>&1 | tee "$log" | { grep --line-buffered '^crash:' || true; }; then
	grep -v -e '^ *=== ' -e '^ *--- PASS' -e '^crash:' "$log" >&2
	exit 1
fi
grep -e '^    [a-z_]*\.go:' -e '^ok' "$log" # what each part has done
