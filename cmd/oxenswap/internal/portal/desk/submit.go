package desk

import (
	"context"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
	"oxenswap/swap/service"
)

// Submission is a claim as a holder hands it in.
type Submission struct {
	Oxen            string `json:"oxen"`
	Text            string `json:"text"`
	Signature       string `json:"signature"`
	ConfirmContract bool   `json:"confirm_contract"` // the holder controls this contract address on the token's chain too
	Proof           string `json:"proof"`            // of coins, made for this text; "": none
}

// Submitted is the answer to a claim. It is given only when a signed checkpoint that covers the
// entry is on disk.
type Submitted struct {
	Entry     uint64             `json:"entry"` // 0: the claim is recorded only when its proof is accepted
	Account   swap.Account       `json:"account"`
	Oxen      string             `json:"oxen"`
	Reduced   bool               `json:"reduced"` // an integrated address was given
	Recipient swap.EVMAddress    `json:"recipient"`
	Sequence  uint32             `json:"sequence"`
	Again     bool               `json:"again"` // it was recorded before, and this is its first entry
	Code      swap.RecipientCode `json:"code"`
	Proof     *Proof             `json:"proof"` // null: none was handed in
}

// Submit takes a claim. Cheap checks come first, then the signature, the recipient on chain, and
// the ledger. A claim of an unknown account or with a bad signature costs only processor time.
// Errors are *swap.Refusal, *swap.ProofRefusal (the claim of an entitled account is recorded all
// the same) and *RetryLater.
func (d *Desk) Submit(ctx context.Context, s Submission) (*Submitted, error) {
	release, err := acquire(d.claims, RetryBusy)
	if err != nil {
		return nil, err
	}
	defer release()
	in, err := d.verify(s)
	if err != nil {
		return nil, err
	}
	if err := d.admit(in.Claim.Account); err != nil {
		return nil, err
	}
	if in.Code, err = d.codes.get(ctx, in.Claim.Recipient); err != nil {
		return nil, err
	}
	in.Code.Confirm(s.ConfirmContract)
	out := &Submitted{
		Account: in.Claim.Account, Oxen: in.Claim.Oxen, Reduced: in.Claim.Integrated, Recipient: in.Claim.Recipient, Sequence: in.Claim.Sequence, Code: in.Code,
	}
	proof := strings.TrimSpace(s.Proof)
	if proof == "" {
		done, err := service.SubmitClaim(ctx, d.ledger(), in)
		if err != nil {
			return nil, err
		}
		out.Entry, out.Again = done.Claim.Entry, done.Again
		return out, nil
	}
	done, handIn, err := service.SubmitForProof(ctx, d.ledger(), in, proof)
	if err != nil {
		return nil, err
	}
	out.Entry, out.Again = done.Claim.Entry, done.Again
	out.Proof, err = d.receive(ctx, handIn)
	return out, err
}

// verify makes all checks of a claim that need no ledger, the expensive ones last.
func (d *Desk) verify(s Submission) (in service.Incoming, err error) {
	oxen, text, signature := strings.Join(strings.Fields(s.Oxen), ""), strings.TrimSpace(s.Text), strings.Join(strings.Fields(s.Signature), "")
	if _, err := swap.ParseClaimText(text); err != nil {
		return in, err
	}
	if _, err := cryptonote.ParseSignature(signature); err != nil {
		return in, &swap.Refusal{Reason: swap.ReasonSignature, Detail: err.Error() + ": paste the whole SigV1 line"}
	}
	if a, err := cryptonote.DecodeAddress(oxen); err == nil && a.Kind != cryptonote.Subaddress && strings.TrimSpace(s.Proof) == "" && d.notEntitled(swap.AccountOf(a)) {
		return in, &swap.Refusal{Reason: swap.ReasonNotEntitled, Detail: a.Standard().String() +
			" has no stake and no rewards in a snapshot that counts: coins that were never staked need a proof of coins"}
	}
	in.Claim, err = d.addresses.VerifyClaim(d.terms, oxen, text, signature)
	return in, err
}

// invalidatingLedger is the ledger for acts of the desk: it invalidates the answers that new
// entries change before the act returns.
type invalidatingLedger struct{ desk *Desk }

func (d *Desk) ledger() swap.Ledger { return invalidatingLedger{d} }

// View implements swap.Ledger.
func (l invalidatingLedger) View(ctx context.Context, read func(swap.Tables, uint64) error) error {
	return l.desk.log.View(ctx, read)
}

// Update implements swap.Ledger.
func (l invalidatingLedger) Update(
	ctx context.Context, decide func(swap.Tables, time.Time) ([]swap.Record, error),
) ([]ledger.Entry, error) {
	entries, err := l.desk.log.Update(ctx, decide)
	l.desk.Note(entries)
	return entries, err
}

// entitledSet holds the accounts that may be entitled: all that were ever in a snapshot or had a
// proof accepted. With it the desk refuses other accounts, of which there can be many, without a
// query of the ledger. It grows by some 20 bytes an account.
type entitledSet struct {
	mu       sync.RWMutex
	accounts map[uint64]struct{} // hashes
	heights  map[uint64]uint64   // of the snapshots in it -> their entries
	size     uint64              // entries up to which it is complete
}

func accountKey(a swap.Account) uint64 { return maphash.String(seed, string(a)) }

// notEntitled reports whether an account is certainly not entitled as of the last entry read.
func (d *Desk) notEntitled(a swap.Account) bool {
	k := &d.entitled
	k.mu.RLock()
	defer k.mu.RUnlock()
	_, ok := k.accounts[accountKey(a)]
	return k.size > 0 && k.size >= d.stamps.entitling.Load() && !ok
}

// updateEntitled adds the accounts of new snapshots and proofs to the set.
func (d *Desk) updateEntitled(ctx context.Context) error {
	// The next update adds what is recorded after this. Until then notEntitled is false for all.
	due := d.stamps.entitling.Load()
	k := &d.entitled
	k.mu.RLock()
	done := k.size > 0 && k.size >= due
	k.mu.RUnlock()
	if done {
		return nil
	}
	var fresh []uint64
	heights := map[uint64]uint64{}
	var size uint64
	if err := d.log.View(ctx, func(t swap.Tables, n uint64) error {
		size = n
		snapshots, err := t.Snapshots()
		if err != nil {
			return err
		}
		for _, s := range snapshots {
			if s.Status == swap.DiscardedSnapshot || !d.terms.Reads(s.Height) || k.has(s) {
				continue
			}
			heights[s.Height] = s.Taken
			if err := t.Balances(s.Height, func(b swap.Balance) error { fresh = append(fresh, accountKey(b.Account)); return ctx.Err() }); err != nil {
				return err
			}
		}
		return t.Proofs(func(p swap.Proof) error {
			if p.Status == swap.AcceptedProof {
				fresh = append(fresh, accountKey(p.Account))
			}
			return nil
		})
	}); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.accounts == nil {
		k.accounts, k.heights = map[uint64]struct{}{}, map[uint64]uint64{}
	}
	for _, key := range fresh {
		k.accounts[key] = struct{}{}
	}
	for h, entry := range heights {
		k.heights[h] = entry
	}
	k.size = size
	return nil
}

func (k *entitledSet) has(s swap.Snapshot) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	entry, ok := k.heights[s.Height]
	return ok && entry == s.Taken
}
