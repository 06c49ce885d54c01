package desk

import (
	"context"
	"slices"
	"time"

	"oxenswap/swap"
)

// Migration is what holders see of the migration as a whole.
type Migration struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	Portal       string       `json:"portal"` // host, with an optional path: the only place to claim at
	Origin       string       `json:"origin"` // name of the ledger and of its key
	LedgerKey    string       `json:"ledger_key"`
	Opens        time.Time    `json:"opens"`
	Closes       time.Time    `json:"closes"` // as it is now: it can only move later
	Oxen         OxenChain    `json:"oxen"`
	Token        Token        `json:"token"`
	LegacyClaims bool         `json:"legacy_claims"`
	MinPush      swap.Sesh    `json:"min_push"` // smaller amounts are collected by their holders, not pushed
	Programmes   []Programme  `json:"programmes"`
	Distributor  *Distributor `json:"distributor"` // null: not deployed yet
	Operators    []string     `json:"operators"`   // verifier keys of who approves rounds
	Limits       swap.Limits  `json:"limits"`      // above which a round needs a second operator
	Daemons      int          `json:"daemons"`     // that are asked
	Quorum       int          `json:"quorum"`      // that must agree
	Live         uint64       `json:"live"`        // round whose root is live on chain; 0: none
	Alarms       int          `json:"alarms"`      // events on chain that the ledger did not cause and that have no correction yet
	Terms        string       `json:"terms"`       // canonical JSON, whose SHA-256 begins with the id
	Basis        Basis        `json:"-"`
}

// OxenChain pins the Oxen chain.
type OxenChain struct {
	Network string    `json:"network"`
	Genesis swap.Hash `json:"genesis"`
}

// Token is what is paid.
type Token struct {
	ChainID  uint64          `json:"chain_id"`
	Address  swap.EVMAddress `json:"address"`
	Symbol   string          `json:"symbol"`
	Decimals uint8           `json:"decimals"`
}

// Programme is one way of being owed something.
type Programme struct {
	Name      string           `json:"name"`
	Kind      swap.Kind        `json:"kind"`
	Cap       swap.Sesh        `json:"cap"`
	Opens     time.Time        `json:"opens"`
	Closes    time.Time        `json:"closes"`
	Height    uint64           `json:"height,omitempty"` // of its snapshot, or of its first one
	ToHeight  uint64           `json:"to_height,omitempty"`
	Every     uint64           `json:"every,omitempty"` // blocks between its snapshots
	Ratio     *swap.Ratio      `json:"-"`
	Fraction  string           `json:"ratio,omitempty"` // "54/100"
	Steps     []RateStep       `json:"steps,omitempty"`
	MinCoins  swap.Oxen        `json:"min_coins,omitempty"` // atomic OXEN that an account without stake must show
	Settled   bool             `json:"settled"`             // its snapshots are fixed: what it owes from them moves no more
	Heights   []uint64         `json:"heights"`             // of the snapshots that it is computed from, once settled
	Snapshots []SnapshotStatus `json:"snapshots"`           // those in its range so far, the last 100 of them
}

// RateStep is a factor that applies to what is received from a time on.
type RateStep struct {
	From   time.Time `json:"from"`
	Factor string    `json:"factor"` // "7/10"
}

// SnapshotStatus is where a snapshot stands.
type SnapshotStatus struct {
	Height    uint64              `json:"height"`
	BlockHash swap.Hash           `json:"block_hash"`
	Digest    swap.Hash           `json:"digest"`
	Status    swap.SnapshotStatus `json:"status"`
	Accounts  uint64              `json:"accounts"`
	Staked    swap.Oxen           `json:"staked"`
	Rewards   swap.Oxen           `json:"rewards"`
	Taken     uint64              `json:"taken"`             // entry
	Decided   uint64              `json:"decided,omitempty"` // entry that made it final or discarded it
}

// Distributor is the contract that pays.
type Distributor struct {
	Address         swap.EVMAddress `json:"address"`
	ChainID         uint64          `json:"chain_id"`
	CodeHash        swap.Hash       `json:"code_hash"`
	Token           swap.EVMAddress `json:"token"`
	Owner           swap.EVMAddress `json:"owner"`
	Publisher       swap.EVMAddress `json:"publisher"`
	Guardian        swap.EVMAddress `json:"guardian"`
	ActivationDelay uint64          `json:"activation_delay"` // seconds between a root's proposal and its going live
	ClosesAt        time.Time       `json:"closes_at"`        // as deployed; it can only move later
	Block           uint64          `json:"block"`
}

// mostSnapshots bounds the list of a programme's snapshots: those of points may be thousands.
const mostSnapshots = 100

// Migration answers what the migration is.
func (d *Desk) Migration(ctx context.Context) (*Migration, error) {
	out := &Migration{Programmes: []Programme{}}
	var err error
	out.Basis.size, err = d.view(ctx, func(t swap.Tables, m swap.Migration) error {
		snapshots, err := t.Snapshots()
		if err != nil {
			return err
		}
		rounds, err := t.Rounds()
		if err != nil {
			return err
		}
		out.fill(&m)
		for _, r := range rounds {
			if r.Status == swap.ActiveRound {
				out.Live = r.Round
			}
		}
		for i := range m.Terms.Programmes {
			out.Programmes = append(out.Programmes, programme(&m, &m.Terms.Programmes[i], snapshots))
		}
		return nil
	})
	out.Basis.subject = []uint32{} // changes with what concerns everybody
	return out, err
}

func (out *Migration) fill(m *swap.Migration) {
	t := m.Terms
	out.ID, out.Name, out.Portal, out.Origin, out.LedgerKey = t.ID(), t.Name, t.Portal, t.Origin(), m.LedgerKey
	out.Opens, out.Closes = t.Opens.UTC(), m.Closes.UTC()
	out.Oxen = OxenChain{t.Oxen.Network, t.Oxen.Genesis}
	out.Token = Token{t.Token.ChainID, swap.EVMAddress(t.Token.Address), t.Token.Symbol, t.Token.Decimals}
	out.LegacyClaims, out.MinPush = t.LegacyClaims, t.MinPush
	out.Operators, out.Limits = append([]string{}, m.Config.Operators...), m.Config.Limits
	out.Daemons, out.Quorum = m.Config.Daemons, m.Config.Quorum
	out.Alarms = len(m.Alarms)
	out.Terms = string(t.Canonical())
	if c := m.Distributor; c != nil {
		out.Distributor = &Distributor{
			Address: c.Address, ChainID: c.ChainID, CodeHash: c.CodeHash, Token: c.Token, Owner: c.Owner, Publisher: c.Publisher,
			Guardian: c.Guardian, ActivationDelay: c.ActivationDelay, ClosesAt: time.Unix(int64(c.ClosesAt), 0).UTC(), Block: c.Block,
		}
	}
}

func programme(m *swap.Migration, p *swap.Programme, snapshots []swap.Snapshot) Programme {
	heights, settled := m.Settled[p.Name]
	out := Programme{
		Name: p.Name, Kind: p.Kind, Cap: p.Cap, Opens: p.Opens.UTC(), Closes: programmeCloses(m, p), MinCoins: p.MinCoins,
		Settled: settled, Heights: append([]uint64{}, heights...), Snapshots: []SnapshotStatus{},
	}
	last := p.SnapshotHeight + p.SnapshotWindow
	switch p.Kind {
	case swap.SharePoints:
		out.Height, out.ToHeight, out.Every = p.FromHeight, p.ToHeight, p.Every
		last = p.ToHeight + p.SnapshotWindow
	case swap.ConvertStake, swap.ConvertRewards, swap.ConvertCoins:
		out.Height = p.SnapshotHeight
	}
	if p.Ratio.Den != 0 {
		ratio := p.Ratio
		out.Ratio, out.Fraction = &ratio, ratio.String()
	}
	for _, s := range p.Steps {
		out.Steps = append(out.Steps, RateStep{s.From.UTC(), s.Factor.String()})
	}
	for _, s := range slices.Backward(snapshots) {
		if out.Height == 0 || s.Height < out.Height || s.Height > last || len(out.Snapshots) == mostSnapshots {
			continue
		}
		out.Snapshots = append(out.Snapshots, SnapshotStatus{
			s.Height, s.BlockHash, s.Digest, s.Status, s.Totals.Accounts, s.Totals.Staked, s.Totals.Rewards, s.Taken, s.Decided,
		})
	}
	slices.Reverse(out.Snapshots)
	return out
}

// programmeCloses is the programme's closing: one that was to close with the migration moves with
// it.
func programmeCloses(m *swap.Migration, p *swap.Programme) time.Time {
	if p.Closes.Equal(m.Terms.Closes) {
		return m.Closes.UTC()
	}
	return p.Closes.UTC()
}
