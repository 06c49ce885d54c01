package sender_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"
	"pgregory.net/rapid"

	"oxenswap/ethclient/sender"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// TestPlan draws trees, what was paid, and sizes of batches: the plan has every leaf that is due,
// once, in the order of the hashes, in full batches; its list reads back; and its multiproofs
// verify.
func TestPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "leaves")
		batch := rapid.Uint64Range(1, 12).Draw(t, "batch")
		least := rapid.SampledFrom([]swap.Sesh{0, 1, 50}).Draw(t, "min_push")
		var leaves []merkle.Leaf
		paid, due := map[swap.EVMAddress]swap.Sesh{}, map[common.Address]swap.Sesh{}
		var sum swap.Sesh
		for i := range n {
			amount := rapid.Uint64Range(1, 100).Draw(t, "amount")
			leaves = append(leaves, merkle.Leaf{Account: common.Address(holder(i)), Amount: *uint256.NewInt(amount)})
			paid[holder(i)] = swap.Sesh(rapid.Uint64Range(0, 110).Draw(t, "paid"))
			if rest := swap.Sesh(amount) - min(swap.Sesh(amount), paid[holder(i)]); rest > 0 && rest >= least {
				due[common.Address(holder(i))] = rest
				sum += rest
			}
		}
		tree, err := merkle.Build(leaves, merkle.MaxTotal())
		if err != nil {
			t.Fatal(err)
		}
		p, err := sender.MakePlan(tree, paid, least, batch)
		if err != nil {
			t.Fatal(err)
		}
		if p.Recipients != uint64(len(due)) || p.Amount != sum || p.Recipients+p.Paid+p.TooSmall != uint64(n) {
			t.Fatalf("the plan: got %+v, want %d recipients and %s", p, len(due), sum)
		}
		last := ""
		for i, rows := range p.Batches {
			if len(rows) == 0 || uint64(len(rows)) > batch || uint64(len(rows)) < batch && i < len(p.Batches)-1 {
				t.Fatalf("batch %d has %d rows", i, len(rows))
			}
			var numbers []int
			for _, r := range rows {
				if due[r.Recipient] != r.Due {
					t.Fatalf("%s is due %s, expected %s", r.Recipient, r.Due, due[r.Recipient])
				}
				delete(due, r.Recipient)
				number, _ := tree.Index(r.Recipient)
				numbers = append(numbers, number)
				if hash := merkle.LeafHash(tree.Leaf(number)).Hex(); hash <= last {
					t.Fatal("not in the order of the leaf hashes")
				} else {
					last = hash
				}
			}
			if proof, err := tree.MultiProof(numbers); err != nil || proof.Check() != nil {
				t.Fatalf("multiproof of batch %d: %v", i, err)
			}
		}
		again, err := sender.ReadPlan(p.List(), paid)
		if err != nil || !slices.EqualFunc(again.Batches, p.Batches, slices.Equal) || again.Amount != p.Amount || again.Recipients != p.Recipients {
			t.Fatalf("read back: %+v, %v", again, err)
		}
	})
}

// TestPlanSplit draws batches and what a transaction holds: the rows stay as they are, in their
// order, and no batch is cut that needs no cut.
func TestPlanSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &sender.Plan{}
		var all []sender.Row
		for _, n := range rapid.SliceOfN(rapid.IntRange(1, 300), 1, 5).Draw(t, "batches") {
			rows := make([]sender.Row, n)
			for i := range rows {
				rows[i] = sender.Row{Recipient: common.Address(holder(len(all) + i)), Due: 1}
			}
			p.Batches, all = append(p.Batches, rows), append(all, rows...)
		}
		before := len(p.Batches)
		most := rapid.IntRange(0, 400).Draw(t, "most")
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(p.Split(func(rows []sender.Row) (bool, error) { return len(rows) <= most, nil }))
		if got := slices.Concat(p.Batches...); !slices.Equal(got, all) {
			t.Fatalf("%d rows in another order or number than %d", len(got), len(all))
		}
		for _, rows := range p.Batches {
			if len(rows) > max(1, most) {
				t.Fatalf("a batch of %d", len(rows))
			}
		}
		if most >= 300 && len(p.Batches) != before {
			t.Fatalf("%d batches of %d", len(p.Batches), before)
		}
		if err := p.Split(func([]sender.Row) (bool, error) { return false, errors.New("no node") }); err == nil {
			t.Fatal("an error is lost")
		}
	})
}

func TestPlanRefuses(t *testing.T) {
	tree, err := merkle.Build([]merkle.Leaf{{Account: common.Address(holder(1)), Amount: *uint256.NewInt(5)}}, merkle.MaxTotal())
	must(t, err)
	_, err = sender.MakePlan(tree, nil, 0, 0)
	want(t, err, "rails.batch is 0")
	a := holder(1).String()
	for _, list := range []string{
		"1," + a + ",5\n", "0," + a + ",5", "0," + a + "\n", "0," + strings.ToLower(a) + ",5\n", "0," + a + ",05\n", "0," + a + ",-5\n",
		"0," + a + ",5\n2," + a + ",5\n", "0," + a + ",5\n1," + a + ",5\n0," + a + ",5\n", "x," + a + ",5\n", "\n",
	} {
		if _, err := sender.ReadPlan([]byte(list), nil); err == nil || !strings.Contains(err.Error(), "push plan, line ") {
			t.Errorf("reading plan %q: error %v, want one that names the line", list, err)
		}
	}
}

// FuzzReadPlan accepts a list only in the spelling that List gives it.
func FuzzReadPlan(f *testing.F) {
	a, b := holder(1).String(), holder(2).String()
	f.Add("")
	f.Add("0," + a + ",5\n")
	f.Add("0," + a + ",5\n0," + b + ",7\n1," + a + ",18446744073709551615\n")
	f.Add("0," + a + ",5\n2," + b + ",7\n")
	f.Fuzz(func(t *testing.T, list string) {
		p, err := sender.ReadPlan([]byte(list), nil)
		if err == nil && string(p.List()) != list {
			t.Errorf("%q reads as %q", list, p.List())
		}
	})
}
