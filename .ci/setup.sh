#!/usr/bin/env bash
# Installs what some tests use when it is there, if this machine lets it: the Debian package monero-tests, with Monero's own
# vectors. Without it those tests run on a committed subset and say so.
set -uo pipefail
vectors=$(dpkg -L monero-tests 2>/dev/null | grep '/crypto/tests.txt$')
[ -n "$vectors" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get install -y --no-install-recommends monero-tests >/dev/null 2>&1 ||
		{ apt-get update && apt-get install -y --no-install-recommends monero-tests; } >/dev/null 2>&1
fi
dpkg -s monero-tests >/dev/null 2>&1 ||
	echo "left out: Debian's package monero-tests could not be installed; Monero's vectors run as a committed subset"
exit 0
