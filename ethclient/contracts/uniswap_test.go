package contracts_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"oxenswap/swap/merkle"
)

// uniswapGas is what single claims cost at Uniswap's distributor.
type uniswapGas struct {
	mean, first, later uint64 // gas a claim: of all, of those that are the first in a word of the bitmap, of the others
	firsts             int    // how many are the first
}

// uniswapContract is npm's MerkleDistributor as published.
type uniswapContract struct {
	ABI      abi.ABI
	Bytecode []byte
}

// uniswapArtefact reads Uniswap's contract from where npm put it. The package names no licence, so
// that no copy of it is kept here: ok is false where it was not installed.
func uniswapArtefact(t *testing.T) (c uniswapContract, ok bool) {
	t.Helper()
	data, err := os.ReadFile("node_modules/@uniswap/merkle-distributor/build/MerkleDistributor.json")
	if errors.Is(err, fs.ErrNotExist) {
		return c, false
	}
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		ABI      json.RawMessage `json:"abi"`
		Bytecode string          `json:"bytecode"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if c.ABI, err = abi.JSON(bytes.NewReader(file.ABI)); err != nil {
		t.Fatal(err)
	}
	if c.Bytecode = common.FromHex(file.Bytecode); len(c.Bytecode) == 0 {
		t.Fatal("Uniswap's artefact has no bytecode")
	}
	return c, true
}

// measureUniswap lets the recipients of the first round claim from Uniswap's distributor, one by
// one.
func measureUniswap(t *testing.T, c uniswapContract) uniswapGas {
	t.Helper()
	leaves := gasLeaves(1)
	tree := newUniswapTree(leaves)
	w := newWorld(t, 0)
	args, err := c.ABI.Pack("", w.token, tree.root())
	w.must(err)
	w.addr = w.create(c.Bytecode, args)
	w.fund(1e16)
	calls := make([][]byte, len(leaves))
	for i, l := range leaves {
		calls[i], err = c.ABI.Pack("claim", big.NewInt(int64(i)), l.Account, l.Amount.ToBig(), raw(tree.proof(i)))
		w.must(err)
	}
	gas := w.sendAll(w.addr, calls, inBlock(calls))
	for _, l := range []merkle.Leaf{leaves[0], leaves[999]} {
		if got := w.balance(l.Account); uint64(got) != l.Amount.Uint64() {
			t.Fatalf("Uniswap's distributor paid %v %d, not %v", l.Account, got, &l.Amount)
		}
	}

	out := uniswapGas{mean: sum(gas) / uint64(len(gas))}
	var first, later []uint64
	for i, n := range gas {
		if i%256 == 0 { // claims came in the order of their bits
			first = append(first, n)
		} else {
			later = append(later, n)
		}
	}
	out.firsts, out.first, out.later = len(first), sum(first)/uint64(len(first)), sum(later)/uint64(len(later))
	return out
}

// uniswapTree is the tree of Uniswap's scripts: leaves keccak256(abi.encodePacked(index, account,
// amount)) in ascending order, pairs sorted before they are hashed, and an odd node at the end of a
// layer goes up as it is.
type uniswapTree struct {
	layers [][]common.Hash
	places []int // of leaf i in the lowest layer
}

func newUniswapTree(leaves []merkle.Leaf) *uniswapTree {
	hashes := make([]common.Hash, len(leaves))
	for i, l := range leaves {
		amount := l.Amount.Bytes32()
		hashes[i] = crypto.Keccak256Hash(common.BigToHash(big.NewInt(int64(i))).Bytes(), l.Account[:], amount[:])
	}
	layer := slices.SortedFunc(slices.Values(hashes), common.Hash.Cmp)
	t := &uniswapTree{places: make([]int, len(leaves))}
	for i, h := range hashes {
		t.places[i], _ = slices.BinarySearchFunc(layer, h, common.Hash.Cmp)
	}
	for t.layers = append(t.layers, layer); len(layer) > 1; t.layers = append(t.layers, layer) {
		var next []common.Hash
		for pair := range slices.Chunk(layer, 2) {
			if len(pair) == 1 {
				next = append(next, pair[0])
				continue
			}
			low, high := pair[0], pair[1]
			if low.Cmp(high) > 0 {
				low, high = high, low
			}
			next = append(next, crypto.Keccak256Hash(low[:], high[:]))
		}
		layer = next
	}
	return t
}

func (t *uniswapTree) root() common.Hash { return t.layers[len(t.layers)-1][0] }

func (t *uniswapTree) proof(i int) (path []common.Hash) {
	place := t.places[i]
	for _, layer := range t.layers {
		if sibling := place ^ 1; sibling < len(layer) {
			path = append(path, layer[sibling])
		}
		place /= 2
	}
	return path
}
