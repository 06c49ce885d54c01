package audit

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/edwards25519"

	"oxenswap/audit/observed"
	"oxenswap/oxenrpc"
	"oxenswap/oxenrpc/oxentest"
	"oxenswap/swap"
	"oxenswap/swap/chaincheck"
	"oxenswap/swap/cryptonote"
)

// ownDaemon is an auditor's daemon of the recorded network, when its top block is that of a world.
// Blocks are made around the recorded transactions.
func ownDaemon(tb testing.TB, name string, world int) (*oxentest.Daemon, *oxenrpc.Client) {
	tb.Helper()
	w, err := oxentest.ReadWorld(fmt.Sprintf("../oxenrpc/testdata/migration/world%d.json.gz", world))
	must(tb, err)
	state, err := w.State("a")
	must(tb, err)
	d := oxentest.NewDaemon(state)
	c, err := oxenrpc.New(oxenrpc.Config{Name: name, URL: "http://daemon.example:22023", Transport: oxentest.Transport(d), Tries: 1})
	must(tb, err)
	return d, c
}

// recordedStakes are where the stakes of the first recorded snapshot were made.
var recordedStakes = sync.OnceValues(func() (list []swap.FoundStake, err error) {
	w, err := oxentest.ReadWorld("../oxenrpc/testdata/migration/world4.json.gz")
	if err != nil {
		return nil, err
	}
	state, err := w.State("a")
	if err != nil {
		return nil, err
	}
	client, err := oxenrpc.New(oxenrpc.Config{Name: "a", URL: "http://daemon.example:22023", Transport: oxentest.Transport(oxentest.NewDaemon(state))})
	if err != nil {
		return nil, err
	}
	first, err := oxentest.ReadWorld("../oxenrpc/testdata/migration/world1.json.gz")
	if err != nil {
		return nil, err
	}
	if state, err = first.State("a"); err != nil {
		return nil, err
	}
	then, err := oxenrpc.New(oxenrpc.Config{Name: "a", URL: "http://daemon.example:22023", Transport: oxentest.Transport(oxentest.NewDaemon(state))})
	if err != nil {
		return nil, err
	}
	o, err := then.Observe(context.Background())
	if err != nil {
		return nil, err
	}
	search := chaincheck.NewSearch(&chaincheck.Chain{Network: cryptonote.Fakechain, Daemons: []chaincheck.Daemon{client}}, 0)
	search.Add(&o.Content)
	if err := search.Run(context.Background(), nil); err != nil {
		return nil, err
	}
	if missing := search.Missing(); len(missing) > 0 {
		return nil, fmt.Errorf("not found: %v", missing)
	}
	return search.Found(), nil
})

// name records where the stakes of a snapshot were made.
func (l *testLog) name(height uint64, list []swap.FoundStake, missing uint64) uint64 {
	l.tb.Helper()
	s, err := l.tables.Snapshot(height)
	must(l.tb, err)
	data, err := swap.StakeEvidence{Stakes: list}.Encode()
	must(l.tb, err)
	return l.add(&swap.SnapshotEvidence{Height: height, BlockHash: s.BlockHash, Stakes: swap.Digest(data), Found: uint64(len(list)), Missing: missing}, data)
}

// staked is a log with the first recorded snapshot, final.
func staked(tb testing.TB, change func(*recording) *recording) *testLog {
	l := newTestLog(tb, testTerms(tb))
	l.open()
	w := loadRecording(tb, 1)
	if change != nil {
		w = change(w)
	}
	l.take(w, nil)
	l.decide(loadRecording(tb, 2), 240)
	return l
}

// asking are the options of an audit with daemons of one's own.
func (l *testLog) asking(clients ...*oxenrpc.Client) Options {
	o := l.options()
	for _, c := range clients {
		o.Oxen.Daemons = append(o.Oxen.Daemons, c)
	}
	return o
}

func counts(list []Count) map[string]uint64 {
	out := map[string]uint64{}
	for _, c := range list {
		out[c.What] = c.N
	}
	return out
}

// TestOxen: a whole migration holds against the Oxen chain, searched for what its log does not name.
func TestOxen(t *testing.T) {
	l := migrated(t, nil)
	_, a := ownDaemon(t, "a", 4)
	_, b := ownDaemon(t, "b", 4)
	o := l.asking(a, b)
	bars := map[string]uint64{}
	o.Oxen.Progress = func(what string, done, total uint64) {
		if done > total {
			t.Errorf("%s: %d of %d", what, done, total)
		}
		bars[what] = total
	}
	r := l.audit(l.export(), o)
	if !r.OK() {
		t.Fatalf("problems: %v", r.Problems)
	}
	got := counts(r.Checked)
	for what, n := range map[string]uint64{countBlocks: 3, countStakes: 14, countNamed: 12, countMined: 4} {
		if got[what] != n {
			t.Errorf("%s: %d, want %d", what, got[what], n)
		}
	}
	left := counts(r.NotChecked)
	for what, n := range map[string]uint64{uncheckedState: 3, uncheckedSpent: 5} {
		if left[what] != n {
			t.Errorf("not checked, %s: %d, want %d", what, left[what], n)
		}
	}
	if bars["stakes"] != 14 || bars["blocks of coins"] == 0 {
		t.Errorf("progress was told of %v", bars)
	}
	if r.Oxen == nil || r.Oxen.Calls < 30 || len(r.Oxen.Daemons) != 2 {
		t.Errorf("asked: %+v", r.Oxen)
	}
	var text strings.Builder
	must(t, r.WriteText(&text))
	if !strings.Contains(text.String(), fmt.Sprintf("\noxen: %d calls to a, b in ", r.Oxen.Calls)) {
		t.Errorf("the report does not say what was asked:\n%s", &text)
	}

	without := l.audit(l.export(), l.options())
	left = counts(without.NotChecked)
	for what, n := range map[string]uint64{uncheckedChain: 3, uncheckedNamed: 12, uncheckedDaemons: 5} {
		if left[what] != n {
			t.Errorf("not checked without a daemon, %s: %d, want %d", what, left[what], n)
		}
	}
}

// TestInventedStake: whoever has the ledger's key and invents what all daemons answered is caught by
// a daemon of the auditor's own, and by nothing else.
func TestInventedStake(t *testing.T) {
	l := staked(t, func(w *recording) *recording {
		for _, d := range []string{"a", "b"} {
			w = w.replaced(d, "get_service_nodes", "15000000001", "915000000001")
		}
		return w
	})
	dir := l.export()
	if r := l.audit(dir, l.options()); !r.OK() {
		t.Fatalf("without a daemon: %v", r.Problems)
	}
	daemon, client := ownDaemon(t, "own", 4)
	o := l.asking(client)
	r := l.audit(dir, o)
	if len(r.Problems) != 1 || firstEntry(r) != fmt.Sprint(l.find("snapshot.taken", 0)) || !strings.Contains(r.Problems[0].What, "no transaction makes the stake of 915.000000001 OXEN") {
		t.Errorf("got %v, want the one stake that was invented", r.Problems)
	}
	if n := counts(r.Checked)[countStakes]; n != 11 {
		t.Errorf("%d stakes were found, want the 11 others", n)
	}

	// An earlier audit's places are verified, and its search is not made again.
	var state chaincheck.State
	o.Oxen.Keep = func(s chaincheck.State) error { state = s; return nil }
	l.audit(dir, o)
	if len(state.Found) != 11 || len(state.Searched) != 1 || state.Searched[0].Next != 241 {
		t.Fatalf("kept %d places, searched %+v", len(state.Found), state.Searched)
	}
	before := daemon.Calls("get_block")
	o.Oxen.Earlier = state
	if r := l.audit(dir, o); len(r.Problems) != 1 {
		t.Errorf("again: %v", r.Problems)
	}
	blocks := map[uint64]bool{}
	for _, f := range state.Found {
		blocks[f.Height] = true
	}
	if n := daemon.Calls("get_block") - before; n != len(blocks) {
		t.Errorf("%d blocks were asked for again, the stakes are in %d", n, len(blocks))
	}

	o.Oxen.Earlier, o.Oxen.SearchBlocks = chaincheck.State{}, 1
	if r := l.audit(dir, o); !strings.Contains(r.Verdict(), "not in the first 1 blocks from its node's registration") {
		t.Errorf("bounded: %v", r.Verdict())
	}
}

// TestInventedCoins: a made-up miner transaction of 5,000 OXEN is accepted when all daemons that the
// log knows are said to have it, and is in no block.
func TestInventedCoins(t *testing.T) {
	l := staked(t, nil)
	bob := loadWallets(t)[2]
	entry := l.claim(bob, 1)
	claim, err := l.tables.ClaimAt(entry)
	must(t, err)
	key, err := cryptonote.ParseSecretKey(bob.Spend)
	must(t, err)
	w, err := cryptonote.OpenWallet(cryptonote.Fakechain, key)
	must(t, err)
	made := mint(t, w, 100, 5_000e9)
	p, err := w.ProveReserve([]byte(swap.ProofMessage(claim.Text)), w.Outputs(made), newEntropy("made up"))
	must(t, err)
	raw, err := made.MarshalBinary()
	must(t, err)
	id := swap.Hash(made.Hash())
	event := l.judge(l.receive(claim, nil, p.String()), swap.Evidence{
		Transactions: []swap.CoinTransaction{{ID: id, Height: 100, Bytes: hex.EncodeToString(raw)}},
		Images:       []swap.CoinImage{{KeyImage: swap.Hash(w.Outputs(made)[0].KeyImage)}},
	})
	if a, ok := event.(*swap.ProofAccepted); !ok || a.Total != 5_000e9 {
		t.Fatalf("the proof is %+v", event)
	}
	dir := l.export()
	if r := l.audit(dir, l.options()); !r.OK() {
		t.Fatalf("without a daemon: %v", r.Problems)
	}
	_, client := ownDaemon(t, "own", 4)
	r := l.audit(dir, l.asking(client))
	if len(r.Problems) != 1 || firstEntry(r) != fmt.Sprint(l.find("proof.accepted", 0)) || !strings.Contains(r.Problems[0].What, id.String()+" is not in the block at height 100") {
		t.Errorf("got %v", r.Problems)
	}
}

// mint makes a miner transaction with one output.
func mint(tb testing.TB, w *cryptonote.Wallet, height, amount uint64) *cryptonote.Transaction {
	tb.Helper()
	point := func(key cryptonote.PublicKey) *edwards25519.Point {
		p, err := new(edwards25519.Point).SetBytes(key[:])
		must(tb, err)
		return p
	}
	secret, address := cryptonote.HashToScalar([]byte("a transaction's key")), w.Address()
	derived := new(edwards25519.Point).ScalarMult(secret, point(address.View))
	derived.MultByCofactor(derived)
	q := new(edwards25519.Point).ScalarBaseMult(cryptonote.HashToScalar(derived.Bytes(), binary.AppendUvarint(nil, 0)))
	return &cryptonote.Transaction{
		Version: 4, UnlockTime: height + 30, UnlockTimes: []uint64{height + 30}, Inputs: []cryptonote.TxInput{{Miner: true, Height: height}},
		Outputs: []cryptonote.TxOutput{{Amount: amount, Key: cryptonote.PublicKey(q.Add(q, point(address.Spend)).Bytes())}},
		Extra:   append([]byte{cryptonote.ExtraPublicKey}, new(edwards25519.Point).ScalarBaseMult(secret).Bytes()...),
	}
}

// TestFalseEvidence: what the log names as a stake's transaction is looked up, and named if it is
// another.
func TestFalseEvidence(t *testing.T) {
	places, err := recordedStakes()
	must(t, err)
	for name, change := range map[string]func(*swap.FoundStake){
		"another block":           func(f *swap.FoundStake) { f.Height++ },
		"a block above the chain": func(f *swap.FoundStake) { f.Height = 1e6 },
		"another output":          func(f *swap.FoundStake) { f.Output += 7 },
		"another transaction":     func(f *swap.FoundStake) { f.Transaction[0]++ },
		"another's transaction":   func(f *swap.FoundStake) { f.Transaction, f.Height = places[1].Transaction, places[1].Height },
	} {
		t.Run(name, func(t *testing.T) {
			l := staked(t, nil)
			list := slices.Clone(places)
			change(&list[0])
			if name == "another's transaction" {
				list[0].Output = places[1].Output + 1 // one that the list has twice is refused before
			}
			at := l.name(240, list, 0)
			_, client := ownDaemon(t, "own", 4)
			r := l.audit(l.export(), l.asking(client))
			if len(r.Problems) != 1 || firstEntry(r) != fmt.Sprint(at) || !strings.Contains(r.Problems[0].What, "is not the stake with one-time key "+list[0].OneTime.String()) {
				t.Errorf("got %v, want entry %d", r.Problems, at)
			}
			if n := counts(r.Checked)[countStakes]; n != 12 {
				t.Errorf("%d stakes were found, want all 12: the search goes on without the evidence", n)
			}
		})
	}
}

// TestLyingDaemon: a daemon that hides or invents something is named, and then nothing is shown.
func TestLyingDaemon(t *testing.T) {
	l := staked(t, nil)
	dir := l.export()
	places, err := recordedStakes()
	must(t, err)
	hidden := places[0]
	// The block with the hidden stake, made again without its transaction.
	empty, err := cryptonote.NewBlock(19, hidden.Height, 1_700_000_000, cryptonote.BlockID{}, nil)
	must(t, err)
	blob, _ := empty.MarshalBinary()
	at := func(p *oxentest.Reply) bool { return string(p.Params["height"]) == fmt.Sprint(hidden.Height) }
	swapBlob := oxentest.Edit(func(result map[string]any) { result["blob"] = hex.EncodeToString(blob) })
	rename := oxentest.Edit(func(result map[string]any) { result["block_header"].(map[string]any)["hash"] = empty.ID().String() })
	only := func(method string, when func(*oxentest.Reply) bool, do ...oxentest.Intercept) oxentest.Intercept {
		return func(p *oxentest.Reply) {
			if p.Method == method && when(p) {
				for _, i := range do {
					i(p)
				}
			}
		}
	}
	always := func(*oxentest.Reply) bool { return true }
	for _, c := range []struct {
		name        string
		first, next oxentest.Intercept
		want        string
	}{
		{"bytes of another block", only("get_block", at, swapBlob), nil, "oxen: daemon \"own\": at height"},
		{"a block without the transaction", only("get_block", at, swapBlob, rename), nil, "no transaction makes the stake"},
		{"a block that the other daemon does not have", nil, only("get_block_header_by_height", at, rename), "too few daemons name the same block"},
		{"a transaction that it does not give", only("get_transactions", always, oxentest.Edit(func(result map[string]any) {
			txs := result["txs"].([]any)
			result["txs"], result["missed_tx"] = txs[1:], []any{txs[0].(map[string]any)["tx_hash"]}
		})), nil, "does not know transaction"},
		{"the bytes of another transaction", only("get_transactions", always, oxentest.Edit(func(result map[string]any) {
			txs := result["txs"].([]any)
			if len(txs) > 1 {
				one, two := txs[0].(map[string]any), txs[1].(map[string]any)
				one["tx_hash"], two["tx_hash"] = two["tx_hash"], one["tx_hash"]
			}
		})), nil, "it gives the bytes of"},
		{"another snapshot's block", only("get_block_header_by_height", func(p *oxentest.Reply) bool { return string(p.Params["height"]) == "240" }, rename), nil, "the snapshot is of"},
		{"a chain that is not final there", only("get_info", always, oxentest.Edit(func(result map[string]any) { result["height"] = 242 }),
			func(p *oxentest.Reply) {}), nil, ""},
		{"no answer", only("get_block", always, oxentest.Drop), nil, "check that oxend runs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, a := ownDaemon(t, "own", 4)
			clients := []*oxenrpc.Client{a}
			if c.first != nil {
				first.Intercept(c.first)
			}
			if c.next != nil {
				next, b := ownDaemon(t, "next", 4)
				next.Intercept(c.next)
				clients = append(clients, b)
			}
			r := l.audit(dir, l.asking(clients...))
			if r.OK() || !slices.ContainsFunc(r.Problems, func(p Problem) bool { return strings.Contains(p.String(), c.want) }) {
				t.Errorf("got %v, want %q", r.Problems, c.want)
			}
		})
	}
}

// observe keeps what a recorded daemon answers, as `oxenaudit observe` does.
func observe(tb testing.TB, dir string, world int, final bool, edit oxentest.Intercept) {
	tb.Helper()
	d, client := ownDaemon(tb, "own", world)
	if edit != nil {
		d.Intercept(edit)
	}
	o, err := client.Observe(tb.Context())
	must(tb, err)
	about, err := observed.Write(dir, o, time.Unix(1e9, 0))
	must(tb, err)
	if final {
		must(tb, observed.Finalize(dir, about))
	}
}

// TestObserved: an auditor's own observation names the first field in which a snapshot differs, and
// contradicts a height that is said to be missed.
func TestObserved(t *testing.T) {
	edited := func(old, new string) oxentest.Intercept {
		return func(p *oxentest.Reply) {
			if p.Method == "get_service_nodes" || p.Method == "get_accrued_batched_earnings" {
				p.Body = []byte(strings.ReplaceAll(string(p.Body), old, new))
			}
		}
	}
	l := staked(t, nil)
	for _, c := range []struct {
		name string
		edit oxentest.Intercept
		want string
	}{
		{"as the log has it", nil, ""},
		{"an amount", edited("15000000001", "915000000001"), "amount: 15.000000001 OXEN in the log, 915.000000001 OXEN as you observed"},
		{"a node that is not funded", edited(`"funded":true`, `"funded":false`), "funded: true in the log, false as you observed"},
		{"rewards", edited(`"amounts":[`, `"amounts":[1`), "accrued rewards of L"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			observe(t, dir, 1, true, c.edit)
			o := l.options()
			o.Observed = os.DirFS(dir)
			r := l.audit(l.export(), o)
			if c.want == "" {
				if n := counts(r.Checked)[countObserved]; !r.OK() || n != 1 {
					t.Errorf("%d compared, problems %v", n, r.Problems)
				}
				return
			}
			if len(r.Problems) != 1 || firstEntry(r) != fmt.Sprint(l.find("snapshot.taken", 0)) || !strings.Contains(r.Problems[0].What, c.want) {
				t.Errorf("got %v, want %q", r.Problems, c.want)
			}
		})
	}
	t.Run("missed", func(t *testing.T) {
		l := staked(t, nil)
		w := loadRecording(t, 4)
		record, err := swap.MissSnapshot(l.terms, 2, 262, []swap.BlockAnswer{
			{Daemon: "a", Block: w.status(t, "a", 0)}, {Daemon: "b", Block: w.status(t, "b", 0)}, {Daemon: "c", Err: fmt.Errorf("time-out")},
		})
		at := l.record(record, err)
		dir := t.TempDir()
		observe(t, dir, 3, true, nil)
		o := l.options()
		if r := l.audit(l.export(), o); !r.OK() {
			t.Fatalf("without observations: %v", r.Problems)
		}
		o.Observed = os.DirFS(dir)
		r := l.audit(l.export(), o)
		if len(r.Problems) != 1 || firstEntry(r) != fmt.Sprint(at) || !strings.Contains(r.Problems[0].What, "you observed height 262 yourself") {
			t.Errorf("got %v", r.Problems)
		}
		if n := counts(r.NotChecked)[uncheckedUnseen]; n != 1 {
			t.Errorf("%d snapshots were not observed, want 1", n)
		}
		forged := l.changed(func(_ *testLog, events []swap.Event) []swap.Event {
			e := events[at].(*swap.SnapshotMissed)
			e.Daemons[2].Answers, e.Daemons[2].Agrees, e.Daemons[2].Differs = e.Daemons[0].Answers, false, "is down"
			return events
		})
		if r := forged.audit(forged.export(), l.options()); r.OK() || !strings.Contains(r.Problems[0].What, "daemon c") {
			t.Errorf("a daemon that agrees by its answers: %v", r.Problems)
		}
	})
}
