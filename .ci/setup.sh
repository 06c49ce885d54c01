#!/usr/bin/env bash
# Installs what some tests use when it is there, if this machine lets it: the Debian package monero-tests, with Monero's own
# vectors, and from npm anvil, a second make of Ethereum node. Without the first those tests run on a committed subset, without
# the second they run on the first node alone, and both say so.
set -uo pipefail
cd "$(dirname "$0")/.."

anvil=ethclient/sender/faulttest
if ! cmp -s "$anvil/package-lock.json" "$anvil/node_modules/.built-from"; then
	{ command -v npm >/dev/null && (cd "$anvil" && npm ci --ignore-scripts --silent && cp package-lock.json node_modules/.built-from) >/dev/null 2>&1; } ||
		echo "left out: anvil could not be installed with npm; the fault tests run on go-ethereum's simulated chain alone"
fi

vectors=$(dpkg -L monero-tests 2>/dev/null | grep '/crypto/tests.txt$')
[ -n "$vectors" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get install -y --no-install-recommends monero-tests >/dev/null 2>&1 ||
		{ apt-get update && apt-get install -y --no-install-recommends monero-tests; } >/dev/null 2>&1
fi
dpkg -s monero-tests >/dev/null 2>&1 ||
	echo "left out: Debian's package monero-tests could not be installed; Monero's vectors run as a committed subset"
exit 0
