#!/usr/bin/env bash
# Every benchmark that a figure rests on, each beside its baseline in the same run, so that the ratio of two lines means
# something on a busy machine too. BENCHTIME and COUNT change how long it takes.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${COUNT:-5}
time=${BENCHTIME:-1s}
bench() {
	printf '\n== %s\n' "$1"
	go test -run '^$' -bench "$3" -benchtime "${4:-$time}" -count "$count" "$2" | go run "$BENCHSTAT" /dev/stdin
}
bench "claim tree: 1,000,000 leaves against two workers on one scalar Keccak; one proof" ./swap/merkle 'Root1M|Proof$'
bench "one signature against its bare group operations" ./swap/cryptonote 'Verify$'
bench "snapshot of 2,000 nodes and 20,000 contributions against encoding/json" ./oxenrpc/wire 'Content'
bench "round of 100,000 accounts, from database to root" ./store 'Round' 1x
bench "durable appends against a bare loop of the same commits, rows and checkpoint files" ./store 'Append'
bench "an inclusion proof in a log of 1,000,000 entries, from the database" ./store 'Proof$'
bench "an inclusion proof in a log of 1,000,000 entries, from memory; an export after 100 new entries" ./swap/ledger 'Proof$|ExportUpdate'
bench "replay against bare signature checks" ./audit 'Replay' 1x
bench "one output of a reserve proof, hash to point, and hostile proofs, each against its baseline" ./swap/cryptonote 'ReserveOutput|HashToPoint|HostileProof'
bench "a proof of 1,000 outputs on one core and on two, against bare group operations" ./swap/cryptonote 'ReserveScaling' 1x
printf '\n== signatures of a file on one core and on two, against bare group operations (best of 10 pairs)\n'
go run ./bench/scaling
printf '\n== a push to 10,000 recipients on a node with a block every second: time, batches, processor and memory of the program\n'
if [ -d ethclient/sender/faulttest/node_modules ]; then
	go run ./bench/push
else
	echo "left out: run \`npm ci --ignore-scripts\` in ethclient/sender/faulttest, which installs the node" >&2
fi
printf '\n== the portal under load: look-ups, claims, garbage, connections and overload, each beside what is asked\n'
go run ./bench/load
