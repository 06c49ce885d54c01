package cryptonote

import (
	"context"
	"fmt"

	"filippo.io/edwards25519"
)

// A Stake is what a transaction locks in a service node, recomputed from the secret key and the
// address that its extra reveals (form: package comment). No rule of the network is asked: whether
// the node was registered, had place for the contributor, or was funded.
type Stake struct {
	Node        PublicKey    // of the service node
	Registers   bool         // it has a registration of the node, too
	Contributor Address      // standard, of the given network; its keys are points of the curve, perhaps not of prime order
	Locked      []StakedCoin // in the order of the outputs
}

// A StakedCoin is an output that is locked in a service node.
type StakedCoin struct {
	Index    uint64 // of the output in its transaction
	Key      PublicKey
	Amount   uint64 // atomic OXEN, not 0; the commitment opens to it
	KeyImage KeyImage
}

// Stake reads what a transaction stakes in a service node, as Oxen's nodes do since hard fork 11
// (infinite staking). The transaction's bytes are its own word: whoever trusts it has compared its
// Hash and found the block that has it. Outputs whose amount is clear, zero or does not open, and
// those of others, are left out; so is an output without key image proof, which Oxen locks for
// nobody.
//
// A hostile transaction may have as many proofs as fit, each tried for each output of the
// contributor: some seconds for 150 kB, the largest that Oxen's nodes relay. The error is a refusal
// (ErrNoNode, ErrNoContributor, ErrNoTxSecret, ErrTxSecret, ErrContributor: it stakes nothing) or
// says that ctx was done.
func (t *Transaction) Stake(ctx context.Context, network Network) (*Stake, error) {
	node, contributor, secret := firstField(t.Extra, ExtraNodeKey), firstField(t.Extra, ExtraNodeContributor), firstField(t.Extra, ExtraSecretKey)
	switch {
	case node == nil:
		return nil, refuse("stake", ErrNoNode)
	case contributor == nil:
		return nil, refuse("stake", ErrNoContributor)
	case secret == nil:
		return nil, refuse("stake", ErrNoTxSecret)
	}
	s := &Stake{
		Node:        PublicKey(node),
		Registers:   firstField(t.Extra, ExtraNodeRegister) != nil,
		Contributor: Address{Network: network.addressNetwork(), Kind: Standard, Spend: PublicKey(contributor[:32]), View: PublicKey(contributor[32:])},
	}
	r, err := edwards25519.NewScalar().SetCanonicalBytes(secret)
	if err != nil {
		return nil, refuse("stake", ErrTxSecret)
	}
	spend, err := s.Contributor.Spend.onCurve("spend key")
	if err != nil {
		return nil, refuse("stake", ErrContributor)
	}
	view, err := s.Contributor.View.onCurve("view key")
	if err != nil {
		return nil, refuse("stake", ErrContributor)
	}
	unused := readImageProofs(firstField(t.Extra, ExtraKeyImageProofs))
	shared := new(edwards25519.Point).ScalarMult(r, view)
	derivation := shared.MultByCofactor(shared).Bytes()
	for i := range t.Outputs {
		if len(unused) == 0 || t.RingCT == RingCTNull {
			break
		}
		coin, ok := t.stakedCoin(uint64(i), derivation, spend)
		if !ok {
			continue
		}
		at, err := findProof(ctx, coin.Key, unused)
		if err != nil {
			return nil, err
		}
		if at < len(unused) {
			coin.KeyImage = unused[at].image
			unused = append(unused[:at], unused[at+1:]...)
			s.Locked = append(s.Locked, coin)
		}
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("read stake: %w", context.Cause(ctx))
	}
	return s, nil
}

// firstField gives the first field of a kind, which is the one that Oxen reads
// (find_tx_extra_field_by_type); nil if there is none. The kinds of stakes are never empty.
func firstField(extra []byte, tag byte) []byte {
	for f := range ExtraFields(extra) {
		if f.Tag == tag && !f.Malformed {
			return f.Data
		}
	}
	return nil
}

// stakedCoin is an output if it is the contributor's and shows an amount.
func (t *Transaction) stakedCoin(index uint64, derivation []byte, spend *edwards25519.Point) (StakedCoin, bool) {
	derived := derivationToScalar(derivation, index)
	p := new(edwards25519.Point).ScalarBaseMult(derived)
	coin := StakedCoin{Index: index, Key: PublicKey(p.Add(p, spend).Bytes())}
	if coin.Key != t.Outputs[index].Key {
		return coin, false
	}
	amount, err := t.openAmount(index, derived)
	coin.Amount = amount
	return coin, err == nil && amount > 0
}

// An imageProof is a key image and its signature by an output's one-time key.
type imageProof struct {
	image     KeyImage
	signature Signature
}

func readImageProofs(field []byte) []imageProof {
	r := reader{what: "key image proofs", rest: field}
	proofs := make([]imageProof, r.count(96))
	for i := range proofs {
		r.copy(proofs[i].image[:])
		r.copy(proofs[i].signature[:])
	}
	return proofs
}

// findProof gives the place of the first proof for a one-time key, or their number. It does not ask
// for the order of the image, as Oxen does not.
func findProof(ctx context.Context, key PublicKey, proofs []imageProof) (int, error) {
	p, err := key.onCurve("one-time key")
	if err != nil {
		return len(proofs), nil // Oxen cannot check a signature by it
	}
	base := hashToPoint(key)
	for i := range proofs {
		if ctx.Err() != nil {
			return 0, fmt.Errorf("read stake: %w", context.Cause(ctx))
		}
		if proofs[i].fits(p, base) {
			return i, nil
		}
	}
	return len(proofs), nil
}

// fits is oxen-core's check_key_image_signature.
func (k *imageProof) fits(key, base *edwards25519.Point) bool {
	c, r, err := k.signature.scalars()
	if err != nil {
		return false
	}
	image, err := PublicKey(k.image).onCurve("key image")
	if err != nil {
		return false
	}
	left, right := linkTo(key, base, image, c, r)
	return HashToScalar(k.image[:], left[:], right[:]).Equal(c) == 1
}
