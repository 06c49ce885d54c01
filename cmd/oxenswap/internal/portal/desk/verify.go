package desk

import (
	"context"
	"strings"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
)

// SignatureCheck is a signature that anyone wants verified.
type SignatureCheck struct {
	Oxen      string `json:"oxen"`
	Message   string `json:"message"`
	Signature string `json:"signature"`
}

// SignatureVerdict is what came of it.
type SignatureVerdict struct {
	Good    bool         `json:"good"`
	Reason  string       `json:"reason,omitempty"` // why not, or what is no address or signature at all
	Oxen    string       `json:"oxen,omitempty"`   // the standard address whose spend key signed
	Account swap.Account `json:"account,omitempty"`
	Claim   *ClaimWords  `json:"claim"` // what the message says, if it is a claim line; null: it is none
}

// ClaimWords is what a claim line says.
type ClaimWords struct {
	Migration string          `json:"migration"`
	Ours      bool            `json:"ours"` // of this migration
	Recipient swap.EVMAddress `json:"recipient"`
	Sequence  uint32          `json:"sequence"`
	Until     time.Time       `json:"until"`
}

// VerifySignature verifies a message signature by the spend key of an Oxen address of any network,
// subaddresses included. The error is a *RetryLater.
func (d *Desk) VerifySignature(_ context.Context, c SignatureCheck) (*SignatureVerdict, error) {
	release, err := acquire(d.claims, RetryBusy)
	if err != nil {
		return nil, err
	}
	defer release()
	out := &SignatureVerdict{}
	if words, err := swap.ParseClaimText(c.Message); err == nil {
		out.Claim = &ClaimWords{words.Migration, words.Migration == d.terms.ID(), words.Recipient, words.Sequence, words.Until}
	}
	address, err := cryptonote.ParseAddress(strings.Join(strings.Fields(c.Oxen), ""))
	if err != nil {
		out.Reason = err.Error()
		return out, nil
	}
	out.Oxen, out.Account = address.Standard().String(), swap.AccountOf(address)
	signature, err := cryptonote.ParseSignature(strings.Join(strings.Fields(c.Signature), ""))
	if err == nil {
		err = cryptonote.Verify(address.Spend, []byte(c.Message), signature)
	}
	if err != nil {
		out.Reason = err.Error()
		return out, nil
	}
	out.Good = true
	return out, nil
}

// ReceiptVerdict is what came of verifying a receipt.
type ReceiptVerdict struct {
	Good       bool   `json:"good"` // signed by this ledger's key of then, proved, and what this ledger holds
	Reason     string `json:"reason,omitempty"`
	Entry      *Entry `json:"entry"`                // that it proves; null: none
	Checkpoint uint64 `json:"checkpoint,omitempty"` // size of the log that it was proved for
}

// VerifyReceipt verifies a receipt of this ledger, and that the ledger still holds what the
// receipt's checkpoint signed.
func (d *Desk) VerifyReceipt(ctx context.Context, receipt []byte) (*ReceiptVerdict, error) {
	release, err := acquire(d.claims, RetryBusy)
	if err != nil {
		return nil, err
	}
	defer release()
	e, c, _, err := d.log.Keys().CheckReceipt(receipt)
	if err != nil {
		return &ReceiptVerdict{Reason: err.Error()}, nil
	}
	entry := Entry(e)
	out := &ReceiptVerdict{Entry: &entry, Checkpoint: uint64(c.N)}
	size, err := d.log.Size(ctx)
	if err != nil {
		return nil, err
	}
	if uint64(c.N) > size {
		out.Reason = "the ledger is shorter than the receipt's checkpoint: keep the receipt and show it to an auditor"
		return out, nil
	}
	root, err := ledger.TreeHash(c.N, d.log)
	if err != nil {
		return nil, err
	}
	if root != c.Hash {
		out.Reason = "the ledger is another one than the receipt's checkpoint signed: keep the receipt and show it to an auditor"
		return out, nil
	}
	out.Good = true
	return out, nil
}
