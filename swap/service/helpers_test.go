package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oxenswap/swap"
)

// proofAccepted accepts a proof for some of its outputs' key images, each worth 10.
func (l *testLedger) proofAccepted(received uint64, images ...int) (*swap.ProofAccepted, []byte) {
	l.t.Helper()
	p, err := l.tables.Proof(received)
	if err != nil {
		l.t.Fatalf("Proof: %v", err)
	}
	s, err := l.tables.Snapshot(p.Height)
	if err != nil {
		l.t.Fatalf("Snapshot: %v", err)
	}
	var e swap.Evidence
	for _, i := range images {
		e.Counted = append(e.Counted, testHash("image", i))
	}
	file := []byte(encoded(l.t, e))
	a := &swap.ProofAccepted{
		Received: received, Account: p.Account, Height: p.Height, Snapshot: s.Digest, Daemons: bothDaemons, Evidence: swap.Digest(file),
		Counted: uint64(len(images)), Total: swap.Oxen(10 * len(images)), LeftOut: map[string]uint64{},
	}
	if n := p.Outputs - a.Counted; n > 0 {
		a.LeftOut["spent"] = n
	}
	return a, file
}

func encoded(t testingT, e swap.Evidence) string {
	t.Helper()
	data, err := e.Encode()
	if err != nil {
		t.Fatalf("Encode: %v", err)
	}
	return string(data)
}

func recordedClaims(t testingT) []recordedClaim {
	t.Helper()
	var out []recordedClaim
	if err := json.Unmarshal(readFile(t, "migration/claims.json"), &out); err != nil || len(out) != 8 {
		t.Fatalf("%d recorded claims, %v", len(out), err)
	}
	return out
}

func recordedTerms(t testingT) *swap.Terms {
	t.Helper()
	return mustTerms(t, string(readFile(t, "migration/terms.toml")))
}

// worlds are the recorded moments of a real network, in normal form as another program wrote it.
func worlds(t testingT) []swap.Content {
	t.Helper()
	var out []swap.Content
	for i := range 4 {
		c, err := swap.ParseContent(readFile(t, fmt.Sprintf("migration/world%d.json", i+1)))
		if err != nil {
			t.Fatalf("world %d: %v", i+1, err)
		}
		out = append(out, c)
	}
	return out
}

// recordedClaim is what one real wallet signed.
type recordedClaim struct {
	Wallet          string          `json:"wallet"`
	Address         string          `json:"address"`
	Recipient       swap.EVMAddress `json:"recipient"`
	SecondRecipient swap.EVMAddress `json:"second_recipient"`
	Texts           []struct {
		Kind      string `json:"kind"`
		Text      string `json:"text"`
		Signature string `json:"signature"`
	} `json:"texts"`
}

// discard lets two daemons have another block at a height.
func (l *testLedger) discard(height uint64) uint64 {
	l.t.Helper()
	s, err := l.tables.Snapshot(height)
	if err != nil {
		l.t.Fatalf("Snapshot: %v", err)
	}
	return l.must(&swap.SnapshotDiscarded{Height: height, BlockHash: s.BlockHash, Now: testHash("other block", int(height)), Daemons: []swap.DaemonReport{{Daemon: "a", Agrees: true}, {Daemon: "b", Agrees: true}}})
}

func wantProofRefusal(t *testing.T, err error, check, says string) {
	t.Helper()
	var refusal *swap.ProofRefusal
	if !errors.As(err, &refusal) || refusal.Check != check || !strings.Contains(refusal.Detail, says) {
		t.Errorf("expected a refusal for %s saying %q, got: %v", check, says, err)
	}
}

// wantRefusal checks that an error is a refusal for a reason, whose detail says something.
func wantRefusal(t *testing.T, err error, reason swap.Reason, says string) {
	t.Helper()
	var refusal *swap.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != reason || !strings.Contains(refusal.Detail, says) {
		t.Errorf("expected a refusal for %s saying %q, got: %v", reason, says, err)
	}
}

func (l *testLedger) sendTx(i swap.Intent, attempt, nonce uint64) swap.Hash {
	l.t.Helper()
	e, raw := l.tx(i, attempt, nonce)
	l.must(e, raw)
	return e.Hash
}

func (l *testLedger) proposed(round uint64) *swap.RootProposed {
	r := l.round(round)
	return &swap.RootProposed{Round: round, Root: r.Root, Total: r.Total, LedgerSize: r.Approved + 1, LedgerRoot: testHash("ledger", 1), LiveAt: 1, LogPosition: l.at()}
}

func (l *testLedger) activated(round uint64) *swap.RootActivated {
	return &swap.RootActivated{Round: round, Root: l.round(round).Root, LogPosition: l.at()}
}

func deployed(terms *swap.Terms) *swap.DistributorDeployed {
	return &swap.DistributorDeployed{Distributor: swap.Distributor{
		Address: testRecipient(1000), ChainID: terms.Token.ChainID, CodeHash: testHash("code", 1), Token: swap.EVMAddress(terms.Token.Address),
		Owner: testRecipient(1001), Publisher: testRecipient(1002), Guardian: testRecipient(1003), ActivationDelay: 60,
		ClosesAt: uint64(terms.Closes.Unix()) + 90*24*60*60, Block: 5,
	}, Tx: testHash("tx", 1)}
}

// checkOwedTo holds OwedTo for every account in a programme, and for one that is not in it, against
// Owed.
func checkOwedTo(t interface{ Fatalf(string, ...any) }, tables swap.Tables, m swap.Migration, all *swap.Ledgered) {
	for i, o := range append(all.Owings[:len(all.Owings):len(all.Owings)], swap.Owing{Account: "nobody"}) {
		one, err := swap.OwedTo(tables, m, all.Programme, o.Account, all.Den)
		if err != nil {
			t.Fatalf("swap.OwedTo: %v", err)
		}
		want := []swap.Owing{o}
		if i == len(all.Owings) {
			want = nil
		}
		if diff := cmp.Diff(want, one.Owings); diff != "" || one.Den != all.Den || one.Settled != all.Settled {
			t.Fatalf("account %s alone, of %s: %s", o.Account, all.Den, diff)
		}
	}
}

// tx is a signed transaction and its bytes.
func (l *testLedger) tx(i swap.Intent, attempt, nonce uint64) (*swap.TxSigned, []byte) {
	raw := fmt.Appendf(nil, "%+v attempt %d nonce %d", i, attempt, nonce)
	return &swap.TxSigned{
		Intent: i, Attempt: attempt, ChainID: l.terms.Token.ChainID, Sender: testRecipient(1002), Nonce: nonce,
		Hash: swap.Digest(raw), Raw: swap.Digest(raw), Amount: 1, GasFee: 1,
	}, raw
}

// at is a new place for an event of the distributor.
func (l *testLedger) at() swap.LogPosition {
	n := len(l.log)
	return swap.LogPosition{Tx: testHash("log", n), Block: uint64(100 + n), BlockHash: testHash("evm block", n), LogIndex: 3}
}

func stagedContent(t testingT, height uint64) swap.Content {
	return testContent(t, height, holding{1, 100, 30}, holding{2, 70, 0}, holding{3, 9, 9})
}

// takenLedger has a snapshot that is taken.
func takenLedger(t testingT) *testLedger {
	t.Helper()
	l := newLedger(t, testTerms(t, testProgrammes))
	l.take(stagedContent(t, 100))
	return l
}
