package swap

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Terms define one migration, once and for everybody. What counts is their canonical JSON: the
// tables and keys that are present, keys sorted by bytes at every level, no spaces, no newline at
// the end, values only strings, integers and booleans. The migration id is the start of its
// SHA-256.
type Terms struct {
	Version      int
	Name         string
	Portal       string // host name, with an optional path: where holders claim, and the first half of the ledger's origin
	Opens        time.Time
	Closes       time.Time // as written; a terms.extended entry may move it later
	LegacyClaims bool
	MinPush      Sesh // smaller amounts are collected by their holders, not pushed; 0: everything is pushed
	Oxen         OxenTerms
	Token        TokenTerms
	Programmes   []Programme

	canonical []byte
	id        string
}

// OxenTerms pin the Oxen chain.
type OxenTerms struct {
	Network       string // mainnet, testnet, devnet, stagenet or fakechain, as get_info's nettype says
	Genesis       Hash
	FinalityDepth uint64 // blocks; only a fakechain, which has no checkpoints, uses it
}

// TokenTerms pin the token in which everything is paid.
type TokenTerms struct {
	ChainID  uint64
	Address  common.Address
	Symbol   string
	Decimals uint8 // always 9
	// Contracts of the network's own that keep what is paid to them: no claim may name them, or any
	// contract that ContributionFactory, asked on chain, has made.
	NotRecipients       []EVMAddress
	ContributionFactory EVMAddress // zero: none
}

// Kind says how a programme computes what it owes.
type Kind string

// The kinds of programmes.
const (
	ConvertStake    Kind = "convert-stake"
	ConvertRewards  Kind = "convert-rewards"
	SharePoints     Kind = "share-points"
	ConvertCoins    Kind = "convert-coins"
	ConvertDeposits Kind = "convert-deposits"
	Grant           Kind = "grant"
)

// Programme is one way of being owed SESH, with a cap of its own.
type Programme struct {
	Name   string
	Kind   Kind
	Cap    Sesh // atomic SESH; never 0, never above 2^63-1
	Opens  time.Time
	Closes time.Time

	SnapshotHeight uint64 // convert-stake, convert-rewards, convert-coins
	SnapshotWindow uint64 // blocks after a named height in which its snapshot may lie
	Ratio          Ratio  // convert-*
	Steps          []Step // convert-coins, convert-deposits; by date
	FromHeight     uint64 // share-points
	ToHeight       uint64
	Every          uint64 // share-points; 0, on a fakechain only: every final snapshot from FromHeight to ToHeight
	MinCoins       Oxen   // convert-coins: the least, in atomic OXEN, that a proof must show for an account without stake
}

// Ratio is an exact fraction. Both parts are below 2^32 and not zero.
type Ratio struct{ Num, Den uint64 }

// String returns "num/den".
func (r Ratio) String() string { return fmt.Sprintf("%d/%d", r.Num, r.Den) }

// Of is a sum of OXEN times the ratio: what is owed for it in atomic SESH, as an exact fraction.
// There is no other way from OXEN to SESH, and none back.
func (r Ratio) Of(o Oxen) Part {
	return Part{NewQuantity(uint64(o)), NewQuantity(r.Num), NewQuantity(r.Den)}
}

// times is the product of two ratios of the terms, whose parts do not reach 2^64.
func (r Ratio) times(s Ratio) Ratio { return Ratio{r.Num * s.Num, r.Den * s.Den} }

// Step multiplies a ratio from a date on, until the next step.
type Step struct {
	From   time.Time
	Factor Ratio
}

// Limits of a terms document.
const (
	maxTerms        = 65536         // bytes of canonical JSON
	maxPortal       = 200           // bytes: with the migration id it names the ledger's key, which has at most 255
	maxNoRecipients = 64            // addresses in token.not_recipients
	maxHeight       = 999_999_999   // of a block that the terms name
	maxProgrammes   = 32            // programmes, and steps in one programme
	maxPoints       = 2000          // snapshots of all share-points programmes: a round's entry lists them, within 65,535 bytes
	maxCap          = math.MaxInt64 // atomic SESH: 9.2 billion coins, and what SQLite can sum
)

// TermsError is a refusal of a terms document.
type TermsError struct {
	Path   string // of the key, such as "programme[2].cap"; "" for the whole document
	Reason string
}

func (e *TermsError) Error() string {
	if e.Path == "" {
		return "terms: " + e.Reason
	}
	return "terms: " + e.Path + ": " + e.Reason
}

// ParseTerms reads canonical JSON, at most 64 KiB, and refuses every other spelling. Errors are
// *TermsError.
func ParseTerms(canonical []byte) (*Terms, error) {
	if len(canonical) > maxTerms {
		return nil, &TermsError{Reason: fmt.Sprintf("%d bytes: at most %d are taken", len(canonical), maxTerms)}
	}
	dec := json.NewDecoder(bytes.NewReader(canonical))
	dec.UseNumber()
	var tree map[string]any
	if err := dec.Decode(&tree); err != nil {
		return nil, &TermsError{Reason: "not a JSON object: " + err.Error()}
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, &TermsError{Reason: "something follows the JSON object"}
	}
	t, err := TermsFromTree(tree)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(t.canonical, canonical) {
		return nil, &TermsError{Reason: "not canonical JSON: keys must be sorted and nothing be spaced or escaped"}
	}
	return t, nil
}

// TermsFromTree reads the tables and keys of a document: maps, slices, strings, booleans and
// integers (int64 or json.Number), as a TOML or JSON decoder gives them. Errors are *TermsError.
func TermsFromTree(tree map[string]any) (*Terms, error) {
	r := &treeReader{}
	t := r.terms(table{r, "", tree, map[string]bool{}})
	if r.err != nil {
		return nil, r.err
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(tree); err != nil {
		return nil, &TermsError{Reason: err.Error()}
	}
	t.canonical = bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	digest := Digest(t.canonical)
	t.id = hex.EncodeToString(digest[:8])
	if len(t.canonical) > maxTerms {
		return nil, &TermsError{Reason: fmt.Sprintf("canonical JSON of %d bytes: at most %d are taken", len(t.canonical), maxTerms)}
	}
	return t, nil
}

// Canonical returns the canonical JSON.
func (t *Terms) Canonical() []byte { return slices.Clone(t.canonical) }

// ID is the migration id: the first 8 bytes, in hex, of the SHA-256 of the canonical JSON.
func (t *Terms) ID() string { return t.id }

// Origin is the name of the migration's ledger and of its key: portal/id.
func (t *Terms) Origin() string { return t.Portal + "/" + t.ID() }

// Fakechain reports whether the Oxen network is a regression-test one, on which some rules are
// eased.
func (t *Terms) Fakechain() bool { return t.Oxen.Network == "fakechain" }

// DevelopmentChain reports whether the token lives on a development chain (id 1337 or 31337).
func (t *Terms) DevelopmentChain() bool { return IsDevelopmentChain(t.Token.ChainID) }

// IsDevelopmentChain reports whether a chain id is 1337 or 31337.
func IsDevelopmentChain(id uint64) bool { return id == 1337 || id == 31337 }

// CapSum is the sum of all programmes' caps, at most 2^63-1.
func (t *Terms) CapSum() Sesh {
	var sum Sesh
	for _, p := range t.Programmes {
		sum += p.Cap
	}
	return sum
}

// Programme returns the programme of a name.
func (t *Terms) Programme(name string) (*Programme, bool) {
	for i := range t.Programmes {
		if t.Programmes[i].Name == name {
			return &t.Programmes[i], true
		}
	}
	return nil, false
}

// Unpaid are the names of the programmes from which nothing can be owed: no part of the ledger
// records grants or deposits. A migration with one promises what it cannot keep.
func (t *Terms) Unpaid() []string {
	var out []string
	for _, p := range t.Programmes {
		if p.Kind == Grant || p.Kind == ConvertDeposits {
			out = append(out, p.Name)
		}
	}
	return out
}

// check refuses what the tables cannot say about each other.
func (t *Terms) check() error {
	if t.Closes.Before(t.Opens) {
		return &TermsError{"opens", "opens after it closes"}
	}
	names, kinds := map[string]int{}, map[Kind]int{}
	var caps Sesh
	points := uint64(0)
	for i, p := range t.Programmes {
		at := func(key string) string { return fmt.Sprintf("programme[%d].%s", i, key) }
		if first, twice := names[p.Name]; twice {
			return &TermsError{at("name"), fmt.Sprintf("%q is also the name of programme[%d]", p.Name, first)}
		}
		den := p.Ratio.Den
		for j, step := range p.Steps {
			var fits bool
			if den, fits = lcm(den, p.Ratio.Den*step.Factor.Den); !fits {
				return &TermsError{at(fmt.Sprintf("steps[%d].factor", j)), "the common denominator of ratio and steps passes 2^63-1: use simpler fractions"}
			}
		}
		names[p.Name] = i
		if p.Kind != SharePoints && p.Kind != Grant {
			if first, twice := kinds[p.Kind]; twice {
				return &TermsError{at("kind"), fmt.Sprintf("programme[%d] is %s too: the same coins would be paid twice", first, p.Kind)}
			}
		}
		kinds[p.Kind] = i
		if p.Opens.Before(t.Opens) || p.Closes.After(t.Closes) || p.Closes.Before(p.Opens) {
			return &TermsError{at("opens"), "a programme opens and closes, in this order, while the migration is open"}
		}
		if caps += p.Cap; caps > maxCap {
			return &TermsError{at("cap"), "the sum of the caps passes 2^63-1 atomic units"}
		}
		if p.Kind == SharePoints && p.Every == 0 && !t.Fakechain() {
			return &TermsError{at("every"), "missing: off a fakechain the heights of its snapshots are from_height, from_height + every, ... to_height"}
		}
		if p.Every > 0 {
			points += (p.ToHeight-p.FromHeight)/p.Every + 1
		}
		if points > maxPoints {
			return &TermsError{at("every"), fmt.Sprintf("%d snapshots for points: expected at most %d in all programmes", points, maxPoints)}
		}
	}
	first := -1
	for i, p := range t.Programmes {
		if p.Kind != ConvertStake && p.Kind != ConvertRewards && p.Kind != ConvertCoins {
			continue
		}
		if first < 0 {
			first = i
		}
		at := fmt.Sprintf("programme[%d].", i)
		if p.SnapshotHeight != t.Programmes[first].SnapshotHeight {
			return &TermsError{at + "snapshot_height", fmt.Sprintf("differs from programme[%d]'s: stake, rewards and coins are converted at one snapshot, or coins that move in between are paid twice", first)}
		}
		if p.SnapshotWindow != t.Programmes[first].SnapshotWindow {
			return &TermsError{at + "snapshot_window", fmt.Sprintf("differs from programme[%d]'s: stake, rewards and coins are converted at one snapshot", first)}
		}
	}
	if i, ok := kinds[ConvertDeposits]; ok && first >= 0 {
		return &TermsError{fmt.Sprintf("programme[%d].kind", i), fmt.Sprintf("convert-deposits cannot stand beside %s: the same coins could be proved and then handed in", t.Programmes[first].Kind)}
	}
	return nil
}
