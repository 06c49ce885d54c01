#!/usr/bin/env bash
# What a change must pass beside the tests. The conformance tests come last, so that their verdict closes the output.
set -euo pipefail
cd "$(dirname "$0")/.."
staticcheck=$1

step() { printf '\n== %s\n' "$*"; }

if ! command -v npm >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	{ apt-get update && apt-get install -y --no-install-recommends nodejs npm; } >/dev/null 2>&1 || true
fi
for tool in node npm; do
	command -v "$tool" >/dev/null || {
		echo "make check needs $tool, for the contracts and the reference implementation, and could not install it: install Debian's nodejs and npm" >&2
		exit 1
	}
done

step format
unformatted=$(gofmt -l $(git ls-files '*.go'))
if [ -n "$unformatted" ]; then
	echo "not formatted, run gofmt -w: $unformatted" >&2
	exit 1
fi

step vet
go vet ./...
go vet -tags conformance,litestream,failpoints ./...

step staticcheck
go run "$staticcheck" ./...

step "go.mod is tidy"
go mod tidy -diff

# The quick half: `make check-long` runs every test so. The skipped tests of the store use one goroutine.
step "the packages with concurrency have no data race"
go test -race -count=1 -skip '^(TestModel|TestTornLog)$' ./store
go test -race -count=1 -run '^(TestClean|TestOrdered|TestChain)$' ./audit
portal=./cmd/oxenswap/internal/portal
go test -race -count=1 ./swap/ledger ./audit/follow ./audit/diff ./oxenrpc/... ./ethclient ./ethclient/sender/state \
	$portal $portal/bucket $portal/desk $portal/guard $portal/shards

step "generated bindings are those of the contracts"
go run ./ethclient/sender/bindings/generate.go --check

step "the send state's diagram in docs/SENDING.md is that of its table"
go test -count=1 -run TestDiagram ./ethclient/sender/state

step "contracts reproduce from source"
./ethclient/contracts/build.sh --check

step "fuzz and invariant tests of the contracts"
./ethclient/contracts/foundry/run.sh

step "gas is what bench/gas.md and gas.snapshot say, Uniswap's distributor measured too"
go test -count=1 -run '^TestGas' -v ./ethclient/contracts

step "no crash, failing disk or loss of power hurts the ledger"
./.ci/crash.sh 1000 0

step "who imports whom, and conformance with the reference implementation"
go test -count=1 -tags conformance . ./conformance/...
