#!/usr/bin/env bash
# Installs what some tests use when it is there, if this machine lets it, and says what was left out:
#   the Debian package monero-tests, with Monero's own vectors; without it those tests run on a committed subset
#   Clef, go-ethereum's external signer, into build/clef; without it a stub alone speaks its protocol
#   anvil, a node of other make, from npm; without it the fault tests run on go-ethereum's simulated chain alone
#   Chromium, and axe-core from npm; without them the portal's pages are tested without a browser, or not for accessibility
set -uo pipefail
cd "$(dirname "$0")/.."

vectors() {
	dpkg -L monero-tests 2>/dev/null | grep -q '/crypto/tests.txt$' && return
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get install -y --no-install-recommends monero-tests >/dev/null 2>&1 ||
			{ apt-get update && apt-get install -y --no-install-recommends monero-tests; } >/dev/null 2>&1
	fi
	dpkg -s monero-tests >/dev/null 2>&1 ||
		echo "left out: Debian's package monero-tests could not be installed; Monero's vectors run as a committed subset"
}

# v1.17.2 is the last version whose module can build Clef.
clef() {
	[ -x build/clef/clef ] && return
	echo "building Clef, once: it takes a minute or two"
	GOBIN=$PWD/build/clef GOFLAGS=-mod=mod "${GO:-go}" install github.com/ethereum/go-ethereum/cmd/clef@v1.17.2 >/dev/null 2>&1 ||
		echo "left out: Clef could not be built from the module proxy; signing through it is tested with a stub alone"
}

anvil() (
	cd ethclient/sender/faulttest
	cmp -s package-lock.json node_modules/.built-from && return
	command -v npm >/dev/null && npm ci --ignore-scripts --silent >/dev/null 2>&1 && cp package-lock.json node_modules/.built-from ||
		echo "left out: anvil could not be installed with npm; the fault tests run on go-ethereum's simulated chain alone"
)

# Not named chromium: `command -v` would find the function itself.
browser() {
	command -v chromium >/dev/null && return
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get install -y --no-install-recommends chromium >/dev/null 2>&1 ||
			{ apt-get update && apt-get install -y --no-install-recommends chromium; } >/dev/null 2>&1
	fi
	command -v chromium >/dev/null || echo "left out: Chromium could not be installed; the portal's browser tests are skipped"
}

axe() (
	cd cmd/oxenswap/internal/portal/browsertest
	cmp -s package-lock.json node_modules/.built-from && return
	command -v npm >/dev/null && npm ci --ignore-scripts --silent >/dev/null 2>&1 && cp package-lock.json node_modules/.built-from ||
		echo "left out: axe-core could not be installed with npm; the portal's pages are not checked for accessibility"
)

vectors
clef
anvil
browser
axe
exit 0
