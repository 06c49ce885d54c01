package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"oxenswap/swap"
)

// handIn is a proof of five outputs for an account's claim. Applying it does not verify it, so it
// is one in name only.
func handIn(c swap.Claim, height uint64, proof string) swap.Record {
	e := &swap.ProofReceived{Account: c.Account, Oxen: c.Oxen, Claim: &c.Entry, Height: height, Outputs: 5, Proof: swap.Digest([]byte(proof))}
	return swap.Record{Event: e, Attachments: [][]byte{[]byte(proof)}}
}

// handInBoth is handIn for a claim that comes with the proof.
func handInBoth(c *swap.ClaimAccepted, height uint64, proof string) swap.Record {
	e := &swap.ProofReceived{Account: c.Account, Oxen: c.Oxen, Pending: c, Height: height, Outputs: 5, Proof: swap.Digest([]byte(proof))}
	return swap.Record{Event: e, Attachments: [][]byte{[]byte(proof)}}
}

// acceptedProof judges a proof good for key images.
func (w *world) acceptedProof(p swap.Proof, snapshot swap.Hash, total, staked swap.Oxen, images ...swap.Hash) swap.Record {
	w.Helper()
	images = slices.SortedFunc(slices.Values(images), swap.Hash.Compare)
	evidence, err := (&swap.Evidence{Transactions: []swap.CoinTransaction{}, Images: []swap.CoinImage{}, Counted: images}).Encode()
	w.must(err)
	return swap.Record{Event: &swap.ProofAccepted{
		Received: p.Received, Account: p.Account, Height: p.Height, Snapshot: snapshot, Daemons: []string{"a", "b"}, Evidence: swap.Digest(evidence),
		Counted: uint64(len(images)), Total: total, Staked: staked, LeftOut: map[string]uint64{"spent": p.Outputs - uint64(len(images))},
	}, Attachments: [][]byte{evidence}}
}

// refusedProof judges a proof bad.
func (w *world) refusedProof(p swap.Proof) swap.Record {
	evidence := fmt.Appendf(nil, "what daemons said about %d", p.Received)
	return swap.Record{Event: &swap.ProofRefused{
		Received: p.Received, Account: p.Account, Daemons: []string{"a", "b"}, Evidence: swap.Digest(evidence), Check: "commitment", Detail: "test",
	}, Attachments: [][]byte{evidence}}
}

func (w *world) refusedClaim(i int, sequence uint32) *swap.ClaimRefused {
	c := w.claim(i, sequence, w.address())
	return &swap.ClaimRefused{Text: c.Text, Signature: c.Signature, Oxen: c.Oxen, Account: c.Account, Recipient: c.Recipient, Sequence: sequence, Reason: swap.ReasonContract, Detail: "test"}
}

// refusedDigest is the name of a refused claim: its address, text, signature and reason, a line
// each.
func refusedDigest(e *swap.ClaimRefused) swap.Hash {
	return swap.Digest([]byte(strings.Join([]string{e.Oxen, e.Text, e.Signature, string(e.Reason)}, "\n")))
}

// proofs appends what can become of a proof, and a refused claim.
func (w *world) proofs(s *Store) {
	w.Helper()
	hand := func(r swap.Record) (p swap.Proof) {
		w.Helper()
		seq := w.add(s, r)[0].Seq
		w.must(s.View(context.Background(), func(t swap.Tables, _ uint64) (err error) {
			p, err = t.Proof(seq)
			return err
		}))
		return p
	}
	var snapshot swap.Snapshot
	var first, second swap.Claim
	w.must(s.View(context.Background(), func(t swap.Tables, _ uint64) (err error) {
		if snapshot, err = t.Snapshot(240); err != nil {
			return err
		}
		if first, err = t.LatestClaim(w.holders[3].Account); err != nil {
			return err
		}
		second, err = t.LatestClaim(w.holders[7].Account)
		return err
	}))
	good := hand(handIn(first, 240, "coins of 3"))
	w.add(s, w.acceptedProof(good, snapshot.Digest, 5e9, 7e9, w.hash(), w.hash(), w.hash()))
	w.add(s, w.refusedProof(hand(handIn(second, 240, "coins of 7"))))
	hand(handInBoth(w.claim(5, 2, w.address()), 240, "coins of <5> & their claim"))
	w.add(s, swap.Record{Event: w.refusedClaim(6, 7)})
}

// A key image that was counted cannot be counted again: neither by the code nor by any other way
// into the table.
func TestKeyImageOnce(t *testing.T) {
	w := newWorld(t, 12)
	dir := t.TempDir()
	s := w.create(dir)
	defer s.Close()
	w.story(s)
	var used, unused swap.Hash
	var by, waiting swap.Proof
	w.must(s.view(context.Background(), func(t *tables) error {
		last, err := one(t, "key_images", hashField, "SELECT image FROM key_images ORDER BY image DESC LIMIT 1")
		if err != nil {
			return err
		}
		used = swap.Hash(last)
		return t.Proofs(func(p swap.Proof) error {
			switch p.Status {
			case swap.AcceptedProof:
				by = p
			case swap.ReceivedProof:
				waiting = p
			}
			return nil
		})
	}))
	var snapshot swap.Snapshot
	w.must(s.View(context.Background(), func(t swap.Tables, _ uint64) (err error) {
		snapshot, err = t.Snapshot(240)
		return err
	}))
	before := dump(t, s.Reader)

	want := fmt.Sprintf("key image %s was counted before, for the proof of entry %d", used, by.Received)
	if _, err := appendTo(s, w.acceptedProof(waiting, snapshot.Digest, 1, 0, unused, used)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v: expected %q", err, want)
	}
	want = fmt.Sprintf("key image %s was counted before, for the proof of entry %d", unused, waiting.Received)
	if err := s.commit(context.Background(), s.shared, func(b *batch) error {
		return b.tables.SetKeyImages(waiting.Received, []swap.Hash{unused, unused})
	}); err == nil || err.Error() != want {
		t.Errorf("twice in one proof: %v: expected %q", err, want)
	}
	for _, statement := range []string{
		fmt.Sprintf("INSERT INTO key_images (image, received) VALUES (x'%s', %d)", used, waiting.Received),
		fmt.Sprintf("INSERT INTO key_images SELECT x'%s', received FROM proofs", unused),
		fmt.Sprintf("UPDATE key_images SET image = x'%s'", used),
	} {
		if err := tryOutside(dir, statement); err == nil || !strings.Contains(err.Error(), "UNIQUE constraint failed: key_images.image") {
			t.Errorf("tryOutside of %s: got %v, want one with %q", statement, err, "UNIQUE constraint failed: key_images.image")
		}
	}
	if dump(t, s.Reader) != before {
		t.Error("something is left of what was refused")
	}
	w.add(s, w.acceptedProof(waiting, snapshot.Digest, 1, 0, unused))
	w.verify(s.Reader)
}

// A snapshot that is discarded frees what was counted for it, and only that; the same proof can
// then be handed in again.
func TestFreed(t *testing.T) {
	w := newWorld(t, 12)
	s := w.create(t.TempDir())
	defer s.Close()
	w.add(s, w.taken(240))
	c := w.claim(3, 1, w.address())
	claim := swap.Claim{Account: c.Account, Oxen: c.Oxen, Entry: w.add(s, swap.Record{Event: c})[0].Seq}
	images := []swap.Hash{w.hash(), w.hash()}
	var p swap.Proof
	for round := range 2 {
		if round > 0 {
			block := w.contents[240].BlockHash
			reports, raw := w.reports()
			w.add(s, swap.Record{Event: &swap.SnapshotDiscarded{Height: 240, BlockHash: block, Now: w.hash(), Daemons: reports}, Attachments: raw})
			w.must(s.View(context.Background(), func(tables swap.Tables, _ uint64) error {
				freed, err := tables.HandedIn(c.Account, p.ProofReceived.Proof)
				if err != nil || freed.Status != swap.FreedProof {
					t.Errorf("the proof handed in: got %+v, %v, want it freed", freed, err)
				}
				for _, image := range images {
					if _, err := tables.KeyImage(image); !errors.Is(err, swap.ErrNotFound) {
						t.Errorf("key image %s is still counted: %v", image, err)
					}
				}
				return nil
			}))
			w.add(s, w.taken(240))
		}
		seq := w.add(s, handIn(claim, 240, "coins"))[0].Seq
		var snapshot swap.Snapshot
		w.must(s.View(context.Background(), func(t swap.Tables, _ uint64) (err error) {
			if snapshot, err = t.Snapshot(240); err != nil {
				return err
			}
			p, err = t.Proof(seq)
			return err
		}))
		w.add(s, w.acceptedProof(p, snapshot.Digest, 5e9, 0, images...))
	}
	w.must(s.View(context.Background(), func(tables swap.Tables, _ uint64) error {
		list, err := tables.AccountProofs(c.Account)
		if err != nil || len(list) != 2 || list[0].Status != swap.FreedProof || list[1].Status != swap.AcceptedProof || list[1].Total != 5e9 {
			t.Errorf("the account's proofs: got %+v, %v, want a freed one and an accepted one of 5e9", list, err)
		}
		if last, err := tables.HandedIn(c.Account, p.ProofReceived.Proof); err != nil || last.Received != p.Received {
			t.Errorf("the last with its digest is %+v, %v: expected entry %d", last, err, p.Received)
		}
		if by, err := tables.KeyImage(images[0]); err != nil || by != p.Received {
			t.Errorf("counted for %d, %v: expected %d", by, err, p.Received)
		}
		return nil
	}))
	live := dump(t, s.Reader)
	w.must(s.Rebuild(context.Background()))
	if again := dump(t, s.Reader); again != live {
		t.Errorf("rebuilt projections differ:\n%s\ninstead of\n%s", again, live)
	}
	w.verify(s.Reader)
}
