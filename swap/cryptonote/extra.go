package cryptonote

import (
	"bytes"
	"iter"
	"slices"
)

// Tags of the fields of a transaction's extra (oxen-core tx_extra.h).
const (
	ExtraPadding           = 0x00
	ExtraPublicKey         = 0x01
	ExtraNonce             = 0x02
	ExtraMergeMining       = 0x03
	ExtraAdditionalKeys    = 0x04
	ExtraNodeRegister      = 0x70
	ExtraNodeDeregisterOld = 0x71
	ExtraNodeWinner        = 0x72
	ExtraNodeContributor   = 0x73
	ExtraNodeKey           = 0x74
	ExtraSecretKey         = 0x75
	ExtraKeyImageProofs    = 0x76
	ExtraKeyImageUnlock    = 0x77
	ExtraNodeStateChange   = 0x78
	ExtraBurn              = 0x79
	ExtraNameSystem        = 0x7a
	ExtraMinergate         = 0xde
)

// An ExtraField is one field of a transaction's extra.
type ExtraField struct {
	Tag  byte
	Data []byte // what follows the tag, shared with the extra

	// Malformed marks the end of what can be read: the tag is unknown, or the field does not have
	// its form. Data is then all that is left. Oxen's wallet stops there too and uses the fields
	// before (oxen-core parse_tx_extra).
	Malformed bool
}

// ExtraFields gives the fields of a transaction's extra in order. Anyone may put there what they
// like: fields may repeat, contradict each other and be of any number.
func ExtraFields(extra []byte) iter.Seq[ExtraField] {
	return func(yield func(ExtraField) bool) {
		for len(extra) > 0 {
			tag := extra[0]
			r := reader{what: "extra", rest: extra[1:]}
			skipExtra(&r, tag)
			if r.err != nil {
				yield(ExtraField{Tag: tag, Data: extra[1:], Malformed: true})
				return
			}
			n := len(extra) - len(r.rest)
			if !yield(ExtraField{Tag: tag, Data: extra[1:n:n]}) {
				return
			}
			extra = r.rest
		}
	}
}

// skipExtra takes what follows a tag.
func skipExtra(r *reader, tag byte) {
	switch tag {
	case ExtraPadding: // zeros up to the end, 255 with the tag
		if len(r.rest) > 254 || !allZero(r.rest) {
			r.fail(ErrExtra)
		}
		r.take(len(r.rest))
	case ExtraPublicKey, ExtraNodeWinner, ExtraNodeKey, ExtraSecretKey:
		r.take(32)
	case ExtraNonce:
		if n := r.count(1); n > 255 {
			r.fail(ErrExtra)
		} else {
			r.take(n)
		}
	case ExtraMergeMining, ExtraMinergate:
		r.take(r.count(1))
	case ExtraAdditionalKeys:
		r.take(32 * r.count(32))
	case ExtraNodeRegister:
		r.take(32 * r.count(32)) // spend keys
		r.take(32 * r.count(32)) // view keys
		r.take(8)                // fee
		for range r.count(1) {   // amounts
			r.varint()
		}
		r.take(8 + 64) // expiration, signature
	case ExtraNodeDeregisterOld:
		r.take(8 + 4)
		r.take(68 * r.count(68)) // votes
	case ExtraNodeContributor:
		r.take(64)
	case ExtraKeyImageProofs:
		r.take(96 * r.count(96))
	case ExtraKeyImageUnlock:
		r.take(32 + 64 + 4)
	case ExtraNodeStateChange:
		skipStateChange(r)
	case ExtraBurn:
		r.take(8)
	case ExtraNameSystem:
		skipNameSystem(r)
	default:
		r.fail(ErrExtra)
	}
}

// skipStateChange reads (state, height, index, votes) or, where the first number is 4, (4, state,
// height, index, votes, reasons).
func skipStateChange(r *reader) {
	version := r.varint()
	if version > 4 {
		r.fail(ErrExtra)
	}
	if version == 4 && r.varint() > 3 {
		r.fail(ErrExtra)
	}
	r.varint() // height
	r.varint() // index
	for range r.count(1 + 64) {
		r.varint() // validator
		r.take(64)
	}
	if version == 4 {
		r.varint()
		r.varint()
	}
}

// skipNameSystem reads version, type, name hash, previous transaction, and the fields that a bit
// mask names: owner, backup owner, signature, value.
func skipNameSystem(r *reader) {
	r.take(1)
	r.varint()
	r.take(32 + 32)
	fields := r.varint()
	if fields > 0x0f {
		r.fail(ErrExtra)
	}
	for bit := uint64(1); bit <= 2; bit <<= 1 {
		if fields&bit == 0 {
			continue
		}
		switch r.varint() {
		case 0:
			r.take(64 + 1) // address, whether it is a subaddress
		case 1:
			r.take(32)
		default:
			r.fail(ErrExtra)
		}
	}
	if fields&4 != 0 {
		if r.varint() > 1 {
			r.fail(ErrExtra)
		}
		r.take(64)
	}
	if fields&8 != 0 {
		r.take(r.count(1))
	}
}

func allZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

// txKeys are the public keys of a transaction under which its outputs may have been made.
type txKeys struct {
	shared     []PublicKey // for every output, each once
	additional [][]byte    // lists of one key an output

	// The first maxTriedKeys of shared as they stand in extra, and whether there are others.
	ordered []PublicKey
	more    bool
}

func (t *Transaction) keys() (k txKeys) {
	shared, additional := 0, 0
	for f := range ExtraFields(t.Extra) {
		switch {
		case f.Malformed:
		case f.Tag == ExtraPublicKey:
			shared++
		case f.Tag == ExtraAdditionalKeys:
			additional++
		}
	}
	if shared+additional == 0 {
		return k
	}
	k.shared = make([]PublicKey, 0, shared)
	k.additional = make([][]byte, 0, min(additional, len(t.Extra)/32))
	for f := range ExtraFields(t.Extra) {
		switch {
		case f.Malformed:
		case f.Tag == ExtraPublicKey:
			k.shared = append(k.shared, PublicKey(f.Data))
		case f.Tag == ExtraAdditionalKeys && len(f.Data) > 32:
			_, n := readVarint(f.Data)
			k.additional = append(k.additional, f.Data[n:])
		}
	}
	for _, key := range k.shared {
		if slices.Contains(k.ordered, key) {
			continue
		}
		if k.more = len(k.ordered) == maxTriedKeys; k.more {
			break
		}
		k.ordered = append(k.ordered, key)
	}
	k.shared = distinctKeys(k.shared)
	return k
}

// distinctKeys leaves each key once: of few in their order, of many sorted, so that a hostile list
// takes no memory besides its own.
func distinctKeys(keys []PublicKey) []PublicKey {
	if len(keys) > 16 {
		slices.SortFunc(keys, func(a, b PublicKey) int { return bytes.Compare(a[:], b[:]) })
		return slices.Compact(keys)
	}
	distinct := keys[:0]
	for _, k := range keys {
		if !slices.Contains(distinct, k) {
			distinct = append(distinct, k)
		}
	}
	return distinct
}

// of gives the keys to try for an output.
func (k txKeys) of(index uint64) iter.Seq[PublicKey] {
	return func(yield func(PublicKey) bool) {
		for _, key := range k.shared {
			if !yield(key) {
				return
			}
		}
		for _, list := range k.additional {
			if index < uint64(len(list)/32) && !yield(PublicKey(list[32*index:][:32])) {
				return
			}
		}
	}
}

// first gives the first maxTriedKeys keys to try for an output, and whether there are others.
func (k txKeys) first(index uint64) (keys iter.Seq[PublicKey], more bool) {
	list := slices.Clip(k.ordered)
	more = k.more
	for _, additional := range k.additional {
		if index >= uint64(len(additional)/32) {
			continue
		}
		key := PublicKey(additional[32*index:][:32])
		if slices.Contains(list, key) {
			continue
		}
		if len(list) == maxTriedKeys {
			return slices.Values(list), true
		}
		list = append(list, key)
	}
	return slices.Values(list), more
}

// PublicKeys gives the keys under which the output of that index may have been made, each once,
// whether or not they are points. A miner transaction has one for the block's winner in a second
// field ExtraPublicKey; a transaction to several subaddresses has one an output in
// ExtraAdditionalKeys.
func (t *Transaction) PublicKeys(index uint64) []PublicKey {
	return distinctKeys(slices.Collect(t.keys().of(index)))
}
