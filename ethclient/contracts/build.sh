#!/bin/sh
# Builds the contracts' artifacts with the pinned compiler, then the Go bindings from them.
# With --check nothing is written: exits 1 if the committed files are not what the sources give.
set -eu
cd "$(dirname "$0")"
if ! cmp -s package-lock.json node_modules/.built-from; then
	npm ci --ignore-scripts --silent
	cp package-lock.json node_modules/.built-from
fi
node build.mjs "$@"
cd ../..
go run ./ethclient/sender/bindings/generate.go "$@"
