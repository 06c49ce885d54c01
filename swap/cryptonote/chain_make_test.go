package cryptonote

import (
	"context"
	"reflect"
	"slices"
	"testing"
)

// TestMakeStake: what is made is read as it was planned, whole and after it was written and pruned.
func TestMakeStake(t *testing.T) {
	s := emptyScene(t)
	node := publicKey(s.scalar())
	for _, plan := range []StakePlan{
		{Node: node, Amounts: []uint64{5e9}},
		{Node: node, Amounts: []uint64{1, 2, 1 << 63}, Registers: true},
		{Node: node, Amounts: []uint64{7}, Torsion: 4},
		{Node: node, Amounts: []uint64{7, 8}, Torsion: 2},
		{Node: node, Amounts: []uint64{7}, Torsion: 3, Registers: true},
	} {
		made, err := s.w.MakeStake(plan, s.rand)
		if err != nil {
			t.Fatal(err)
		}
		blob, err := made.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		read, err := ParsePrunedTransaction(blob[:len(blob)-len(made.prunable)], Keccak256(made.prunable))
		if err != nil || read.Hash() != made.Hash() {
			t.Fatalf("ParsePrunedTransaction of %+v: got %v, want no error", plan, err)
		}
		stake, err := read.Stake(context.Background(), Mainnet)
		if err != nil || stake.Node != node || stake.Registers != plan.Registers || stake.Contributor != s.w.Address() {
			t.Fatalf("%+v: %+v, %v", plan, stake, err)
		}
		var amounts []uint64
		owned := s.w.Outputs(made)
		for i, c := range stake.Locked {
			amounts = append(amounts, c.Amount)
			if want := PublicKey(owned[i].KeyImage).Torsioned(plan.Torsion); PublicKey(c.KeyImage) != want || c.Key != owned[i].Key {
				t.Errorf("%+v: %+v, want image %v", plan, c, want)
			}
			if reason := ReasonOf(PublicKey(c.KeyImage).Check()); (reason == ErrTorsion) != (plan.Torsion > 0) {
				t.Errorf("%+v: image is %q", plan, reason)
			}
		}
		if !slices.Equal(amounts, plan.Amounts) {
			t.Errorf("%+v: %v", plan, amounts)
		}
	}
}

func TestTorsioned(t *testing.T) {
	key := publicKey(HashToScalar([]byte("key")))
	seen := map[PublicKey]bool{}
	for n, low := range torsionPoints(t) {
		p, err := key.onCurve("key")
		if err != nil {
			t.Fatal(err)
		}
		got := key.Torsioned(n)
		if want := PublicKey(p.Add(p, low).Bytes()); got != want {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
		seen[got] = true
	}
	if len(seen) != 8 || key.Torsioned(8) != key || (PublicKey{2}).Torsioned(1) != (PublicKey{2}) {
		t.Errorf("%d keys", len(seen))
	}
}

// TestNewBlock: of every hard fork it is read again as it was made.
func TestNewBlock(t *testing.T) {
	for fork := uint64(7); fork <= 19; fork++ {
		b, err := NewBlock(fork, 1<<40, 1700000000, BlockID{7}, []TxID{{1}, {2}})
		if err != nil {
			t.Fatal(err)
		}
		blob, err := b.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		read, err := ParseBlock(blob)
		if err != nil || read.ID() != b.ID() || read.Height() != 1<<40 || read.Timestamp != b.Timestamp || read.Previous != b.Previous || !reflect.DeepEqual(read.Transactions, b.Transactions) {
			t.Errorf("fork %d: %+v, %v", fork, read, err)
		}
	}
	if b, err := NewBlock(20, 1, 1, BlockID{}, nil); ReasonOf(err) != ErrBlockFork || b != nil {
		t.Errorf("fork 20: %+v, %v", b, err)
	}
}
