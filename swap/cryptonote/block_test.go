package cryptonote

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"
	"testing"
)

type recordedBlockBytes struct {
	Source string
	Height uint64
	ID     BlockID
	Miner  string // "" where the daemon does not say
	Blob   []byte
}

func recordedBlocks(t testing.TB) (list []recordedBlockBytes) {
	loadZipped(t, "blocks.json.gz", &list)
	return list
}

// TestRecordedBlocks: every block hashes to the id that the daemon names, and is written again as
// it was.
func TestRecordedBlocks(t *testing.T) {
	forks, miners, transactions, previous := map[uint64]int{}, 0, 0, BlockID{}
	for _, r := range recordedBlocks(t) {
		b, err := ParseBlock(r.Blob)
		if err != nil {
			t.Fatalf("%s, height %d: %v", r.Source, r.Height, err)
		}
		if b.ID() != r.ID || b.Height() != r.Height {
			t.Errorf("%s, height %d: height %d, id %v, want %v", r.Source, r.Height, b.Height(), b.ID(), r.ID)
		}
		if r.Miner != "" {
			if miners++; b.Miner.Hash().String() != r.Miner {
				t.Errorf("%s, height %d: miner transaction %v, want %s", r.Source, r.Height, b.Miner.Hash(), r.Miner)
			}
		}
		if again, err := b.MarshalBinary(); err != nil || !bytes.Equal(again, r.Blob) {
			t.Errorf("%s, height %d: written as %x, %v", r.Source, r.Height, again, err)
		}
		if r.Source == "deposits" {
			if b.Previous != previous {
				t.Errorf("height %d: after %v, want %v", r.Height, b.Previous, previous)
			}
			previous = r.ID
		}
		for _, id := range append(slices.Clone(b.Transactions), b.Miner.Hash()) {
			if !b.Contains(id) || b.Contains(TxID(r.ID)) {
				t.Errorf("height %d: does not contain %v", r.Height, id)
			}
		}
		forks[b.Fork]++
		transactions += len(b.Transactions)
	}
	t.Logf("%d miner hashes, %d transactions, forks %v", miners, transactions, forks)
	if miners < 100 || transactions < 30 || len(forks) < 8 || forks[7] == 0 || forks[16] == 0 || forks[19] < 200 {
		t.Errorf("%d miner hashes, %d transactions, forks %v", miners, transactions, forks)
	}
}

// recordedBlockOf gives a block with at least n transactions besides the miner's.
func recordedBlockOf(t testing.TB, n int) recordedBlockBytes {
	for _, r := range recordedBlocks(t) {
		if b, err := ParseBlock(r.Blob); err == nil && len(b.Transactions) >= n {
			return r
		}
	}
	t.Fatalf("no block of %d transactions", n)
	return recordedBlockBytes{}
}

// TestBlockBindsItsContents: what is changed in a block changes its id.
func TestBlockBindsItsContents(t *testing.T) {
	r := recordedBlockOf(t, 3)
	change := func(name string, change func(b *Block)) {
		t.Helper()
		b, err := ParseBlock(bytes.Clone(r.Blob))
		if err != nil {
			t.Fatal(err)
		}
		change(b)
		if b.ID() == r.ID {
			t.Errorf("%s: the id stays", name)
		}
	}
	change("transaction hidden", func(b *Block) { b.Transactions = b.Transactions[1:] })
	change("last transaction hidden", func(b *Block) { b.Transactions = b.Transactions[:len(b.Transactions)-1] })
	change("transaction invented", func(b *Block) { b.Transactions = append(b.Transactions, TxID{1}) })
	change("transaction twice", func(b *Block) { b.Transactions = append(b.Transactions, b.Transactions[len(b.Transactions)-1]) })
	change("transactions swapped", func(b *Block) { b.Transactions[0], b.Transactions[1] = b.Transactions[1], b.Transactions[0] })
	change("another transaction", func(b *Block) { b.Transactions[1][9] ^= 1 })
	change("all hidden behind their hash", func(b *Block) {
		hashes := make([][32]byte, 0, len(b.Transactions))
		for _, id := range b.Transactions {
			hashes = append(hashes, id)
		}
		b.Transactions = []TxID{treeHash(hashes)}
	})
	change("more to the miner", func(b *Block) { b.Miner.Outputs = append(b.Miner.Outputs, TxOutput{Amount: 5e12, Key: PublicKey{2}}) })
	change("miner's extra", func(b *Block) { b.Miner.Extra[5] ^= 1 })
	change("miner's height", func(b *Block) { b.Miner.Inputs[0].Height++ })
	change("header", func(b *Block) { b.header[len(b.header)-1] ^= 1 })
	change("previous", func(b *Block) { b.header[9] ^= 1 })

	b, err := ParseBlock(r.Blob)
	if err != nil {
		t.Fatal(err)
	}
	bound := len(r.Blob) - len(b.tail)
	for i := range r.Blob {
		for bit := range 8 {
			changed := bytes.Clone(r.Blob)
			changed[i] ^= 1 << bit
			if b, err := ParseBlock(changed); err == nil && (b.ID() == r.ID) != (i >= bound) {
				t.Errorf("byte %d of %d, bit %d: id stays %v", i, len(changed), bit, b.ID() == r.ID)
			}
		}
	}
}

func TestRefusedBlocks(t *testing.T) {
	good := recordedBlockOf(t, 3).Blob
	b, err := ParseBlock(good)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(b *Block)) []byte {
		b, err := ParseBlock(bytes.Clone(good))
		if err != nil {
			t.Fatal(err)
		}
		change(b)
		blob, _ := b.MarshalBinary()
		return blob
	}
	headed := func(fork byte) []byte { return append([]byte{fork}, good[1:]...) }
	for name, c := range map[string]struct {
		blob []byte
		want Reason
	}{
		"nothing":           {nil, ErrCutOff},
		"fork 20":           {headed(20), ErrBlockFork},
		"fork 21":           {headed(21), ErrBlockFork},
		"fork 127":          {headed(127), ErrBlockFork},
		"fork 2^63":         {append(bytes.Repeat([]byte{0x80}, 9), 1), ErrBlockFork},
		"a byte more":       {append(bytes.Clone(good), 0), ErrTrailing},
		"a byte less":       {good[:len(good)-1], ErrCutOff},
		"header only":       {b.header, ErrCutOff},
		"too large":         {make([]byte, maxBlock+1), ErrBlockSize},
		"claimed ids":       {slices.Concat(b.header, good[len(b.header):len(good)-len(b.tail)-32*len(b.Transactions)-1], binary.AppendUvarint(nil, 1<<40)), ErrCutOff},
		"spending miner":    {with(func(b *Block) { b.Miner.Inputs[0] = TxInput{offsets: []byte{1}} }), ErrMinerTx},
		"miner of no input": {with(func(b *Block) { b.Miner.Inputs = nil }), ErrMinerTx},
		"hidden amounts": {with(func(b *Block) {
			n := len(b.Miner.Outputs)
			b.Miner.RingCT, b.Miner.hidden, b.Miner.commits = RingCTCLSAG, make([]byte, 8*n), make([]byte, 32*n)
		}), ErrMinerTx},
		"miner of version 9": {with(func(b *Block) { b.Miner.Version = 9 }), ErrTxVersion},
	} {
		if b, err := ParseBlock(c.blob); ReasonOf(err) != c.want || b != nil {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for n := range good {
		if _, err := ParseBlock(good[:n]); err == nil {
			t.Errorf("cut to %d bytes it is read", n)
		}
	}
}

// TestTreeHash compares with the definition by halves, of trees of all sizes to 130.
func TestTreeHash(t *testing.T) {
	var leaves [][32]byte
	for i := range 130 {
		leaves = append(leaves, Keccak256([]byte{byte(i)}))
		if got, want := treeHash(slices.Clone(leaves)), treeByHalves(leaves); got != want {
			t.Fatalf("%d leaves: %x, want %x", len(leaves), got, want)
		}
	}
}

// treeByHalves is the tree as a picture: its lowest row is paired from the right until a power of 2
// is left, whose halves are trees.
func treeByHalves(nodes [][32]byte) [32]byte {
	full := 1
	for full < len(nodes) {
		full *= 2
	}
	if n := len(nodes); full != n {
		pairs := n - full/2
		row := slices.Clone(nodes[:n-2*pairs])
		for i := n - 2*pairs; i < n; i += 2 {
			row = append(row, Keccak256(nodes[i][:], nodes[i+1][:]))
		}
		return treeByHalves(row)
	}
	if len(nodes) == 1 {
		return nodes[0]
	}
	left, right := treeByHalves(nodes[:len(nodes)/2]), treeByHalves(nodes[len(nodes)/2:])
	return Keccak256(left[:], right[:])
}

// TestHostileBlocksCostLittle: 4 MiB allocate at most twice as much.
func TestHostileBlocksCostLittle(t *testing.T) {
	r := recordedBlockOf(t, 3)
	b, err := ParseBlock(r.Blob)
	if err != nil {
		t.Fatal(err)
	}
	b.Transactions = make([]TxID, (maxBlock-len(r.Blob))/32)
	full, _ := b.MarshalBinary()
	claimed := bytes.Clone(full)
	claimed = claimed[:len(claimed)-100]
	for name, blob := range map[string][]byte{"full": full, "cut": claimed, "zeros": make([]byte, maxBlock), "numbers": bytes.Repeat([]byte{0xff}, maxBlock)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read, err := ParseBlock(blob)
		if err == nil {
			read.ID()
		}
		runtime.ReadMemStats(&after)
		if (err == nil) != (name == "full") {
			t.Errorf("%s: %v", name, err)
		}
		if cost := after.TotalAlloc - before.TotalAlloc; cost > 4*maxBlock {
			t.Errorf("%s: allocates %d bytes", name, cost)
		}
	}
}

// FuzzBlock: what is read is written as it was, and its id is its own.
func FuzzBlock(f *testing.F) {
	seeds := map[uint64]bool{}
	for _, r := range recordedBlocks(f) {
		if b, err := ParseBlock(r.Blob); err == nil && (!seeds[b.Fork] || len(b.Transactions) > 2) {
			seeds[b.Fork] = true
			f.Add(r.Blob)
		}
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		b, err := ParseBlock(blob)
		if err != nil {
			if ReasonOf(err) == "" {
				t.Errorf("no reason: %v", err)
			}
			return
		}
		if again, err := b.MarshalBinary(); err != nil || !bytes.Equal(again, blob) {
			t.Errorf("%x is written as %x, %v", blob, again, err)
		}
		if b.Fork > lastBlockFork || b.ID() == (BlockID{}) {
			t.Errorf("fork %d", b.Fork)
		}
	})
}
