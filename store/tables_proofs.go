package store

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"

	"oxenswap/swap"
)

// RefusedClaim implements swap.Tables.
func (t *tables) RefusedClaim(h swap.Hash) (uint64, error) {
	return one(t, "refused_claims", itself[uint64], "SELECT entry FROM refused_claims WHERE digest = +?", h[:])
}

// SetRefusedClaim implements swap.WritableTables.
func (t *writableTables) SetRefusedClaim(h swap.Hash, entry uint64) error {
	return t.exec("refused_claims", "INSERT INTO refused_claims (digest, entry) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET entry = excluded.entry",
		h[:], int64(entry))
}

const proofColumns = "received, at, account, oxen, claim, pending, height, outputs, proof, text, status, judged, failed, counted, total, staked"

func proofFields(p *swap.Proof) []any {
	return []any{
		(*whole)(&p.Received), (*unixOrNull)(&p.At), (*string)(&p.Account), &p.Oxen, &p.Claim, asJSON{&p.Pending}, (*whole)(&p.Height),
		(*whole)(&p.Outputs), (*bytes32)(&p.ProofReceived.Proof), &p.Text, (*string)(&p.Status), (*seqOrNull)(&p.Judged), &p.Check,
		(*whole)(&p.Counted), (*whole)(&p.Total), (*whole)(&p.Staked),
	}
}

// Proof implements swap.Tables.
func (t *tables) Proof(received uint64) (swap.Proof, error) {
	return one(t, "proofs", proofFields, "SELECT "+proofColumns+" FROM proofs WHERE received = +?", whole(received))
}

// HandedIn implements swap.Tables.
func (t *tables) HandedIn(a swap.Account, proof swap.Hash) (swap.Proof, error) {
	return one(t, "proofs", proofFields, "SELECT "+proofColumns+" FROM proofs WHERE account = +? AND proof = +? ORDER BY received DESC LIMIT 1",
		string(a), proof[:])
}

// Proofs implements swap.Tables.
func (t *tables) Proofs(each func(swap.Proof) error) error {
	return visit(t, "proofs", proofFields, each, "SELECT "+proofColumns+" FROM proofs ORDER BY account, received")
}

// AccountProofs implements swap.Tables.
func (t *tables) AccountProofs(a swap.Account) ([]swap.Proof, error) {
	return collect(t, "proofs", proofFields, "SELECT "+proofColumns+" FROM proofs WHERE account = +? ORDER BY received", string(a))
}

// SetProof implements swap.WritableTables. What was handed in never changes; what became of it
// does.
func (t *writableTables) SetProof(p swap.Proof) error {
	verdict := []any{string(p.Status), seqOrNull(p.Judged), p.Check, whole(p.Counted), whole(p.Total), whole(p.Staked), int64(p.Received)}
	known, err := t.change("proofs", "UPDATE proofs SET status = ?, judged = ?, failed = ?, counted = ?, total = ?, staked = ? WHERE received = +?", verdict...)
	if err != nil || known {
		return err
	}
	var pending any
	if p.Pending != nil {
		pending = asJSON{p.Pending}
	}
	return t.exec("proofs", `INSERT INTO proofs (status, judged, failed, counted, total, staked, received, at, account, oxen, claim, pending, height, outputs, proof, text)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, append(verdict,
		unixOrNull(p.At), string(p.Account), p.Oxen, p.Claim, pending, whole(p.Height), whole(p.Outputs), p.ProofReceived.Proof[:], p.Text)...)
}

// KeyImage implements swap.Tables.
func (t *tables) KeyImage(image swap.Hash) (uint64, error) {
	return one(t, "key_images", itself[uint64], "SELECT received FROM key_images WHERE image = +?", image[:])
}

// SetKeyImages implements swap.WritableTables. That none is counted twice is the table's own
// constraint.
func (t *writableTables) SetKeyImages(received uint64, images []swap.Hash) error {
	for _, image := range images {
		err := t.exec("key_images", "INSERT INTO key_images (image, received) VALUES (?, ?)", image[:], int64(received))
		if there := (sqlite3.Error{}); errors.As(err, &there) && there.ExtendedCode == sqlite3.ErrConstraintPrimaryKey {
			other, err := t.KeyImage(image)
			if err != nil {
				return err
			}
			return fmt.Errorf("key image %s was counted before, for the proof of entry %d", image, other)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// FreeKeyImages implements swap.WritableTables.
func (t *writableTables) FreeKeyImages(received uint64) error {
	return t.exec("key_images", "DELETE FROM key_images WHERE received = +?", int64(received))
}
