package swap

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"oxenswap/swap/ledger"
)

// proofReceived is a proof of a holder for its claim of an entry. What is in it is nobody's matter
// here.
func (l *testLedger) proofReceived(holder int, claim uint64, name string) (*ProofReceived, []byte) {
	file := fmt.Appendf(nil, "proof %s", name)
	return &ProofReceived{Account: testAccount(holder), Oxen: testAddress(holder), Claim: &claim, Height: 100, Outputs: 3, Proof: Digest(file)}, file
}

// proofAccepted accepts a proof for some of its outputs' key images, each worth 10.
func (l *testLedger) proofAccepted(received uint64, images ...int) (*ProofAccepted, []byte) {
	l.t.Helper()
	p, err := l.tables.Proof(received)
	if err != nil {
		l.t.Fatalf("Proof: %v", err)
	}
	s, err := l.tables.Snapshot(p.Height)
	if err != nil {
		l.t.Fatalf("Snapshot: %v", err)
	}
	var e Evidence
	for _, i := range images {
		e.Counted = append(e.Counted, testHash("image", i))
	}
	file := []byte(encoded(l.t, e))
	a := &ProofAccepted{
		Received: received, Account: p.Account, Height: p.Height, Snapshot: s.Digest, Daemons: bothDaemons, Evidence: Digest(file),
		Counted: uint64(len(images)), Total: Oxen(10 * len(images)), LeftOut: map[string]uint64{},
	}
	if n := p.Outputs - a.Counted; n > 0 {
		a.LeftOut["spent"] = n
	}
	return a, file
}

func (l *testLedger) proofRefused(received uint64) (*ProofRefused, []byte) {
	l.t.Helper()
	p, err := l.tables.Proof(received)
	if err != nil {
		l.t.Fatalf("Proof: %v", err)
	}
	file := []byte(encoded(l.t, Evidence{}))
	return &ProofRefused{Received: received, Account: p.Account, Daemons: bothDaemons, Evidence: Digest(file), Check: "amount", Detail: "d"}, file
}

// proofStage is a ledger with a snapshot, claims of holders 1 (entry 3) and 2 (entry 4), and a
// proof of holder 1 (entry 5).
func proofStage(t testingT) *testLedger {
	t.Helper()
	l := newLedger(t, testTerms(t, coinProgrammes))
	l.take(stagedContent(t, 100))
	l.claim(1, testRecipient(1), 1)
	l.claim(2, testRecipient(2), 1)
	e, file := l.proofReceived(1, 3, "first")
	if n := l.must(e, file); n != 5 {
		t.Fatalf("the first proof is entry %d", n)
	}
	return l
}

func TestApplyProofReceived(t *testing.T) {
	pending := func(e *ProofReceived, holder int, sequence uint32) {
		e.Claim, e.Pending = nil, testClaim(testTerms(t, coinProgrammes), holder, testRecipient(3), sequence)
	}
	legacy := func(l *testLedger, holder int) uint64 {
		file := []byte("file")
		l.must(&LegacyImported{File: Digest(file), Lines: 1, Taken: 1}, file)
		c := testClaim(l.terms, holder, testRecipient(3), 0)
		c.Text = c.Recipient.String()
		return l.must(c)
	}
	for _, c := range []struct {
		name   string
		change func(l *testLedger, e *ProofReceived, file *[]byte)
		says   string // "": accepted
	}{
		{"for a claim", func(*testLedger, *ProofReceived, *[]byte) {}, ""},
		{"for an earlier claim", func(l *testLedger, _ *ProofReceived, _ *[]byte) { l.claim(2, testRecipient(3), 2) }, ""},
		{"with a claim", func(_ *testLedger, e *ProofReceived, _ *[]byte) { pending(e, 2, 2) }, ""},
		{"for the snapshot once it is final", func(l *testLedger, _ *ProofReceived, _ *[]byte) { l.finalize(100) }, ""},
		{"at the last second", func(l *testLedger, _ *ProofReceived, _ *[]byte) { l.now = l.terms.Closes }, ""},
		{"too late", func(l *testLedger, _ *ProofReceived, _ *[]byte) { l.now = l.terms.Closes.Add(time.Second) }, "coins closed at 2027-12-31T23:59:59Z"},
		{"after the closing moved", func(l *testLedger, _ *ProofReceived, _ *[]byte) {
			closes := l.terms.Closes.AddDate(0, 0, 10)
			l.must(&TermsExtended{Closes: closes, Note: l.sign("ann", ExtensionText(l.terms, closes))})
			l.now = closes
		}, ""},
		{"too early", func(l *testLedger, _ *ProofReceived, _ *[]byte) { l.now = l.terms.Opens.Add(-time.Second) }, "coins opens at 2026-01-01T00:00:00Z"},
		{"for another height", func(_ *testLedger, e *ProofReceived, _ *[]byte) { e.Height = 101 }, "judged for the snapshot of height 100, not 101"},
		{"for a discarded snapshot", func(l *testLedger, _ *ProofReceived, _ *[]byte) { l.discard(100) }, "the snapshot at height 100 is not taken yet"},
		{"without a claim", func(_ *testLedger, e *ProofReceived, _ *[]byte) { e.Claim = nil }, "expected either the entry of a claim or a claim that comes with the proof"},
		{"for two claims", func(l *testLedger, e *ProofReceived, _ *[]byte) {
			claim := *e.Claim
			pending(e, 2, 2)
			e.Claim = &claim
		}, "expected either"},
		{"for no entry", func(_ *testLedger, e *ProofReceived, _ *[]byte) { *e.Claim = 999 }, "claim of entry 999: none"},
		{"for an entry that is no claim", func(_ *testLedger, e *ProofReceived, _ *[]byte) { *e.Claim = 2 }, "claim of entry 2: none"},
		{"for another account's claim", func(_ *testLedger, e *ProofReceived, _ *[]byte) { *e.Claim = 3 }, "entry 3 is no numbered claim of this account"},
		{"for another address's claim", func(_ *testLedger, e *ProofReceived, _ *[]byte) { e.Oxen = addressOf(2, "other view") }, "entry 4 is no numbered claim of this account"},
		{"for a legacy claim", func(l *testLedger, e *ProofReceived, _ *[]byte) {
			*e.Claim = legacy(l, 3)
			e.Account, e.Oxen = testAccount(3), testAddress(3)
		}, "is no numbered claim of this account"},
		{"with another account's claim", func(_ *testLedger, e *ProofReceived, _ *[]byte) { pending(e, 3, 1) }, "is another account's"},
		{"with another address's claim", func(_ *testLedger, e *ProofReceived, _ *[]byte) {
			pending(e, 2, 2)
			e.Pending.Oxen = addressOf(2, "other view")
		}, "is another account's"},
		{"with a legacy claim", func(_ *testLedger, e *ProofReceived, _ *[]byte) {
			pending(e, 2, 0)
			e.Pending.Text = e.Pending.Recipient.String()
		}, "is another account's"},
		{"with a claim of another text", func(_ *testLedger, e *ProofReceived, _ *[]byte) {
			pending(e, 2, 2)
			e.Pending.Sequence = 3
		}, "the text says something else than the entry's fields"},
		{"with a claim of another migration", func(_ *testLedger, e *ProofReceived, _ *[]byte) {
			pending(e, 2, 2)
			e.Pending.Text = strings.Replace(e.Pending.Text, testTerms(t, coinProgrammes).ID(), "1166f61c0c9abbf6", 1)
		}, "the text says something else"},
		{"without the proof", func(_ *testLedger, _ *ProofReceived, file *[]byte) { *file = nil }, "attachment is missing"},
		{"another account's proof", func(_ *testLedger, e *ProofReceived, file *[]byte) {
			*file = []byte("proof first")
			e.Proof = Digest(*file)
		}, ""},
		{"a proof again", func(l *testLedger, e *ProofReceived, file *[]byte) {
			*e, *file = *first(l.proofReceived(1, 3, "first")), []byte("proof first")
		}, "the same proof is entry 5 already"},
		{"a refused proof again", func(l *testLedger, e *ProofReceived, file *[]byte) {
			refused, evidence := l.proofRefused(5)
			l.must(refused, evidence)
			*e, *file = *first(l.proofReceived(1, 3, "first")), []byte("proof first")
		}, "the same proof is entry 5 already"},
		{"a freed proof again", func(l *testLedger, e *ProofReceived, file *[]byte) {
			l.discard(100)
			l.take(stagedContent(t, 100))
			*e, *file = *first(l.proofReceived(1, 3, "first")), []byte("proof first")
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := proofStage(t)
			e, file := l.proofReceived(2, 4, "second")
			c.change(l, e, &file)
			var files [][]byte
			if file != nil {
				files = [][]byte{file}
			}
			err := l.try(e, files...)
			if c.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			p, err := l.tables.Proof(uint64(len(l.log) - 1))
			if err != nil || p.Status != ReceivedProof || p.Account != e.Account || !p.At.Equal(l.now) || p.Judged != 0 || !strings.HasPrefix(p.Text, "SESH claim ") {
				t.Errorf("the received proof: got %+v, %v, want it received", p, err)
			}
		})
	}
	l := staged(t, "claimed")
	e, file := l.proofReceived(1, 4, "x")
	if err := l.try(e, file); err == nil || !strings.Contains(err.Error(), "the terms convert no coins by proof") {
		t.Errorf("without a programme: %v", err)
	}
}

func first[A, B any](a A, _ B) A { return a }

func TestApplyProofAccepted(t *testing.T) {
	other := func(l *testLedger, images ...int) { // holder 2's proof is accepted first
		e, file := l.proofReceived(2, 4, "second")
		accepted, evidence := l.proofAccepted(l.must(e, file), images...)
		l.must(accepted, evidence)
	}
	for _, c := range []struct {
		name   string
		change func(l *testLedger, e *ProofAccepted, file *[]byte)
		says   string // "": accepted
	}{
		{"good", func(*testLedger, *ProofAccepted, *[]byte) {}, ""},
		{"after the closing", func(l *testLedger, _ *ProofAccepted, _ *[]byte) { l.now = l.terms.Closes.AddDate(1, 0, 0) }, ""},
		{"beside another account's", func(l *testLedger, _ *ProofAccepted, _ *[]byte) { other(l, 3, 4) }, ""},
		{"a key image of another account's", func(l *testLedger, _ *ProofAccepted, _ *[]byte) { other(l, 3, 2) }, "was counted before, for the proof of entry 6"},
		{"no such proof", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.Received = 4 }, "proof.received 4: none"},
		{"another account", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.Account = testAccount(2) }, "the proof of entry 5 is another account's"},
		{"twice", func(l *testLedger, _ *ProofAccepted, _ *[]byte) { l.must(l.proofAccepted(5, 3)) }, "the proof of entry 5 is accepted already (entry 6)"},
		{"a refused one", func(l *testLedger, _ *ProofAccepted, _ *[]byte) { l.must(l.proofRefused(5)) }, "the proof of entry 5 is refused already (entry 6)"},
		{"a freed one", func(l *testLedger, _ *ProofAccepted, _ *[]byte) { l.discard(100) }, "the proof of entry 5 is freed already (entry 6)"},
		{"another height", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.Height = 101 }, "snapshot of height 101: none"},
		{"another snapshot of ours", func(l *testLedger, e *ProofAccepted, _ *[]byte) {
			l.take(stagedContent(t, 110))
			s, err := l.tables.Snapshot(110)
			if err != nil {
				t.Fatal(err)
			}
			e.Height, e.Snapshot = 110, s.Digest
		}, "it was judged for another snapshot"},
		{"another digest", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.Snapshot = testHash("digest", 1) }, "it was judged for another snapshot"},
		{"nothing counts", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.Counted, e.LeftOut["spent"] = 0, 3 }, "0 outputs count and 3 do not, of 3"},
		{"more than there are", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.Counted, e.LeftOut = 4, nil }, "4 outputs count and 0 do not, of 3"},
		{"too few left out", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.LeftOut = nil }, "2 outputs count and 0 do not, of 3"},
		{"too many left out", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.LeftOut["block"] = 1 }, "2 outputs count and 2 do not, of 3"},
		{"one daemon", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.Daemons = []string{"a"} }, "1 daemons agree: expected 2"},
		{"one daemon twice", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.Daemons = []string{"a", "a"} }, "1 daemons agree: expected 2"},
		{"no daemons", func(_ *testLedger, e *ProofAccepted, _ *[]byte) { e.Daemons = []string{} }, "0 daemons agree: expected 2"},
		{"without the evidence", func(_ *testLedger, _ *ProofAccepted, file *[]byte) { *file = nil }, "attachment is missing"},
		{"bad evidence", func(_ *testLedger, e *ProofAccepted, file *[]byte) { *file = []byte("{}"); e.Evidence = Digest(*file) }, "evidence is not in its one spelling"},
		{"evidence that counts fewer", func(l *testLedger, e *ProofAccepted, file *[]byte) {
			fewer, evidence := l.proofAccepted(5, 1)
			*file, e.Evidence = evidence, fewer.Evidence
		}, "2 outputs count, the evidence says 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := proofStage(t)
			e, file := l.proofAccepted(5, 1, 2)
			e.Staked = 7
			c.change(l, e, &file)
			var files [][]byte
			if file != nil {
				files = [][]byte{file}
			}
			err := l.try(e, files...)
			if c.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			p, err := l.tables.Proof(5)
			if err != nil || p.Status != AcceptedProof || p.Judged != uint64(len(l.log)-1) || p.Counted != 2 || p.Total != 20 || p.Staked != 7 {
				t.Errorf("the judged proof: got %+v, %v, want it accepted, 20 of 2 outputs, 7 staked", p, err)
			}
			for i := 1; i <= 2; i++ {
				if by, err := l.tables.KeyImage(testHash("image", i)); err != nil || by != 5 {
					t.Errorf("key image %d was counted for entry %d, %v", i, by, err)
				}
			}
		})
	}
}

func TestApplyProofRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(l *testLedger, e *ProofRefused, file *[]byte)
		says   string // "": accepted
	}{
		{"good", func(*testLedger, *ProofRefused, *[]byte) {}, ""},
		{"no such proof", func(_ *testLedger, e *ProofRefused, _ *[]byte) { e.Received = 4 }, "proof.received 4: none"},
		{"another account", func(_ *testLedger, e *ProofRefused, _ *[]byte) { e.Account = testAccount(2) }, "the proof of entry 5 is another account's"},
		{"twice", func(l *testLedger, e *ProofRefused, file *[]byte) { l.must(e, *file) }, "the proof of entry 5 is refused already (entry 6)"},
		{"an accepted one", func(l *testLedger, _ *ProofRefused, _ *[]byte) { l.must(l.proofAccepted(5, 3)) }, "the proof of entry 5 is accepted already"},
		{"one daemon", func(_ *testLedger, e *ProofRefused, _ *[]byte) { e.Daemons = []string{"b"} }, "1 daemons agree: expected 2"},
		{"without the evidence", func(_ *testLedger, _ *ProofRefused, file *[]byte) { *file = nil }, "attachment is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := proofStage(t)
			e, file := l.proofRefused(5)
			c.change(l, e, &file)
			var files [][]byte
			if file != nil {
				files = [][]byte{file}
			}
			err := l.try(e, files...)
			if c.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			if p, err := l.tables.Proof(5); err != nil || p.Status != RefusedProof || p.Check != "amount" || p.Judged != 6 || p.Total != 0 {
				t.Errorf("the judged proof: got %+v, %v, want it refused by amount at entry 6", p, err)
			}
		})
	}
}

// TestDiscardFrees: with its snapshot goes what proofs were counted for, and with that the
// entitlement.
func TestDiscardFrees(t *testing.T) {
	l := proofStage(t)
	l.must(l.proofAccepted(5, 1, 2))
	waits := l.must(l.proofReceived(2, 4, "waits"))
	refused := l.must(l.proofReceived(2, 4, "refused"))
	l.must(l.proofRefused(refused))
	discarded := l.discard(100)
	for entry, status := range map[uint64]ProofStatus{5: FreedProof, waits: FreedProof, refused: RefusedProof} {
		p, err := l.tables.Proof(entry)
		if err != nil || p.Status != status || status == FreedProof && p.Judged != discarded {
			t.Errorf("proof %d: %+v, %v", entry, p, err)
		}
	}
	if _, err := l.tables.KeyImage(testHash("image", 1)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a key image is still counted: %v", err)
	}
	if entitled, err := Entitled(l.tables, l.terms, testAccount(1)); err != nil || entitled {
		t.Errorf("entitled %t, %v", entitled, err)
	}
	// With a new snapshot they count again, and for another account if so judged.
	l.take(stagedContent(t, 100))
	again := l.must(l.proofReceived(2, 4, "again"))
	l.must(l.proofAccepted(again, 2))
	if by, err := l.tables.KeyImage(testHash("image", 2)); err != nil || by != again {
		t.Errorf("counted for %d, %v", by, err)
	}
}

// TestSettlingFrees: proofs judged for a snapshot that another one, taken later at a lower height,
// supersedes do not count, so nothing hangs on them.
func TestSettlingFrees(t *testing.T) {
	l := newLedger(t, testTerms(t, coinProgrammes))
	l.take(stagedContent(t, 105))
	l.claim(1, testRecipient(1), 1)
	e, file := l.proofReceived(1, 3, "first")
	e.Height = 105
	received := l.must(e, file)
	l.must(l.proofAccepted(received, 1))
	l.take(stagedContent(t, 102))
	e, file = l.proofReceived(1, 3, "second")
	e.Height = 102
	kept := l.must(e, file)
	l.must(l.proofAccepted(kept, 2))
	l.finalize(102)
	if p, err := l.tables.Proof(received); err != nil || p.Status != FreedProof {
		t.Errorf("the proof that was not kept: got %+v, %v, want it freed", p, err)
	}
	if p, err := l.tables.Proof(kept); err != nil || p.Status != AcceptedProof {
		t.Errorf("the proof that was kept: got %+v, %v, want it accepted", p, err)
	}
	if _, err := l.tables.KeyImage(testHash("image", 1)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a key image is still counted: %v", err)
	}
	if _, err := l.tables.KeyImage(testHash("image", 2)); err != nil {
		t.Error(err)
	}
	if !reflect.DeepEqual(l.tables, l.rebuilt(len(l.log))) {
		t.Error("the entries add up to other tables")
	}
}

// publicFiles are attachments as the public export has them.
type publicFiles struct {
	AttachmentMap
	withheld map[Hash]bool
}

func (f publicFiles) Attachment(h Hash) ([]byte, error) {
	if f.withheld[h] {
		return nil, fmt.Errorf("%s: %w", h, ErrWithheld)
	}
	return f.AttachmentMap.Attachment(h)
}

// TestWithheldProofs: without proofs and evidence the entries add up to the same, but for the key
// images.
func TestWithheldProofs(t *testing.T) {
	l := proofStage(t)
	l.must(l.proofAccepted(5, 1, 2))
	refused := l.must(l.proofReceived(2, 4, "refused"))
	l.must(l.proofRefused(refused))
	l.finalize(100)
	files := l.build()

	public := publicFiles{l.files, map[Hash]bool{}}
	tables := &Memory{}
	for i, data := range l.log {
		entry, err := ledger.ParseEntry(data)
		if err != nil {
			t.Fatal(err)
		}
		event, err := DecodeEvent(entry.Kind, entry.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range Private(event) {
			public.withheld[h] = true
		}
		if uint64(i) == files.Event.Cutoff {
			again, err := BuildRound(tables, files.Event.Cutoff)
			if err != nil || !reflect.DeepEqual(again.Event, files.Event) {
				t.Errorf("another round: %v", err)
			}
		}
		if err := Apply(tables, public, entry); err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
	}
	if len(public.withheld) != 4 {
		t.Errorf("%d attachments are withheld", len(public.withheld))
	}
	if len(tables.images) != 0 || len(l.tables.images) != 2 {
		t.Errorf("%d key images, in the full export %d", len(tables.images), len(l.tables.images))
	}
	tables.images = l.tables.images
	if !reflect.DeepEqual(tables, l.tables) {
		t.Error("the tables differ in more than key images")
	}
}
