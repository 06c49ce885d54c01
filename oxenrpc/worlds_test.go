package oxenrpc_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"oxenswap/oxenrpc"
	"oxenswap/oxenrpc/oxentest"
	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

func osDir(dir string) fs.FS { return os.DirFS(dir) }

// snapshotState is a daemon as it was recorded, one exchange a file.
func snapshotState(t testing.TB, dir string) *oxentest.State {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", dir, "[^e]*.json")) // not the err.* probes
	if err != nil || len(names) == 0 {
		t.Fatal("no recordings in ", dir, err)
	}
	var all []oxentest.Exchange
	for _, name := range names {
		if filepath.Base(name) == "get_coinbase_tx_sum.cache_off_by_one.json" {
			continue
		}
		e, err := oxentest.ReadExchange(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	s, err := oxentest.NewState(all)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func world(t testing.TB, n int, daemon string) *oxentest.State {
	t.Helper()
	w, err := oxentest.ReadWorld(fmt.Sprintf("testdata/migration/world%d.json.gz", n))
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.State(daemon)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve starts a fake daemon and gives a client for it.
func serve(t testing.TB, name string, s *oxentest.State) (*oxentest.Daemon, *oxenrpc.Client) {
	t.Helper()
	d := oxentest.NewDaemon(s)
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	c, err := oxenrpc.New(oxenrpc.Config{Name: name, URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return d, c
}

func digest(t testing.TB, c swap.Content) swap.Hash {
	t.Helper()
	data, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := swap.ParseContent(data); err != nil || again.BlockHash != c.BlockHash {
		t.Fatalf("the normal form does not read back: %v", err)
	}
	return swap.Digest(data)
}

// TestWorlds takes all four moments from both daemons: one digest each, and the amounts that an
// independent implementation computed from the same recordings.
func TestWorlds(t *testing.T) {
	const genesis = "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933"
	heights := []uint64{240, 250, 262, 274}
	var observed []swap.Observation
	for i, height := range heights {
		_, a := serve(t, "a", world(t, i+1, "a"))
		_, b := serve(t, "b", world(t, i+1, "b"))
		oa, err := a.Observe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ob, err := b.Observe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if oa.Daemon != "a" || ob.Daemon != "b" || oa.Genesis.String() != genesis || oa.Network != "fakechain" || oa.Version != "10.6.0-99f5d6e17" {
			t.Errorf("world%d: %s %s %s %s %s", i+1, oa.Daemon, ob.Daemon, oa.Genesis, oa.Network, oa.Version)
		}
		if oa.Content.Height != height || oa.Content.HardFork != 19 {
			t.Errorf("world%d: height %d, hard fork %d", i+1, oa.Content.Height, oa.Content.HardFork)
		}
		if digest(t, oa.Content) != digest(t, ob.Content) {
			t.Errorf("world%d: the daemons' contents differ", i+1)
		}
		again, err := wire.Observation(oa.Raw)
		if err != nil || digest(t, again.Content) != digest(t, oa.Content) {
			t.Errorf("world%d: the raw answers give other content: %v", i+1, err)
		}
		observed = append(observed, oa)

		// Both still name the blocks of the earlier worlds.
		for j := range i {
			s, err := b.BlockAt(t.Context(), heights[j])
			if err != nil {
				t.Fatal(err)
			}
			if s.BlockHash != observed[j].Content.BlockHash || s.Top != height || s.ImmutableHeight != 0 || s.Daemon != "b" || s.Genesis.String() != genesis {
				t.Errorf("world%d: status of %d: %+v", i+1, heights[j], s)
			}
		}
		// A height that the chain has not reached has no block.
		if s, err := a.BlockAt(t.Context(), height+1); err != nil || !s.BlockHash.IsZero() || s.Top != height {
			t.Errorf("world%d: status above the top: %+v, %v", i+1, s, err)
		}
	}

	var expected struct {
		Accounts map[string]map[string]string
	}
	data, err := os.ReadFile("testdata/migration/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatal(err)
	}
	stakes, rewards := map[string]uint64{}, map[string]uint64{}
	for _, n := range observed[0].Content.Nodes {
		for _, c := range n.Contributors {
			for _, l := range c.Locked {
				if n.Funded {
					stakes[c.Address] += uint64(l.Amount)
				}
			}
		}
	}
	for _, r := range observed[0].Content.Rewards {
		rewards[r.Address] = uint64(r.Amount)
	}
	for address, want := range expected.Accounts {
		for name, have := range map[string]uint64{"stake": stakes[address], "rewards": rewards[address]} {
			if got := at54(have); got != want[name] {
				t.Errorf("%s of %s: %s, expected %s", name, address, got, want[name])
			}
		}
	}
}

// at54 is 54/100 of an amount, floored; "" for nothing.
func at54(amount uint64) string {
	n := new(big.Int).SetUint64(amount)
	n.Div(n.Mul(n, big.NewInt(54)), big.NewInt(100))
	if n.Sign() == 0 {
		return ""
	}
	return n.String()
}

// TestShuffled: the order in which a daemon lists things does not reach the digest.
func TestShuffled(t *testing.T) {
	for _, dir := range []string{"daemon", "daemon_snapshot2_after_deregistration", "daemon_snapshot3_pulse"} {
		s := snapshotState(t, dir)
		d, c := serve(t, "a", withGenesis(t, s))
		var first swap.Hash
		orders := map[string]bool{}
		for seed := range uint64(10) {
			d.Shuffle(seed)
			o, err := c.Observe(t.Context())
			if err != nil {
				t.Fatal(dir, err)
			}
			for _, r := range o.Raw {
				if r.Call == wire.CallServiceNodes {
					orders[string(r.Body)] = true
				}
			}
			if got := digest(t, o.Content); seed == 0 {
				first = got
			} else if got != first {
				t.Errorf("%s: take %d has digest %s, the first %s", dir, seed, got, first)
			}
		}
		if len(orders) < 9 {
			t.Errorf("%s: only %d orders were seen", dir, len(orders))
		}
	}
}

// withGenesis gives a state the headers of blocks 0 and 299, which only the first snapshot has; all
// three are one chain.
func withGenesis(t testing.TB, s *oxentest.State) *oxentest.State {
	t.Helper()
	for _, height := range []string{"0", "299"} {
		e, err := oxentest.ReadExchange("testdata/daemon/get_block_header_by_height." + height + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestFirstSnapshot checks what the README of the recordings says of them.
func TestFirstSnapshot(t *testing.T) {
	_, c := serve(t, "a", snapshotState(t, "daemon"))
	o, err := c.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Content.Height != 299 || o.Content.BlockHash.String() != "005ca4b38093b726cc8667fd749364d80e2e36702017bc0e5c23c93364c4b1c7" {
		t.Errorf("block %d %s", o.Content.Height, o.Content.BlockHash)
	}
	twoLocked, reservedOnly := 0, 0
	for _, n := range o.Content.Nodes {
		switch n.Key.String()[:8] {
		case "477b6bb3":
			if n.Active || !n.Funded {
				t.Error("the decommissioned node is active or not funded")
			}
		case "d6a2c011":
			if n.Funded || n.Active {
				t.Error("the node that is not funded is")
			}
		case "35184b89":
			if n.RequestedUnlockHeight != 313 {
				t.Errorf("requested unlock height %d", n.RequestedUnlockHeight)
			}
		}
		for _, t := range n.Contributors {
			if len(t.Locked) == 2 {
				twoLocked++
			}
			if len(t.Locked) == 0 {
				reservedOnly++
			}
		}
	}
	if len(o.Content.Blacklist) != 0 || twoLocked != 1 || reservedOnly != 1 {
		t.Errorf("%d blacklisted, %d contributors with two outputs, %d without", len(o.Content.Blacklist), twoLocked, reservedOnly)
	}

	_, c = serve(t, "a", withGenesis(t, snapshotState(t, "daemon_snapshot2_after_deregistration")))
	if o, err = c.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []swap.BlacklistedStake{{UnlockHeight: 594, Amount: 100_000_000_000}}
	want[0].KeyImage, _ = swap.ParseHash("20bd46ebfa9dc59481e649cd4c199ef7936bc33b1475d191a4e49bcc85a3b353")
	if len(o.Content.Blacklist) != 1 || o.Content.Blacklist[0] != want[0] || o.Content.Height != 565 {
		t.Errorf("blacklist at %d: %+v", o.Content.Height, o.Content.Blacklist)
	}
}
