// Package desktest makes small migrations for the portal's tests: a real ledger on disk, and
// holders whose wallets sign.
package desktest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
	"oxenswap/swap/service"
)

// TB is what a world needs of a test.
type TB interface {
	Helper()
	Fatalf(string, ...any)
	Cleanup(func())
	TempDir() string
}

// The heights of a world's snapshots: Named is that at which stake, rewards and coins convert, and
// bonus points are counted from it to Last.
const (
	Named = 240
	Last  = 262
)

// World is a migration with holders, each of which has stake and rewards in the snapshots.
type World struct {
	TB
	*store.Store
	Terms   *swap.Terms
	Wallets []*cryptonote.Wallet

	mu       sync.Mutex
	rand     *rand.ChaCha8
	now      time.Time
	operator note.Signer
	sender   swap.EVMAddress
	nonce    uint64
	block    uint64
	contents map[uint64]*swap.Content
}

// New makes a world in a new folder. The clock stands at noon of 2026-11-22.
func New(t TB, holders int) *World {
	t.Helper()
	w := &World{
		TB: t, rand: rand.NewChaCha8([32]byte{1}), now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), block: 10, contents: map[uint64]*swap.Content{},
	}
	var err error
	w.Terms, err = swap.TermsFromTree(map[string]any{
		"version": int64(1), "name": "test", "portal": "claim.example", "opens": "2026-01-01T00:00:00Z", "closes": "2027-12-31T23:59:59Z",
		"legacy_claims": true,
		"oxen":          map[string]any{"network": "fakechain", "genesis": swap.Digest([]byte("genesis")).String(), "finality_depth": int64(10)},
		"token":         map[string]any{"chain_id": int64(1337), "address": "0x5FbDB2315678afecb367f032d93F642f64180aa3", "symbol": "SESH", "decimals": int64(9)},
		"programme": []any{
			map[string]any{"name": "stake", "kind": "convert-stake", "snapshot_height": int64(Named), "ratio": "54/100", "cap": "1000000000000000000"},
			map[string]any{"name": "rewards", "kind": "convert-rewards", "snapshot_height": int64(Named), "ratio": "54/100", "cap": "1000000000000000000"},
			map[string]any{"name": "bonus", "kind": "share-points", "from_height": int64(Named), "to_height": int64(Last), "cap": "300000000000"},
			map[string]any{"name": "coins", "kind": "convert-coins", "snapshot_height": int64(Named), "ratio": "54/100", "cap": "1000000000000000000", "min_coins": "100000000000"},
		},
	})
	w.Must(err)
	signer, vkey := w.key(w.Terms.Origin())
	operator, opKey := w.key("ann")
	w.operator, w.sender = operator, w.Address()
	config := swap.Config{
		Operators: []string{opKey}, Quorum: 2, Daemons: 3,
		Limits: swap.Limits{Recipient: 1e17, Round: 1e18, Day: 1e18},
		Rails:  swap.Rails{Transaction: 1e18, Day: 1e18, GasPrice: 1e11, Batch: 200},
	}
	w.Store, err = store.Create(context.Background(), t.TempDir(), store.Options{Signer: signer, Clock: w.Now}, []swap.Record{
		{Event: &swap.MigrationOpened{Migration: w.Terms.ID(), Terms: swap.Digest(w.Terms.Canonical()), Software: "test", LedgerKey: vkey, Operators: config.Operators}, Attachments: [][]byte{w.Terms.Canonical()}},
		{Event: &swap.ConfigSet{Config: config, By: "ann"}},
	})
	w.Must(err)
	t.Cleanup(func() { w.Store.Close() })
	for range holders {
		w.Wallets = append(w.Wallets, w.Wallet())
	}
	return w
}

// Must ends the test at an error.
func (w *World) Must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%v", err)
	}
}

// Rotate gives the ledger another key.
func (w *World) Rotate() {
	w.Helper()
	next, vkey := w.key(w.Terms.Origin())
	_, err := w.Store.Rotate(context.Background(), next, vkey)
	w.Must(err)
}

// Now is the world's clock.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Read gives random bytes.
func (w *World) Read(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rand.Read(p)
}

func (w *World) key(name string) (note.Signer, string) {
	w.Helper()
	skey, vkey, err := ledger.NewKey(w, name)
	w.Must(err)
	signer, err := ledger.NewSigner(skey)
	w.Must(err)
	return signer, vkey
}

func (w *World) hash() (h swap.Hash) {
	w.Read(h[:])
	return h
}

// Address is a new address on the token's chain.
func (w *World) Address() (a swap.EVMAddress) {
	w.Read(a[:])
	a[0] |= 1
	return a
}

// Wallet is a wallet that no snapshot knows.
func (w *World) Wallet() *cryptonote.Wallet {
	w.Helper()
	wallet, err := cryptonote.NewWallet(cryptonote.Fakechain, w)
	w.Must(err)
	return wallet
}

// Oxen is the address of the holder with a number.
func (w *World) Oxen(i int) string { return w.Wallets[i].Address().String() }

// Add appends records.
func (w *World) Add(records ...swap.Record) []ledger.Entry {
	w.Helper()
	entries, err := w.Update(context.Background(), func(swap.Tables, time.Time) ([]swap.Record, error) { return records, nil })
	w.Must(err)
	return entries
}

func reports() []swap.DaemonReport {
	return []swap.DaemonReport{{Daemon: "a", Version: "10.6.0", Agrees: true}, {Daemon: "b", Version: "10.6.0", Agrees: true}}
}

// Take records a snapshot: holder i has (i+1) x 10 OXEN staked and (i+1) OXEN of rewards.
func (w *World) Take(height uint64) {
	w.Helper()
	c := &swap.Content{Height: height, BlockHash: w.hash(), HardFork: 19}
	for i := 0; i < len(w.Wallets); i += 4 {
		n := swap.Node{Key: w.hash(), RegistrationHeight: height - 20, Operator: w.Oxen(i), Funded: true, Active: true, StakingRequirement: 100e9}
		for j := i; j < min(i+4, len(w.Wallets)); j++ {
			n.Contributors = append(n.Contributors, swap.Contributor{Address: w.Oxen(j), Locked: []swap.Locked{
				{KeyImage: w.hash(), OneTime: w.hash(), Amount: swap.Oxen(j+1) * 10e9},
			}})
			c.Rewards = append(c.Rewards, swap.Reward{Address: w.Oxen(j), Amount: swap.Oxen(j+1) * 1e9})
		}
		c.Nodes = append(c.Nodes, n)
	}
	w.Must(c.Normalise())
	content, err := c.Encode()
	w.Must(err)
	_, totals, err := c.Balances(swap.Rules1)
	w.Must(err)
	w.contents[height] = c
	w.Add(swap.Record{Event: &swap.SnapshotTaken{
		Height: height, BlockHash: c.BlockHash, HardFork: c.HardFork, Content: swap.Digest(content), Quorum: 2, Daemons: reports(), Totals: totals,
	}, Attachments: [][]byte{content}})
}

// Finalize makes a snapshot final.
func (w *World) Finalize(height uint64) {
	w.Helper()
	w.Add(swap.Record{Event: &swap.SnapshotFinalized{Height: height, BlockHash: w.contents[height].BlockHash, Daemons: reports()}})
}

// Text is the line of a claim.
func (w *World) Text(to swap.EVMAddress, sequence uint32) string {
	return swap.ClaimText{Migration: w.Terms.ID(), Recipient: to, Sequence: sequence, Until: time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC)}.String()
}

// Sign signs a text with a wallet.
func (w *World) Sign(wallet *cryptonote.Wallet, text string) string {
	w.Helper()
	signature, err := wallet.Sign(0, 0, []byte(text), w)
	w.Must(err)
	return signature.String()
}

// Deploy records the distributor.
func (w *World) Deploy() swap.EVMAddress {
	w.Helper()
	at := w.Address()
	w.Add(swap.Record{Event: &swap.DistributorDeployed{Distributor: swap.Distributor{
		Address: at, ChainID: w.Terms.Token.ChainID, CodeHash: w.hash(), Token: swap.EVMAddress(w.Terms.Token.Address), Owner: w.Address(),
		Publisher: w.Address(), Guardian: w.Address(), ActivationDelay: 3600, ClosesAt: uint64(w.Terms.Closes.Unix()) + 400*86400, Block: 12,
	}, Tx: w.hash()}})
	return at
}

// Build builds a round of all entries.
func (w *World) Build() *swap.RoundBuilt {
	w.Helper()
	r, _, err := service.BuildRound(context.Background(), w)
	w.Must(err)
	return &r.RoundBuilt
}

// Approve approves a round.
func (w *World) Approve(r *swap.RoundBuilt) {
	w.Helper()
	_, err := service.ApproveRound(context.Background(), w, r, w.operator)
	w.Must(err)
}

// SignProposal records the signed transaction that proposes a round.
func (w *World) SignProposal(r *swap.RoundBuilt) {
	w.Helper()
	raw := fmt.Appendf(nil, "proposal of round %d", r.Round)
	w.nonce++
	w.Add(swap.Record{Event: &swap.TxSigned{
		Intent: swap.Intent{Purpose: swap.PurposePropose, Round: r.Round}, Attempt: 1, ChainID: w.Terms.Token.ChainID, Sender: w.sender, Nonce: w.nonce,
		Hash: w.hash(), Raw: swap.Digest(raw), GasFee: 1,
	}, Attachments: [][]byte{raw}})
}

// Propose records that a round is proposed on chain, to be live an hour later.
func (w *World) Propose(r *swap.RoundBuilt) {
	w.Helper()
	var size uint64
	w.Must(w.View(context.Background(), func(t swap.Tables, _ uint64) error {
		round, err := t.Round(r.Round)
		size = round.Approved + 1
		return err
	}))
	root, err := w.RootAt(context.Background(), size)
	w.Must(err)
	w.Add(swap.Record{Event: &swap.RootProposed{
		Round: r.Round, Root: r.Root, Total: r.Total, LedgerSize: size, LedgerRoot: swap.Hash(root), LiveAt: uint64(w.Now().Add(time.Hour).Unix()), LogPosition: w.position(),
	}})
}

// Activate records that a round is live.
func (w *World) Activate(r *swap.RoundBuilt) {
	w.Helper()
	w.Add(swap.Record{Event: &swap.RootActivated{Round: r.Round, Root: r.Root, LogPosition: w.position()}})
}

// Cancel records that a proposed round was cancelled.
func (w *World) Cancel(r *swap.RoundBuilt) {
	w.Helper()
	w.Add(swap.Record{Event: &swap.RootCancelled{Round: r.Round, Root: r.Root, LogPosition: w.position()}})
}

// Carry builds a round and carries it through until it is live.
func (w *World) Carry() *swap.RoundBuilt {
	w.Helper()
	r := w.Build()
	w.Approve(r)
	w.SignProposal(r)
	w.Propose(r)
	w.Activate(r)
	return r
}

// Pay records a payment.
func (w *World) Pay(to swap.EVMAddress, round uint64, amount, cumulative swap.Sesh) {
	w.Helper()
	w.Add(swap.Record{Event: &swap.PayoutSeen{Recipient: to, Amount: amount, Cumulative: cumulative, Round: round, LogPosition: w.position()}})
}

func (w *World) position() swap.LogPosition {
	w.mu.Lock()
	w.block++
	block := w.block
	w.mu.Unlock()
	return swap.LogPosition{Tx: w.hash(), Block: block, BlockHash: w.hash()}
}
