package audit

import (
	"encoding/json"
	"slices"
	"testing"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
)

// coinTampers are those of proofs of coins. The accepted ones are bob's and frank's; the refused
// ones are carol's, of spent coins, bob's second, and one of carol's that counts everything twice.
var coinTampers = []tamper{
	{"an account", "proof.received", 0, on(func(e *swap.ProofReceived) { e.Account = "" }), "no numbered claim of this account"},
	{"an address", "proof.received", 0, func(t *testing.T, _ *testLog, events []swap.Event, i int) {
		events[i].(*swap.ProofReceived).Oxen = loadWallets(t)[3].Address
	}, "no numbered claim of this account"},
	{"another's claim", "proof.received", 0, on(func(e *swap.ProofReceived) { *e.Claim++ }), "no numbered claim of this account"},
	{"a height", "proof.received", 0, on(func(e *swap.ProofReceived) { e.Height++ }), "judged for the snapshot of height 240"},
	{"a number of outputs", "proof.received", 0, on(func(e *swap.ProofReceived) { e.Outputs++ }), "its proof has 5 outputs"},
	{"another's proof", "proof.received", 0, func(_ *testing.T, _ *testLog, events []swap.Event, i int) {
		mine, other := events[i].(*swap.ProofReceived), events[i+1].(*swap.ProofReceived)
		mine.Proof, mine.Outputs = other.Proof, other.Outputs
	}, "address's spend key is not in the proof"},
	{"a proof that is none", "proof.received", 0, func(_ *testing.T, l *testLog, events []swap.Event, i int) {
		events[i].(*swap.ProofReceived).Proof = l.attach([]byte("ReserveProofV2"))
	}, "reserve proof"},
	{"a proof for another claim", "proof.received", 0, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		bob := loadWallets(t)[2]
		text := l.prove(bob, l.signClaim(bob, evmAddress("thief"), 1), loadCoins(t), 1, "thief")
		events[i].(*swap.ProofReceived).Proof = l.attach([]byte(text))
	}, "signature"},
	{"the same proof twice", "proof.received", 3, func(_ *testing.T, _ *testLog, events []swap.Event, i int) {
		events[i].(*swap.ProofReceived).Proof = events[i-7].(*swap.ProofReceived).Proof
	}, "is entry 10 already"},
	{"a recipient of the claim that came with it", "proof.received", 1, on(func(e *swap.ProofReceived) { e.Pending.Recipient = evmAddress("thief") }), "something else than the entry's fields"},
	{"a signature of the claim that came with it", "proof.received", 1, func(_ *testing.T, _ *testLog, events []swap.Event, i int) {
		events[i].(*swap.ProofReceived).Pending.Signature = events[6].(*swap.ClaimAccepted).Signature
	}, "signature"},
	{"a claim that was used", "proof.received", 3, func(_ *testing.T, _ *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.ProofReceived)
		e.Claim, e.Pending = nil, events[6].(*swap.ClaimAccepted)
	}, "the claim that comes with it: already-used"},

	{"one atomic unit", "proof.accepted", 0, on(func(e *swap.ProofAccepted) { e.Total++ }), `where judging again gives`},
	{"what is staked", "proof.accepted", 0, on(func(e *swap.ProofAccepted) { e.Staked = 0 }), `where judging again gives`},
	{"why outputs do not count", "proof.accepted", 0, on(func(e *swap.ProofAccepted) { e.LeftOut = map[string]uint64{"spent": 2} }), `where judging again gives`},
	{"an account", "proof.accepted", 0, func(_ *testing.T, _ *testLog, events []swap.Event, i int) {
		events[i].(*swap.ProofAccepted).Account = events[i+1].(*swap.ProofAccepted).Account
	}, "is another account's"},
	{"a proof", "proof.accepted", 0, on(func(e *swap.ProofAccepted) { e.Received++ }), "is another account's"},
	{"a snapshot", "proof.accepted", 0, on(func(e *swap.ProofAccepted) { e.Snapshot[0]++ }), "judged for another snapshot"},
	{"a daemon less", "proof.accepted", 0, on(func(e *swap.ProofAccepted) { e.Daemons = e.Daemons[1:] }), "daemons agree"},
	{"no daemon", "proof.accepted", 0, on(func(e *swap.ProofAccepted) { e.Daemons = nil }), "daemons agree"},
	{"a daemon twice", "proof.accepted", 0, on(func(e *swap.ProofAccepted) { e.Daemons = []string{"a", "a", "b"} }), "each once"},
	{"daemons that nobody configured", "proof.accepted", 0, on(func(e *swap.ProofAccepted) { e.Daemons = []string{"a", "b", "c", "d"} }), "3 are configured"},
	{"a key image dropped", "proof.accepted", 0, testify(func(_ *testing.T, e *swap.Evidence) { e.Counted = e.Counted[1:] }), "leaves out key image"},
	{"a key image added", "proof.accepted", 0, testify(func(_ *testing.T, e *swap.Evidence) {
		for _, i := range e.Images {
			if !slices.Contains(e.Counted, i.KeyImage) {
				e.Counted = append(e.Counted, i.KeyImage)
				return
			}
		}
	}), "which does not count"},
	{"a key image of nobody", "proof.accepted", 0, testify(func(_ *testing.T, e *swap.Evidence) { e.Counted[0][0]++ }), "which does not count"},
	{"a key image twice", "proof.accepted", 0, testify(func(_ *testing.T, e *swap.Evidence) { e.Counted = append(e.Counted, e.Counted[0]) }), "a key image is counted twice"},
	{"a later height", "proof.accepted", 0, testify(func(_ *testing.T, e *swap.Evidence) { e.Transactions[0].Height = 241 }), "which does not count"},
	{"a transaction in the pool", "proof.accepted", 1, testify(func(_ *testing.T, e *swap.Evidence) { e.Transactions[0].Height, e.Transactions[0].InPool = 0, true }), "judged again it is refused: nothing"},
	{"a spent output", "proof.accepted", 1, testify(func(_ *testing.T, e *swap.Evidence) { e.Images[0].Status = cryptonote.Spent }), "judged again it is refused: nothing"},
	{"a byte of a transaction", "proof.accepted", 0, testify(func(_ *testing.T, e *swap.Evidence) {
		t := &e.Transactions[0]
		digit := byte('0')
		if t.Bytes[len(t.Bytes)-1] == digit {
			digit = '1'
		}
		t.Bytes = t.Bytes[:len(t.Bytes)-1] + string(digit)
	}), "judged again it is refused: transaction"},
	{"a transaction that is missing", "proof.accepted", 0, testify(func(_ *testing.T, e *swap.Evidence) { e.Transactions = e.Transactions[1:] }), "judged again it is refused: transaction"},
	{"a key image that nobody asked about", "proof.accepted", 0, testify(func(_ *testing.T, e *swap.Evidence) { e.Images = e.Images[1:] }), "no spent status"},
	{"evidence that is none", "proof.accepted", 0, func(_ *testing.T, l *testLog, events []swap.Event, i int) {
		events[i].(*swap.ProofAccepted).Evidence = l.attach([]byte("{}"))
	}, "one spelling"},
	{"a refusal", "proof.accepted", 0, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		testify(func(_ *testing.T, e *swap.Evidence) { e.Counted = []swap.Hash{} })(t, l, events, i)
		e := events[i].(*swap.ProofAccepted)
		events[i] = &swap.ProofRefused{Received: e.Received, Account: e.Account, Daemons: e.Daemons, Evidence: e.Evidence, Check: swap.CheckNothing, Detail: "nothing"}
	}, "judged again it is accepted: 3 outputs count, 400.943457139 OXEN"},
	{"the same proof", "proof.accepted", 1, func(_ *testing.T, _ *testLog, events []swap.Event, i int) { events[i] = events[i-1] }, "is accepted already"},

	{"a check", "proof.refused", 2, on(func(e *swap.ProofRefused) { e.Check = "points" }), `where judging again gives`},
	{"an account", "proof.refused", 0, func(_ *testing.T, _ *testLog, events []swap.Event, i int) {
		events[i].(*swap.ProofRefused).Account = events[i+2].(*swap.ProofRefused).Account
	}, "is another account's"},
	{"unspent coins", "proof.refused", 0, testify(func(_ *testing.T, e *swap.Evidence) {
		for i := range e.Images {
			e.Images[i].Status = cryptonote.Unspent
		}
	}), "judged again it is accepted"},
	{"a key image", "proof.refused", 0, testify(func(_ *testing.T, e *swap.Evidence) { e.Counted = append(e.Counted, e.Images[0].KeyImage) }), "which does not count"},
	{"the same coins accepted twice", "proof.refused", 1, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		first, e := events[12].(*swap.ProofAccepted), events[i].(*swap.ProofRefused)
		forged := *first
		forged.Received = e.Received // the evidence is the same: the same outputs
		events[i] = &forged
	}, "judged again it is refused: nothing"},
	{"spent coins accepted", "proof.refused", 0, accept(0), "judged again it is refused: nothing"},
	{"outputs accepted that count twice", "proof.refused", 2, accept(1e12), "judged again it is refused: duplicates: reserve proof: duplicate key image"},
}

// accept accepts a refused proof for all of its key images and some total.
func accept(total swap.Oxen) func(*testing.T, *testLog, []swap.Event, int) {
	return func(t *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.ProofRefused)
		evidence, err := swap.ParseEvidence(l.files[ledger.Digest(e.Evidence)])
		must(t, err)
		outputs := events[e.Received].(*swap.ProofReceived).Outputs
		a := &swap.ProofAccepted{
			Received: e.Received, Account: e.Account, Height: 240, Snapshot: events[2].(*swap.SnapshotTaken).Content, Daemons: e.Daemons,
			Evidence: e.Evidence, Counted: uint64(len(evidence.Images)), Total: total, LeftOut: map[string]uint64{},
		}
		if left := outputs - a.Counted; left > 0 {
			a.LeftOut["duplicates"] = left
		}
		events[i] = a
		testify(func(_ *testing.T, e *swap.Evidence) {
			for _, image := range e.Images {
				e.Counted = append(e.Counted, image.KeyImage)
			}
		})(t, l, events, i)
	}
}

// testify changes the evidence of a judgement, and makes the number of outputs that count follow.
func testify(change func(*testing.T, *swap.Evidence)) func(*testing.T, *testLog, []swap.Event, int) {
	return func(t *testing.T, l *testLog, events []swap.Event, i int) {
		var digest *swap.Hash
		switch e := events[i].(type) {
		case *swap.ProofAccepted:
			digest = &e.Evidence
		case *swap.ProofRefused:
			digest = &e.Evidence
		}
		evidence, err := swap.ParseEvidence(l.files[ledger.Digest(*digest)])
		must(t, err)
		before := len(evidence.Counted)
		change(t, &evidence)
		slices.SortFunc(evidence.Counted, swap.Hash.Compare)
		data, err := json.Marshal(&evidence) // whatever Encode refuses
		must(t, err)
		*digest = l.attach(data)
		if e, ok := events[i].(*swap.ProofAccepted); ok && before > 0 {
			more := len(evidence.Counted) - before
			e.Counted += uint64(more)
			e.LeftOut["stake"] -= uint64(more)
		}
	}
}
