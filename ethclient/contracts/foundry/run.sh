#!/bin/sh
# Fuzz and invariant tests of the distributor's committed bytecode, run by forge. Arguments go to forge test.
#   run.sh          a moderate number of runs, the same every time
#   run.sh --long   at least 10,000 runs of each, others every time
set -eu
cd "$(dirname "$0")"
export FOUNDRY_DISABLE_NIGHTLY_WARNING=1
if [ "${1:-}" = --long ]; then
	shift
	FOUNDRY_PROFILE=long
	FOUNDRY_FUZZ_SEED=${FOUNDRY_FUZZ_SEED:-0x$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')}
	export FOUNDRY_PROFILE FOUNDRY_FUZZ_SEED
	echo "the words come from FOUNDRY_FUZZ_SEED=$FOUNDRY_FUZZ_SEED: set it to see them again"
fi

# npm has forge's binary for one platform here; elsewhere FORGE names one of the same version.
if [ -z "${FORGE:-}" ]; then
	FORGE=$PWD/node_modules/@foundry-rs/forge-linux-amd64/bin/forge
	if [ "$(uname -sm)" != "Linux x86_64" ]; then
		echo "forge is installed from npm on Linux x86_64 only: set FORGE to the path of forge $(sed -n 's/.*linux-amd64": "\(.*\)"/\1/p' package.json)" >&2
		exit 1
	fi
	cmp -s package-lock.json node_modules/.built-from || { npm ci --ignore-scripts --silent && cp package-lock.json node_modules/.built-from; }
fi
cd ..
cmp -s package-lock.json node_modules/.built-from || { npm ci --ignore-scripts --silent && cp package-lock.json node_modules/.built-from; }
exec "$FORGE" test "$@"
