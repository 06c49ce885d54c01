package faulttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/audit"
	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
	"oxenswap/oxenrpc"
	"oxenswap/oxenrpc/oxentest"
	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
	"oxenswap/swap/service"
)

const (
	// height is that of the one snapshot, depth how many blocks make it final.
	height, depth = 240, 10
	// perRound is how many wallets claim for each round.
	perRound = 7
	// holders is how many recipients they name, in turn.
	holders = 21
)

// migration is a real ledger in a directory, fed by a network that never was: enough wallets with
// rewards that every round has new ones. An auditor can recompute all of it.
type migration struct {
	t       *testing.T
	dir     string
	terms   *swap.Terms
	signer  note.Signer // the ledger's
	vkey    string
	ada     note.Signer // the operator
	wallets []*cryptonote.Wallet
	used    int // wallets that have claimed
	store   *store.Store

	owed map[swap.EVMAddress]swap.Sesh // cumulative, by the last round
}

// memoryDir is a directory that need not survive the machine: every commit waits for its disk.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "faulttest")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// seeded gives endless bytes that depend on the name only.
func seeded(name string) *rand.ChaCha8 {
	return rand.NewChaCha8([32]byte(crypto.Keccak256([]byte(name))))
}

func newMigration(t *testing.T, token common.Address, chainID uint64, rounds int) *migration {
	t.Helper()
	m := &migration{t: t, dir: memoryDir(t), owed: map[swap.EVMAddress]swap.Sesh{}}
	random := seeded("wallets")
	for range rounds * perRound {
		w, err := cryptonote.NewWallet(cryptonote.Fakechain, random)
		must(t, err)
		m.wallets = append(m.wallets, w)
	}
	synth := oxentest.Synth{
		Nodes: 1, Contributions: 1, Wallets: len(m.wallets), Rewards: len(m.wallets), Height: height, Network: "fakechain", Seed: 1,
		Address: func(i int) string { return m.wallets[i].Address().String() },
	}
	taken, genesis := m.state(synth, nil)
	terms, err := swap.TermsFromTree(map[string]any{
		"version": int64(1), "name": "test", "portal": "claim.example", "opens": "2026-01-01T00:00:00Z", "closes": "2040-01-01T00:00:00Z",
		"legacy_claims": false, "min_push": "1000",
		"oxen":  map[string]any{"network": "fakechain", "genesis": genesis, "finality_depth": int64(depth)},
		"token": map[string]any{"chain_id": int64(chainID), "address": token.Hex(), "symbol": "SESH", "decimals": int64(9)},
		"programme": []any{map[string]any{
			"name": "rewards", "kind": "convert-rewards", "snapshot_height": int64(height), "ratio": "54/100", "cap": "1000000000000000",
		}},
	})
	must(t, err)
	m.terms = terms
	var operator string
	m.signer, m.vkey = newKey(t, terms.Origin())
	m.ada, operator = newKey(t, "ada")
	limits := swap.Limits{Recipient: 1e17, Round: 1e17, Day: 1e17}
	config := swap.Config{Operators: []string{operator}, Quorum: 2, Daemons: 2, Limits: limits, Rails: rails()}
	m.store, err = store.Create(t.Context(), m.dir, m.options(), []swap.Record{
		{Event: &swap.MigrationOpened{
			Rules: swap.LatestRules, Migration: terms.ID(), Terms: swap.Digest(terms.Canonical()), Software: "test", LedgerKey: m.vkey, Operators: []string{operator},
		}, Attachments: [][]byte{terms.Canonical()}},
		{Event: &swap.ConfigSet{By: "ada", Config: config}},
	})
	must(t, err)
	t.Cleanup(func() { m.store.Close() })
	m.snapshot(synth, taken)
	return m
}

// rails are wide enough for everything here but the size of a batch.
func rails() swap.Rails { return swap.Rails{Transaction: 1e16, Day: 1e17, GasPrice: 1e15, Batch: 3} }

func newKey(t *testing.T, name string) (note.Signer, string) {
	t.Helper()
	secret, public, err := ledger.NewKey(seeded(name), name)
	must(t, err)
	signer, err := ledger.NewSigner(secret)
	must(t, err)
	return signer, public
}

func (m *migration) options() store.Options {
	return store.Options{Signer: m.signer, Clock: func() time.Time { return time.Unix(start, 0) }}
}

// reopen is what the ledger goes through when its process starts again.
func (m *migration) reopen() {
	m.t.Helper()
	must(m.t, m.store.Close())
	for {
		s, err := store.Open(context.Background(), m.dir, m.options())
		if errors.Is(err, store.ErrInUse) {
			runtime.Gosched() // an anvil that is being started has the lock too, until it executes
			continue
		}
		must(m.t, err)
		m.store = s
		return
	}
}

// view reads tables.
func (m *migration) view(read func(t swap.Tables, size uint64) error) {
	m.t.Helper()
	must(m.t, m.store.View(context.Background(), read))
}

// size is the number of entries.
func (m *migration) size() (n uint64) {
	m.t.Helper()
	m.view(func(_ swap.Tables, size uint64) error { n = size; return nil })
	return n
}

// state is what a daemon of the network answers; it has the header of the snapshot's block too.
func (m *migration) state(s oxentest.Synth, earlier *oxentest.State) (state *oxentest.State, genesis string) {
	m.t.Helper()
	world, err := s.World()
	must(m.t, err)
	params := json.RawMessage(fmt.Sprintf(`{"height":%d}`, height))
	if earlier != nil {
		world.Calls = append(world.Calls, oxentest.Call{
			Daemon: "a", Request: json.RawMessage(fmt.Sprintf(`{"jsonrpc":"2.0","id":"0","method":"get_block_header_by_height","params":%s}`, params)),
			Response: earlier.Answer("get_block_header_by_height", params),
		})
	}
	state, err = world.State("a")
	must(m.t, err)
	var header struct {
		Result struct {
			Header struct {
				Hash string `json:"hash"`
			} `json:"block_header"`
		} `json:"result"`
	}
	must(m.t, json.Unmarshal(state.Answer("get_block_header_by_height", json.RawMessage(`{"height":0}`)), &header))
	return state, header.Result.Header.Hash
}

// snapshot takes the one snapshot of two daemons, and makes it final.
func (m *migration) snapshot(s oxentest.Synth, taken *oxentest.State) {
	m.t.Helper()
	ctx := m.t.Context()
	var daemons []*oxentest.Daemon
	var clients []swap.Daemon
	for _, name := range []string{"a", "b"} {
		d := oxentest.NewDaemon(taken)
		server := httptest.NewServer(d)
		defer server.Close()
		c, err := oxenrpc.New(oxenrpc.Config{Name: name, URL: server.URL})
		must(m.t, err)
		daemons, clients = append(daemons, d), append(clients, c)
	}
	_, _, err := service.TakeSnapshot(ctx, m.store, clients, height)
	must(m.t, err)
	s.Height += depth
	later, _ := m.state(s, taken)
	for _, d := range daemons {
		d.Play(later)
	}
	_, err = service.FinalizeSnapshots(ctx, m.store, clients)
	must(m.t, err)
}

// holder is the address of a recipient.
func holder(i int) swap.EVMAddress {
	return swap.EVMAddress(chaintest.Holder(i))
}

// approve has the next wallets claim, and builds and approves the round that gives their recipients
// what they are owed.
func (m *migration) approve() uint64 {
	m.t.Helper()
	if m.used+perRound > len(m.wallets) {
		m.t.Fatalf("all %d wallets have claimed", len(m.wallets))
	}
	ctx := m.t.Context()
	var claims []service.Incoming
	for i := range perRound {
		w := m.wallets[m.used+i]
		text := swap.ClaimText{Migration: m.terms.ID(), Recipient: holder((m.used + i) % holders), Sequence: 1, Until: time.Date(2039, 12, 31, 0, 0, 0, 0, time.UTC)}.String()
		sig, err := cryptonote.Sign(w.SpendKey(), []byte(text), seeded(text))
		must(m.t, err)
		c, err := swap.VerifyClaim(m.terms, w.Address().String(), text, sig.String())
		must(m.t, err)
		claims = append(claims, service.Incoming{Claim: c, Code: swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNotChecked}})
	}
	m.used += perRound
	done, err := service.SubmitClaims(ctx, m.store, claims)
	must(m.t, err)
	for _, d := range done {
		must(m.t, d.Err)
	}
	r, _, err := service.BuildRound(ctx, m.store)
	must(m.t, err)
	tree, err := service.ClaimTree(m.store, m.terms, r)
	must(m.t, err)
	m.owed = map[swap.EVMAddress]swap.Sesh{}
	for i := range tree.Len() {
		leaf := tree.Leaf(i)
		m.owed[swap.EVMAddress(leaf.Account)] = swap.Sesh(leaf.Amount.Uint64())
	}
	_, err = service.ApproveRound(ctx, m.store, &r.RoundBuilt, m.ada)
	must(m.t, err)
	return r.Round
}

// audit exports the ledger and has it recomputed from nothing, with the chain to compare.
func (m *migration) audit(chain audit.DialChain) {
	m.t.Helper()
	signed, err := m.store.Checkpoint()
	must(m.t, err)
	dir := memoryDir(m.t)
	_, err = ledger.WriteExport(m.t.Context(), dir, m.store.Reader, ledger.ExportConfig{
		Checkpoint: signed, Signer: m.signer, Key: m.store.Key(), Withhold: ledger.WithholdNothing,
	})
	must(m.t, err)
	report, err := audit.Replay(m.t.Context(), os.DirFS(dir), audit.Options{Key: m.vkey, Migration: m.terms.ID(), Chain: chain, CodeHash: codeHash})
	must(m.t, err)
	if !report.OK() {
		var problems []string
		for _, p := range report.Problems {
			problems = append(problems, fmt.Sprintf("%+v", p))
		}
		m.t.Errorf("the audit finds %s", strings.Join(problems, "; "))
	}
}

// codeHash is that of the distributor's code as our sources compile to it.
func codeHash(d swap.Distributor, termsCloseAt uint64, migration string) (swap.Hash, error) {
	return swap.Hash(contracts.CodeHash(contracts.Immutables{
		Token: common.Address(d.Token), ActivationDelay: d.ActivationDelay, TermsCloseAt: termsCloseAt,
		MigrationID: contracts.MigrationID(common.FromHex(migration)),
	})), nil
}

// ledgerOf is the ledger as the sender uses it.
type ledgerOf struct{ *store.Store }

// Event implements sender.Ledger.
func (l ledgerOf) Event(ctx context.Context, seq uint64) (swap.Event, time.Time, error) {
	e, err := l.Entry(ctx, seq)
	if err != nil {
		return nil, time.Time{}, err
	}
	event, err := swap.DecodeEvent(e.Kind, e.Body)
	return event, e.Time, err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
