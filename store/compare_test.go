package store

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"oxenswap/swap"
)

func options() []cmp.Option {
	return []cmp.Option{
		cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b *swap.Terms) bool {
			return a == b || a != nil && b != nil && bytes.Equal(a.Canonical(), b.Canonical())
		}),
	}
}

// compare asks store and memory everything that Tables can be asked.
func (m *model) compare(t *rapid.T) {
	want := m.everything(m.memory)
	var got []any
	m.must(m.store.View(context.Background(), func(t swap.Tables, size uint64) error {
		if size != uint64(len(m.entries)) {
			m.Fatalf("%d entries instead of %d", size, len(m.entries))
		}
		got = m.everything(t)
		return nil
	}))
	if len(want) != len(got) {
		t.Fatalf("memory and store differ: %s", cmp.Diff(want, got, options()...))
	}
	for i := range want { // one by one: cmp.Diff would look for what was inserted
		if !cmp.Equal(want[i], got[i], options()...) {
			t.Fatalf("memory and store differ: %s", cmp.Diff(want[i], got[i], options()...))
		}
	}
}

func (m *model) everything(t swap.Tables) []any {
	var out []any
	keep := func(v any, err error) {
		text := ""
		if err != nil && !errors.Is(err, swap.ErrNotFound) {
			m.Fatalf("%v", err)
		} else if err != nil {
			v, text = nil, "none"
		}
		out = append(out, v, text)
	}
	row := func(v any) error { out = append(out, v); return nil }
	s := m.keys()

	migration, err := t.Migration()
	keep(migration, err)
	snapshots, err := t.Snapshots()
	keep(snapshots, err)
	for _, h := range []uint64{100, 240, 250, 262, 1<<63 + 5} {
		snapshot, err := t.Snapshot(h)
		keep(snapshot, err)
		m.must(t.Balances(h, func(b swap.Balance) error { return row(b) }))
	}
	for _, h := range append(m.holders, swap.Balance{Account: "nobody"}) {
		balances, err := t.AccountBalances(h.Account)
		keep(balances, err)
		latest, err := t.LatestClaim(h.Account)
		keep(latest, err)
		for _, sequence := range []uint32{0, 1, 2, 3, 7} {
			claim, err := t.Claim(h.Account, sequence)
			keep(claim, err)
		}
		allocations, err := t.AccountAllocations(h.Account)
		keep(allocations, err)
		proofs, err := t.AccountProofs(h.Account)
		keep(proofs, err)
	}
	for n := range uint64(len(m.entries)) + 1 {
		claim, err := t.ClaimAt(n)
		keep(claim, err)
		proof, err := t.Proof(n)
		keep(proof, err)
	}
	m.must(t.Proofs(func(p swap.Proof) error { return row(p) }))
	for _, p := range s.proofs {
		proof, err := t.HandedIn(p.Account, p.Proof)
		keep(proof, err)
	}
	for n := range images + 1 {
		received, err := t.KeyImage(image(n))
		keep(received, err)
	}
	for _, h := range s.refused {
		entry, err := t.RefusedClaim(h)
		keep(entry, err)
	}
	m.must(t.LatestClaims(func(c swap.Claim) error { return row(c) }))
	rounds, err := t.Rounds()
	keep(rounds, err)
	for n := range uint64(len(m.rounds())) + 2 {
		round, err := t.Round(n)
		keep(round, err)
		m.must(t.Allocations(n, func(a swap.Allocation) error { return row(a) }))
	}
	m.must(t.Given(func(a swap.Account, p string, sum swap.Sesh) error { return row([]any{a, p, sum}) }))
	m.must(t.Cumulative(func(to swap.EVMAddress, sum swap.Sesh) error { return row([]any{to, sum}) }))
	m.must(t.AllAttempts(func(a swap.Attempt) error { return row(a) }))
	for _, a := range s.attempts {
		one, err := t.Attempt(a.Hash)
		keep(one, err)
		same, err := t.Attempts(a.Intent)
		keep(same, err)
		users, err := t.NonceAttempts(a.ChainID, a.Sender, a.Nonce)
		keep(users, err)
	}
	last, err := t.LastLog()
	keep(last, err)
	for _, l := range s.logs {
		entry, err := t.SeenLog(l.Tx, l.LogIndex)
		keep(entry, err)
	}
	m.must(t.Payouts(func(p swap.Payout) error { return row(p) }))
	return out
}

// keys are what the entries name: transactions, events of the distributor, proofs and refused
// claims.
func (m *model) keys() (k struct {
	attempts []swap.TxSigned
	logs     []swap.LogPosition
	proofs   []swap.ProofReceived
	refused  []swap.Hash
}) {
	for _, e := range m.entries {
		decoded, err := swap.DecodeEvent(e.Kind, e.Body)
		m.must(err)
		switch v := decoded.(type) {
		case *swap.TxSigned:
			k.attempts = append(k.attempts, *v)
		case *swap.ProofReceived:
			k.proofs = append(k.proofs, *v)
		case *swap.ClaimRefused:
			k.refused = append(k.refused, refusedDigest(v))
		case *swap.PayoutSeen:
			k.logs = append(k.logs, v.LogPosition)
		case *swap.RootProposed:
			k.logs = append(k.logs, v.LogPosition)
		}
	}
	k.logs = append(k.logs, swap.LogPosition{LogIndex: 77})
	k.attempts = append(k.attempts, swap.TxSigned{})
	k.proofs = append(k.proofs, swap.ProofReceived{})
	k.refused = append(k.refused, swap.Hash{})
	return k
}
