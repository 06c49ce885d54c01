package shards

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// TestWrite writes proofs, finds every recipient where the index says, and checks each proof.
func TestWrite(t *testing.T) {
	for _, n := range []int{1, 5, 64 * 16, 64*16 + 1, 3000} {
		leaves := make([]merkle.Leaf, n)
		for i := range leaves {
			d := swap.Digest([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
			leaves[i] = merkle.Leaf{Account: common.Address(d[:20]), Amount: *uint256.NewInt(uint64(i) + 1)}
		}
		tree, err := merkle.Build(leaves, merkle.MaxTotal())
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		r := &swap.RoundBuilt{Round: 7, Root: swap.Hash(tree.Root()), Total: swap.Sesh(tree.Total().Uint64())}
		if has, err := Has(dir, r); has || err != nil {
			t.Fatalf("before: %v, %v", has, err)
		}
		if err := Write(dir, r, tree, false); err != nil {
			t.Fatal(err)
		}
		if has, err := Has(dir, r); !has || err != nil {
			t.Fatalf("afterwards: %v, %v", has, err)
		}
		if err := Write(dir, r, tree, false); err == nil {
			t.Error("it replaces what is there")
		}
		var index Index
		read(t, dir, "claim/7/index.json", &index)
		if index.Recipients != n || index.Total != r.Total {
			t.Errorf("the index: got %+v, want all recipients and their total", index)
		}
		for i := 0; i < n; i += 1 + n/300 {
			account := tree.Leaf(i).Account
			var file struct {
				Root       common.Hash
				Recipients map[string]struct {
					Cumulative string
					Proof      []common.Hash
				}
			}
			read(t, dir, "claim/7/"+hex.EncodeToString(account[:])[:index.Digits]+".json", &file)
			found, ok := file.Recipients[account.Hex()]
			amount, err := uint256.FromDecimal(found.Cumulative)
			if !ok || err != nil || len(file.Recipients) > 3*together {
				t.Fatalf("%s among %d: %v", account, len(file.Recipients), err)
			}
			p := merkle.Proof{Root: file.Root, Leaf: merkle.Leaf{Account: account, Amount: *amount}, Path: found.Proof}
			if err := p.Check(); err != nil || file.Root != tree.Root() {
				t.Fatal(err)
			}
		}
		r.Root[0]++
		if _, err := Has(dir, r); err == nil || !strings.Contains(err.Error(), "remove them") {
			t.Errorf("files for another root: %v", err)
		}
		entries, err := os.ReadDir(filepath.Join(dir, "claim"))
		if err != nil || len(entries) != 1 {
			t.Errorf("%d folders are left: %v", len(entries), err)
		}
	}
}

func read(t *testing.T, dir, path string, to any) {
	t.Helper()
	if !IsPath(path) {
		t.Fatalf("%s is no path of a file", path)
	}
	data, err := os.ReadFile(filepath.Join(dir, path))
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestIsPath(t *testing.T) {
	for _, path := range []string{"claim/0/index.json", "claim/1/../index.json", "claim/1/xy.json", "claim/1/AB.json", "claim/1/abcde.json", "claim/index.json", "/claim/1/a.json", "claim/1/a.json/"} {
		if IsPath(path) {
			t.Errorf("%s is one", path)
		}
	}
}
