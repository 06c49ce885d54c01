package merkle

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
)

const (
	proofFormat      = "oxenswap-claim-proof-v1"
	multiProofFormat = "oxenswap-claim-multiproof-v1"

	// maxProofFile bounds both proof files, in bytes: a multiproof of 200 of 8 million leaves takes
	// 400,000.
	maxProofFile = 16 << 20
)

// Checker is a proof of either kind: *Proof or *MultiProof.
type Checker interface {
	// Check returns nil if the proof leads to its own root.
	Check() error
}

// Format writes the proof as a JSON file for its holder:
//
//	{
//	  "format": "oxenswap-claim-proof-v1",
//	  "root": "0x<64 digits>",
//	  "account": "0x<EIP-55>",
//	  "cumulative": "<atomic units>",
//	  "proof": [
//	    "0x<64 digits>",
//	    ...
//	  ]
//	}
//
// The last three are the arguments of the contract's claim.
func (p *Proof) Format() []byte {
	h := newScalarHasher()
	b := []byte("{\n  \"format\": \"" + proofFormat + "\",\n  \"root\": ")
	b = appendHashText(b, &p.Root)
	b = append(b, ",\n  \"account\": "...)
	b = h.appendAccountText(b, &p.Leaf)
	b = append(b, ",\n  \"cumulative\": "...)
	b = appendAmountText(b, &p.Leaf)
	b = append(b, ",\n  \"proof\": "...)
	b = appendList(b, p.Path, appendHashText)
	return append(b, "\n}\n"...)
}

// Format writes the proof as a JSON file like that of Proof.Format, with the keys format
// ("oxenswap-claim-multiproof-v1"), root, accounts, cumulatives, proof and proofFlags; the last
// four are the arguments of the contract's claimBatch.
func (p *MultiProof) Format() []byte {
	h := newScalarHasher()
	b := []byte("{\n  \"format\": \"" + multiProofFormat + "\",\n  \"root\": ")
	b = appendHashText(b, &p.Root)
	b = append(b, ",\n  \"accounts\": "...)
	b = appendList(b, p.Leaves, h.appendAccountText)
	b = append(b, ",\n  \"cumulatives\": "...)
	b = appendList(b, p.Leaves, appendAmountText)
	b = append(b, ",\n  \"proof\": "...)
	b = appendList(b, p.Path, appendHashText)
	b = append(b, ",\n  \"proofFlags\": "...)
	b = appendList(b, p.Flags, func(b []byte, flag *bool) []byte { return fmt.Append(b, *flag) })
	return append(b, "\n}\n"...)
}

// appendList writes one element a line, as json.MarshalIndent does.
func appendList[T any](b []byte, list []T, one func([]byte, *T) []byte) []byte {
	if len(list) == 0 {
		return append(b, "[]"...)
	}
	b = append(b, '[')
	for i := range list {
		b = append(comma(b, i), "\n    "...)
		b = one(b, &list[i])
	}
	return append(b, "\n  ]"...)
}

func (h *hasher) appendAccountText(b []byte, l *Leaf) []byte {
	b = append(b, '"')
	b = h.appendEIP55(b, &l.Account)
	return append(b, '"')
}

func appendAmountText(b []byte, l *Leaf) []byte {
	return fmt.Appendf(b, "%q", l.Amount.Dec())
}

// ParseProof reads what either Format writes and returns a *Proof or a *MultiProof. White space
// between the values is free; everything else, the order of keys and the EIP-55 spelling included,
// must be as Format writes it. It does not check that the proof leads to its root.
func ParseProof(file []byte) (Checker, error) {
	if len(file) > maxProofFile {
		return nil, fmt.Errorf("proof file of %d bytes: at most %d", len(file), maxProofFile)
	}
	s := newScanner(bytes.NewReader(file))
	s.want('{')
	s.key("format")
	var p Checker
	switch format := string(s.str(len(multiProofFormat))); {
	case format == proofFormat:
		p = s.proof()
	case format == multiProofFormat:
		p = s.multiProof()
	default:
		s.fail("format %q: want %q or %q", format, proofFormat, multiProofFormat)
	}
	s.want('}')
	if err := s.end(); err != nil {
		return nil, fmt.Errorf("proof file: %w", err)
	}
	return p, nil
}

func (s *scanner) proof() *Proof {
	h := newScalarHasher()
	p := new(Proof)
	s.member("root")
	p.Root = s.hash()
	s.member("account")
	p.Leaf.Account = s.eip55(h)
	s.member("cumulative")
	p.Leaf.Amount = s.amount()
	s.refuse(&p.Leaf)
	s.member("proof")
	p.Path = s.hashes(maxDepth)
	return p
}

func (s *scanner) multiProof() *MultiProof {
	h := newScalarHasher()
	p := new(MultiProof)
	s.member("root")
	p.Root = s.hash()
	s.member("accounts")
	s.want('[')
	for s.more(len(p.Leaves)) {
		p.Leaves = append(p.Leaves, Leaf{Account: s.eip55(h)})
	}
	s.member("cumulatives")
	s.want('[')
	n := 0
	for ; s.more(n); n++ {
		if n == len(p.Leaves) {
			s.fail("more cumulatives than accounts (%d)", n)
			break
		}
		p.Leaves[n].Amount = s.amount()
		s.refuse(&p.Leaves[n])
	}
	if n == 0 || n < len(p.Leaves) {
		s.fail("%d accounts and %d cumulatives: want as many, at least one", len(p.Leaves), n)
	}
	s.member("proof")
	p.Path = s.hashes(maxProofFile / hashLen)
	s.member("proofFlags")
	s.want('[')
	for s.more(len(p.Flags)) {
		p.Flags = append(p.Flags, s.bool())
	}
	if s.err == nil && len(p.Leaves)+len(p.Path) != len(p.Flags)+1 {
		s.fail("%d accounts and %d hashes need %d flags, found %d", len(p.Leaves), len(p.Path), len(p.Leaves)+len(p.Path)-1, len(p.Flags))
	}
	return p
}

// member reads the comma and the key of the next value.
func (s *scanner) member(name string) {
	s.want(',')
	s.key(name)
}

// eip55 reads an address in exactly its EIP-55 spelling.
func (s *scanner) eip55(h *hasher) common.Address {
	a, lower := s.address(h)
	if s.err != nil || !lower {
		return a
	}
	if spelt := h.appendEIP55(nil, &a); string(spelt) != string(s.buf) {
		s.fail("address %s: want its EIP-55 spelling %s", s.buf, spelt)
	}
	return a
}

func (s *scanner) refuse(l *Leaf) {
	if s.err != nil {
		return
	}
	if err := l.check(); err != nil {
		s.fail("%w", err)
	}
}
