package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
)

// testing.TB without what rapid.T lacks.
type tb interface {
	Helper()
	Fatalf(string, ...any)
}

var (
	_ tb = (*testing.T)(nil)
	_ tb = (*rapid.T)(nil)
)

// A world is a small migration to make ledgers of: terms, keys, operators, holders and a clock. All
// of it follows from the seed.
type world struct {
	tb
	rand      *rand.ChaCha8
	terms     *swap.Terms
	signer    note.Signer
	vkey      string
	operators []note.Signer
	opKeys    []string
	holders   []swap.Balance           // account and address only
	contents  map[uint64]*swap.Content // as last taken
	clock     *clock
}

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newWorld(t tb, holders int) *world {
	t.Helper()
	w := &world{
		tb: t, rand: rand.NewChaCha8([32]byte{1}), contents: map[uint64]*swap.Content{},
		clock: &clock{now: time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)},
	}
	canonical, err := os.ReadFile("testdata/terms.json")
	w.must(err)
	w.terms, err = swap.ParseTerms(canonical)
	w.must(err)
	w.signer, w.vkey = w.key(w.terms.Origin())
	for i := range 2 {
		signer, vkey := w.key(fmt.Sprintf("operator-%d", i+1))
		w.operators, w.opKeys = append(w.operators, signer), append(w.opKeys, vkey)
	}
	for range holders {
		wallet, err := cryptonote.NewWallet(cryptonote.Fakechain, w.rand)
		w.must(err)
		w.holders = append(w.holders, swap.Balance{Account: swap.AccountOf(wallet.Address()), Address: wallet.Address().String()})
	}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%v", err)
	}
}

func (w *world) key(name string) (note.Signer, string) {
	skey, vkey, err := ledger.NewKey(w.rand, name)
	w.must(err)
	signer, err := ledger.NewSigner(skey)
	w.must(err)
	return signer, vkey
}

func (w *world) options() Options { return Options{Signer: w.signer, Clock: w.clock.Now} }

// create makes a ledger in dir.
func (w *world) create(dir string) *Store {
	w.Helper()
	s, err := Create(context.Background(), dir, w.options(), w.first())
	w.must(err)
	return s
}

// open opens a ledger.
func (w *world) open(dir string) *Store {
	w.Helper()
	s, err := Open(context.Background(), dir, w.options())
	w.must(err)
	return s
}

// add appends records and expects no error.
func (w *world) add(s *Store, records ...swap.Record) []ledger.Entry {
	w.Helper()
	entries, err := appendTo(s, records...)
	w.must(err)
	return entries
}

func appendTo(s *Store, records ...swap.Record) ([]ledger.Entry, error) {
	return s.Update(context.Background(), func(swap.Tables, time.Time) ([]swap.Record, error) { return records, nil })
}

// first are the records of a new ledger.
func (w *world) first() []swap.Record {
	config := swap.Config{
		Operators: w.opKeys, Quorum: 2, Daemons: 3,
		Limits: swap.Limits{Recipient: 1e15, Round: 1e16, Day: 1e17},
		Rails:  swap.Rails{Transaction: 1e15, Day: 1e16, GasPrice: 1e11, Batch: 200},
	}
	return []swap.Record{
		{Event: &swap.MigrationOpened{Migration: w.terms.ID(), Terms: swap.Digest(w.terms.Canonical()), Software: "test", LedgerKey: w.vkey, Operators: w.opKeys}, Attachments: [][]byte{w.terms.Canonical()}},
		{Event: &swap.ConfigSet{Config: config, By: "operator-1"}},
	}
}

// hash is a different one at every call.
func (w *world) hash() (h swap.Hash) {
	w.rand.Read(h[:])
	return h
}

func (w *world) address() (a swap.EVMAddress) {
	w.rand.Read(a[:])
	a[0] |= 1
	return a
}

// amount draws a sum from 1 on.
func amount[N swap.Oxen | swap.Sesh | swap.Wei](w *world, below uint64) N {
	return N(1 + w.rand.Uint64()%below)
}

// reports are three daemons, two of which agree.
func (w *world) reports() ([]swap.DaemonReport, [][]byte) {
	var out []swap.DaemonReport
	var raw [][]byte
	for i, name := range []string{"a", "b", "c"} {
		body := fmt.Appendf(nil, `{"daemon":%q,"nonce":%q,"padding":%q}`, name, w.hash(), strings.Repeat("x", 2000))
		raw = append(raw, body)
		r := swap.DaemonReport{Daemon: name, Version: "10.6.0", Agrees: i < 2, Answers: []swap.Answer{{Call: "get_service_nodes", Body: swap.Digest(body)}}}
		if i == 2 {
			r.Differs = "has another block"
		}
		out = append(out, r)
	}
	return out, raw
}

// taken makes a snapshot in which the holders share nodes with up to four contributors.
func (w *world) taken(height uint64) swap.Record {
	w.Helper()
	c := &swap.Content{Height: height, BlockHash: w.hash(), HardFork: 19}
	for i := 0; i < len(w.holders); i += 4 {
		n := swap.Node{Key: w.hash(), RegistrationHeight: height - 20, Operator: w.oxen(i), Funded: i%20 != 8, Active: true, StakingRequirement: 100e9}
		for _, h := range w.holders[i:min(i+4, len(w.holders))] {
			n.Contributors = append(n.Contributors, swap.Contributor{Address: h.Address, Locked: []swap.Locked{{KeyImage: w.hash(), OneTime: w.hash(), Amount: amount[swap.Oxen](w, 25e9)}}})
		}
		c.Nodes = append(c.Nodes, n)
	}
	for i := range w.holders {
		if i%20 != 5 {
			c.Rewards = append(c.Rewards, swap.Reward{Address: w.oxen(i), Amount: amount[swap.Oxen](w, 9e9)})
		}
	}
	w.must(c.Normalise())
	w.contents[height] = c
	return w.takenContent(c)
}

func (w *world) takenContent(c *swap.Content) swap.Record {
	content, err := c.Encode()
	w.must(err)
	_, totals, err := c.Balances(swap.Rules1)
	w.must(err)
	reports, raw := w.reports()
	return swap.Record{Event: &swap.SnapshotTaken{
		Height: c.Height, BlockHash: c.BlockHash, HardFork: c.HardFork, Content: swap.Digest(content), Quorum: 2, Daemons: reports, Totals: totals,
	}, Attachments: append([][]byte{content}, raw...)}
}

func (w *world) finalized(height uint64) swap.Record {
	reports, raw := w.reports()
	return swap.Record{Event: &swap.SnapshotFinalized{Height: height, BlockHash: w.contents[height].BlockHash, Daemons: reports}, Attachments: raw}
}

func (w *world) oxen(i int) string { return w.holders[i].Address }

// claim is holder i's claim. Applying it does not verify its signature, so it has none worth the
// name.
func (w *world) claim(i int, sequence uint32, to swap.EVMAddress) *swap.ClaimAccepted {
	text := swap.ClaimText{Migration: w.terms.ID(), Recipient: to, Sequence: sequence, Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)}
	return &swap.ClaimAccepted{
		Text: text.String(), Signature: "SigV1" + strings.Repeat("s", 88), Oxen: w.oxen(i), Account: w.holders[i].Account,
		Recipient: to, Sequence: sequence, Code: swap.RecipientCode{Ethereum: swap.SeenNothing, Target: swap.SeenNotChecked},
	}
}

// legacy is a file of legacy claims of some holders.
func (w *world) legacy(holders ...int) []swap.Record {
	file := fmt.Appendf(nil, "%d legacy claims\n", len(holders))
	out := []swap.Record{{Event: &swap.LegacyImported{File: swap.Digest(file), Lines: uint64(len(holders)) + 1, Taken: uint64(len(holders)), Refused: map[string]uint64{"signature": 1}}, Attachments: [][]byte{file}}}
	for _, i := range holders {
		c := w.claim(i, 0, w.address())
		c.Text = c.Recipient.String()
		out = append(out, swap.Record{Event: c})
	}
	return out
}

// built computes a round from tables.
func built(t swap.Tables, cutoff uint64) (swap.Record, error) {
	files, err := swap.BuildRound(t, cutoff)
	if err != nil {
		return swap.Record{}, err
	}
	return files.Record(), nil
}

// build builds a round of all entries in one update, and returns its event.
func (w *world) build(s *Store) *swap.RoundBuilt {
	w.Helper()
	size, err := s.Size(context.Background())
	w.must(err)
	var event *swap.RoundBuilt
	_, err = s.Update(context.Background(), func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		r, err := built(t, size)
		if err != nil {
			return nil, err
		}
		event = r.Event.(*swap.RoundBuilt)
		return []swap.Record{r}, nil
	})
	w.must(err)
	return event
}

func (w *world) approved(r *swap.RoundBuilt, operator int) swap.Record {
	signed, err := ledger.SignNote(swap.ApprovalText(w.terms.Origin(), r), w.operators[operator])
	w.must(err)
	return swap.Record{Event: &swap.RoundApproved{Round: r.Round, Note: string(signed)}}
}

func (w *world) deployed() swap.Record {
	return swap.Record{Event: &swap.DistributorDeployed{Distributor: swap.Distributor{
		Address: w.address(), ChainID: w.terms.Token.ChainID, CodeHash: w.hash(), Token: swap.EVMAddress(w.terms.Token.Address), Owner: w.address(),
		Publisher: w.address(), Guardian: w.address(), ActivationDelay: 3600, ClosesAt: uint64(w.terms.Closes.Unix()) + 400*86400, Block: 12,
	}, Tx: w.hash()}}
}

func (w *world) signed(i swap.Intent, attempt uint64, sender swap.EVMAddress, nonce uint64) swap.Record {
	raw := make([]byte, 200)
	w.rand.Read(raw)
	return swap.Record{Event: &swap.TxSigned{
		Intent: i, Attempt: attempt, ChainID: w.terms.Token.ChainID, Sender: sender, Nonce: nonce, Hash: w.hash(), Raw: swap.Digest(raw),
		Amount: amount[swap.Sesh](w, 1e12), GasFee: amount[swap.Wei](w, 1e11),
	}, Attachments: [][]byte{raw}}
}

func (w *world) position(block uint64) swap.LogPosition {
	return swap.LogPosition{Tx: w.hash(), Block: block, BlockHash: w.hash(), LogIndex: w.rand.Uint64() % 5}
}

// story appends a whole migration in miniature: two snapshots, claims, a round that is proposed,
// activated and pushed, a change of recipient, proofs of coins and a second round. It ends with a
// payment.
func (w *world) story(s *Store) {
	w.Helper()
	w.add(s, w.taken(240))
	w.add(s, w.taken(250))
	w.add(s, w.legacy(0, 1, 2)...)
	for i := 3; i < len(w.holders); i++ {
		w.add(s, swap.Record{Event: w.claim(i, 1, w.address())})
	}
	w.add(s, w.finalized(240))
	round := w.build(s)
	w.add(s, w.approved(round, 0))
	size, err := s.Size(context.Background())
	w.must(err)
	root, err := s.RootAt(context.Background(), size)
	w.must(err)
	w.add(s, w.deployed())
	sender := w.address()
	propose := w.signed(swap.Intent{Purpose: swap.PurposePropose, Round: 1}, 1, sender, 7)
	w.add(s, propose)
	w.add(s, swap.Record{Event: &swap.TxFinalized{Inclusion: swap.Inclusion{Hash: propose.Event.(*swap.TxSigned).Hash, Block: 20, BlockHash: w.hash(), Success: true, GasUsed: 90000, Fee: 12}}})
	w.add(s, swap.Record{Event: &swap.RootProposed{Round: 1, Root: round.Root, Total: round.Total, LedgerSize: size, LedgerRoot: swap.Hash(root), LiveAt: 9, LogPosition: w.position(20)}})
	w.add(s, swap.Record{Event: &swap.RootActivated{Round: 1, Root: round.Root, LogPosition: w.position(30)}})
	list := []byte("0,0x..,1\n")
	w.add(s, swap.Record{Event: &swap.PushPlanned{Round: 1, Plan: 1, Root: round.Root, Batches: 1, Recipients: 1, List: swap.Digest(list), Amount: 5}, Attachments: [][]byte{list}})
	push := w.signed(swap.Intent{Purpose: swap.PurposePush, Round: 1, Plan: 1}, 1, sender, 8)
	w.add(s, push)
	w.clock.move(time.Hour)
	w.add(s, swap.Record{Event: w.claim(4, 2, w.address())})
	w.add(s, w.finalized(250), swap.Record{Event: &swap.SnapshotMissed{Height: 262, Reason: "no daemon answered"}})
	w.add(s, swap.Record{Event: &swap.TxMined{Inclusion: swap.Inclusion{Hash: push.Event.(*swap.TxSigned).Hash, Block: 31, BlockHash: w.hash(), Success: true}}})
	w.proofs(s)
	w.build(s)
	w.add(s, swap.Record{Event: &swap.PayoutSeen{Recipient: w.address(), Amount: 5, Cumulative: 5, Round: 1, LogPosition: w.position(31)}})
}

// copyFiles copies the files of a data directory, as a crash or a backup would find them.
func copyFiles(t tb, from, to string, names ...string) {
	t.Helper()
	for _, name := range names {
		in, err := os.Open(from + "/" + name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			t.Fatalf("os.Open: %v", err)
		}
		data, err := io.ReadAll(in)
		in.Close()
		if err == nil {
			err = os.WriteFile(to+"/"+name, data, 0o600)
		}
		if err != nil {
			t.Fatalf("os.WriteFile: %v", err)
		}
	}
}

// databaseFiles are what a crash leaves of the database.
func databaseFiles() []string { return []string{databaseFile, databaseFile + "-wal"} }

// dump returns every row of every projection.
func dump(t tb, r *Reader) string {
	t.Helper()
	var out strings.Builder
	err := r.view(context.Background(), func(t *tables) error {
		for _, p := range projections() {
			fmt.Fprintf(&out, "%s\n", p.table)
			rows, err := t.tx.QueryxContext(context.Background(), "SELECT * FROM "+p.table+" ORDER BY "+p.order)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				cells, err := rows.SliceScan()
				if err != nil {
					return err
				}
				text, err := json.Marshal(cells)
				if err != nil {
					return err
				}
				fmt.Fprintf(&out, "\t%s\n", text)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("read the projections: %v", err)
	}
	return out.String()
}

// verify checks all of a ledger.
func (w *world) verify(r *Reader) Verified {
	w.Helper()
	v, err := r.Verify(context.Background())
	w.must(err)
	return v
}
