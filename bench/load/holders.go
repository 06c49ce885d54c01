//go:build linux

package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// holder is an account with what its requests need.
type holder struct {
	wallet  *cryptonote.Wallet
	spend   cryptonote.PublicKey
	account swap.Account
	oxen    string
	to      swap.EVMAddress
	hex     string // to, with its checksum
	entry   uint64 // of its first claim
}

// newHolders makes n holders, the same ones for the same name.
func newHolders(name string, n int) ([]holder, error) {
	list := make([]holder, n)
	return list, inParallel(n, func(i int) error {
		seed := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, i))
		random := mathrand.NewChaCha8(seed)
		w, err := cryptonote.NewWallet(cryptonote.Fakechain, random)
		if err != nil {
			return err
		}
		h := &list[i]
		random.Read(h.to[:])
		a := w.Address()
		h.wallet, h.spend, h.account, h.oxen, h.hex = w, a.Spend, swap.AccountOf(a), a.String(), h.to.String()
		return nil
	})
}

// inParallel does n things on all cores.
func inParallel(n int, do func(i int) error) error {
	errs := make([]error, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for worker := range errs {
		group.Go(func() {
			for i := worker; i < n && errs[worker] == nil; i += len(errs) {
				errs[worker] = do(i)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

var lastDay = time.Date(2039, 12, 31, 0, 0, 0, 0, time.UTC)

// claims are the claims that holders hand in one after the other: claim i is of holder i modulo
// their number, with the sequence that follows. Those of sequence 1 are in the ledger from the
// beginning.
type claims struct {
	migration  string
	holders    []holder
	signatures []string
	taken      int      // claims that were handed out
	entries    []uint64 // by claim: where it was acknowledged. 0: it was not
}

func (c *claims) holder(i int) *holder  { return &c.holders[i%len(c.holders)] }
func (c *claims) sequence(i int) uint32 { return uint32(i/len(c.holders)) + 1 }

// appendText appends the line of claim i.
func (c *claims) appendText(b []byte, i int) []byte {
	b = append(b, "SESH claim "...)
	b = append(b, c.migration...)
	b = append(b, " to "...)
	b = append(b, c.holder(i).hex...)
	b = append(b, " #"...)
	b = strconv.AppendUint(b, uint64(c.sequence(i)), 10)
	b = append(b, " until "...)
	return lastDay.AppendFormat(b, time.DateOnly)
}

// sign makes sure that n claims are signed that were not handed out yet.
func (c *claims) sign(n int) error {
	from, to := len(c.signatures), c.taken+n
	if to <= from {
		return nil
	}
	c.signatures = append(c.signatures, make([]string, to-from)...)
	c.entries = append(c.entries, make([]uint64, to-from)...)
	return inParallel(to-from, func(i int) error {
		s, err := c.holder(from+i).wallet.Sign(0, 0, c.appendText(nil, from+i), rand.Reader)
		c.signatures[from+i] = s.String()
		return err
	})
}

// left is how many signed claims were not handed out.
func (c *claims) left() int { return len(c.signatures) - c.taken }

// appendRequest appends the POST of claim i.
func (c *claims) appendRequest(b []byte, i int) []byte {
	return appendClaim(b, c.holder(i).oxen, string(c.appendText(nil, i)), c.signatures[i])
}

const host = "claim.example"

func appendGet(b []byte, path string) []byte {
	b = append(b, "GET "...)
	b = append(b, path...)
	return append(b, " HTTP/1.1\r\nHost: "+host+"\r\nUser-Agent: load\r\nAccept: application/json\r\n\r\n"...)
}

func appendPost(b []byte, path, body string) []byte {
	b = append(b, "POST "...)
	b = append(b, path...)
	b = append(b, " HTTP/1.1\r\nHost: "+host+"\r\nUser-Agent: load\r\nContent-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// appendClaim appends the POST of a claim whose parts need no escapes in JSON.
func appendClaim(b []byte, oxen, text, signature string) []byte {
	return appendPost(b, "/api/v1/claims", `{"oxen":"`+oxen+`","text":"`+text+`","signature":"`+signature+`"}`)
}

// garbage makes requests that must be refused, a third each malformed, of unknown accounts, and
// with wrong signatures.
type garbage struct {
	claims    *claims
	strangers claims
}

func newGarbage(c *claims) (*garbage, error) {
	g := &garbage{claims: c}
	g.strangers.migration = c.migration
	var err error
	if g.strangers.holders, err = newHolders("stranger", 300); err != nil {
		return nil, err
	}
	return g, g.strangers.sign(len(g.strangers.holders))
}

func (g *garbage) appendRequest(b []byte, i int) []byte {
	// A number that jumps about, so that the holders in turn are not those of the good claims.
	var seed [8]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(i)*0x9e3779b97f4a7c15)
	at := int(binary.LittleEndian.Uint32(seed[4:]))
	switch i % 3 {
	case 1:
		return g.strangers.appendRequest(b, at%len(g.strangers.signatures))
	case 2:
		n := len(g.claims.holders)
		of := at % n
		return appendClaim(b, g.claims.holders[of].oxen, string(g.claims.appendText(nil, of+n)), g.claims.signatures[(at+1)%n])
	}
	h := &g.claims.holders[at%len(g.claims.holders)]
	switch i / 3 % 3 {
	case 0:
		return appendPost(b, "/api/v1/claims", `{"oxen":"`+h.oxen+`","text":`)
	case 1:
		return appendClaim(b, h.oxen, "please pay "+h.hex, g.claims.signatures[at%len(g.claims.signatures)])
	}
	return appendClaim(b, h.oxen, string(g.claims.appendText(nil, at%len(g.claims.signatures))), "SigV1nonsense")
}

// lines are the claims from <= i < to as `oxenswap claim import` reads them.
func (c *claims) lines(from, to int) ([]byte, error) {
	var out []byte
	for i := from; i < to; i++ {
		line, err := json.Marshal(map[string]string{"oxen": c.holder(i).oxen, "text": string(c.appendText(nil, i)), "signature": c.signatures[i]})
		if err != nil {
			return nil, err
		}
		out = append(append(out, line...), '\n')
	}
	return out, nil
}
