#!/usr/bin/env bash
# The whole job, as an operator would type it: a recorded Oxen network of eight holders, a local chain, two rounds.
# Everything happens in a folder of its own (DEMO_DIR, or a temporary one) and every command is echoed.
set -euo pipefail
exec 3>&1 # where commands are echoed
bin=$(cd "${1:?usage: demo/run.sh BIN}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
recorded=$here/../oxenrpc/testdata/migration
dir=${DEMO_DIR:-$(mktemp -d)}
mkdir -p "$dir"
cd "$dir"
[ -z "$(ls -A)" ] || { echo "$dir is not empty" >&2; exit 1; }
PATH=$bin:$PATH
started=()

finish() {
	code=$?
	for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	[ -n "${DEMO_DIR:-}" ] || rm -rf "$dir"
	exit "$code"
}
trap finish EXIT

title() { printf '\n### %s\n' "$*"; }
run() { printf '\n$ %s\n' "$*" >&3; "$@"; }

# serve FILE COMMAND...: starts a server in the background and puts the URL that it prints into FILE.
serve() {
	local out=$1
	shift
	: >"$out"
	printf '\n$ %s &\n' "$*"
	"$@" >"$out" 2>>servers.log &
	started+=($!)
	for _ in $(seq 200); do
		[ -s "$out" ] && return
		kill -0 "${started[-1]}" 2>/dev/null || break
		sleep 0.05
	done
	echo "$* did not start:" >&2
	cat servers.log >&2
	return 1
}

# world N: both daemons show the N-th recorded moment, at the addresses that they had before.
declare -A daemon_pid daemon_address=([a]=127.0.0.1:0 [b]=127.0.0.1:0)
world() {
	for name in a b; do
		if [ -n "${daemon_pid[$name]:-}" ]; then
			kill "${daemon_pid[$name]}"
			wait "${daemon_pid[$name]}" 2>/dev/null || true
		fi
		serve "daemon-$name.url" oxendemo daemon --recording "$recorded/world$1.json.gz" --as "$name" --listen "${daemon_address[$name]}"
		daemon_pid[$name]=${started[-1]}
		daemon_address[$name]=$(sed 's|^http://||; s|/$||' "daemon-$name.url")
	done
}

alice=LAFB8B12pvAgwhCDto5S4YB3nEj3FKF5vUVvnG9RphX9f7TRNT4omtzJ3hfiw1odUtgygmiJyQLUtFWoLzNMTy8LT3jacbg
erin=LEJxDPtpBAqbnA4So6x4XNRdXgHFisgVFXHcjkEL2n1ZJepCGq5HVsNMXwUYLazGUYMXdTMAbDDg7eKjDpK6AY8ETQvDoeV

# The clock stands still, for the recorded claims and chains do not move either. Only a fakechain lets it.
swap() { run oxenswap --clock 2026-11-22T12:00:00Z "$@"; }

title "A local chain with the test token, and two Oxen daemons at height 240"
serve chain.url oxendemo chain --time 2026-11-22T11:00:00Z
rpc=$(head -1 chain.url)
run oxendemo token --rpc "$rpc"
for role in owner:0 publisher:1 guardian:2; do
	run oxendemo key --account "${role#*:}" --out "keys/${role%:*}.json"
done
world 1

# observe: an auditor who has a daemon of their own looks at it, here as often as the demonstration moves it.
observe() { run oxenaudit observe --daemon "http://${daemon_address[a]}" --terms "$here/terms.toml" observed --once; }

title "The terms, the operators, the data directory"
run oxenswap operator keygen ada --out keys/ada.key | tee ada.out
run oxenswap operator keygen ben --out keys/ben.key | tee ben.out
run oxenswap terms show "$here/terms.toml"
migration=$(oxenswap terms id "$here/terms.toml")
swap init --terms "$here/terms.toml" --dir oxenswap --operator "$(tail -1 ada.out)" --operator "$(tail -1 ben.out)" \
	--daemon "a=http://${daemon_address[a]}" --daemon "b=http://${daemon_address[b]}" --rpc "$rpc" \
	--owner keys/owner.json --publisher keys/publisher.json --guardian keys/guardian.json | tee init.out
key=$(sed -n 's/^ledger key *//p' init.out)

title "An auditor takes the snapshots too"
observe

title "The first snapshot, and claims that real Oxen wallets signed"
swap snapshot take
swap claim import --legacy "$here/legacy.jsonl"
swap claim import "$here/claims.jsonl"

title "Proofs of coins that were never staked: frank has nothing else at this height, so his claim comes with his"
swap claim text --oxen LEJW434Lqkf9zn3tHtDeNNgxZ2X6RXQShUJhHJvdAdoX5b8N7qodGZ9MxfdsoVJ9bnXr5Zyhpp4VaR2y1g8qmJBm5TKvm4J \
	--to 0x4a837Cd0EFd09289c51D86d06F080919430EAbC7 --sequence 1
swap claim import "$here/coins.jsonl"

title "A second data directory, for somebody late and somebody dishonest"
swap init --terms "$here/terms.toml" --dir late --operator "$(tail -1 ada.out)" \
	--daemon "a=http://${daemon_address[a]}" --daemon "b=http://${daemon_address[b]}" | tee late.out
swap snapshot take --dir late
swap claim import --dir late "$here/claims.jsonl"

title "Height 250: world1 becomes final"
world 2
observe
swap snapshot take
swap snapshot finalize
swap owed --oxen "$alice"

title "The distributor, and round 1: stake, rewards and coins"
swap chain deploy --activation-delay 3600
swap round build
swap round approve 1 --key keys/ada.key
swap round approve 1 --key keys/ben.key
swap chain fund --round 1
swap chain propose 1
run oxendemo chain advance --rpc "$rpc" --seconds 3660
swap chain activate
swap chain push 1

title "alice changes her recipient: claim #2"
swap claim import "$here/alice-second.jsonl"

title "Height 262: a proof made at height 240 arrives, and an output in it is spent since; and a forged one"
world 3
late=$(oxenswap --dir late --json claim show "$alice" | sed -n 's/^  "entry": \([0-9]*\).*/\1/p')
sed -n '/"oxen":"'"$alice"'"/s/.*"proof":"\([^"]*\)".*/\1/p' "$here/coins.jsonl" >alice.proof
swap claim prove --dir late --claim "$late" --proof-file alice.proof
line=$(oxenswap --dir late --json claim show "$erin" | sed -n 's/^  "text": "\(.*\)",$/\1/p')
forged=$(oxenswap --dir late --json claim show "$erin" | sed -n 's/^  "entry": \([0-9]*\).*/\1/p')
run oxendemo forge --recording "$recorded/world1.json.gz" --spend-key-file "$here/mallory.key" \
	--message "$(printf %s "$line" | sha256sum | cut -d' ' -f1)" >forged.proof
if swap claim prove --dir late --claim "$forged" --proof-file forged.proof; then
	echo "a forged proof was accepted" >&2
	exit 1
fi
swap ledger export --dir late late-export --full
run oxenaudit replay late-export --key "$(sed -n 's/^ledger key *//p' late.out)" --migration "$migration"

title "Heights 262 and 274: the last snapshots, and round 2: the bonus"
observe
swap snapshot take
swap snapshot finalize
world 4
observe
swap snapshot finalize
swap snapshot list
swap round build
swap round approve 2 --key keys/ada.key
swap chain fund --round 2
swap chain propose 2
run oxendemo chain advance --rpc "$rpc" --seconds 3660
swap chain activate
swap chain push 2
swap chain status

title "What was paid"
swap round payments

title "The audit: from public files and the chain, then with everything"
swap ledger export public
run oxenaudit replay public --key "$key" --migration "$migration" --rpc "$rpc" --public
swap ledger export export --full
run oxenaudit replay export --key "$key" --migration "$migration" --rpc "$rpc"

title "The same audit, with a daemon and observations of one's own"
run oxenaudit replay export --key "$key" --migration "$migration" --rpc "$rpc" --daemon "http://${daemon_address[a]}" --observed observed
