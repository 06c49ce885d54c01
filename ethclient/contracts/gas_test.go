package contracts_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/holiman/uint256"

	"oxenswap/swap/merkle"
)

var update = flag.Bool("update", false, "rewrite bench/gas.md and testdata/gas.snapshot")

const (
	gasRecipients = 1000
	gasTable      = "../../bench/gas.md"
)

// gasLeaves are the recipients of the gas table: recipient i is the first 20 bytes of the SHA-256
// of i in decimal, and is owed i*10^9+1, and 5*10^9 more in each later round.
func gasLeaves(round int) []merkle.Leaf {
	leaves := make([]merkle.Leaf, gasRecipients)
	for i := range leaves {
		hash := sha256.Sum256(fmt.Append(nil, i))
		amount := uint64(i)*1e9 + 1 + uint64(round-1)*5e9
		leaves[i] = merkle.Leaf{Account: common.Address(hash[:20]), Amount: *uint256.NewInt(amount)}
	}
	return leaves
}

func gasTree(t *testing.T, round int) *merkle.Tree {
	t.Helper()
	tree, err := merkle.Build(gasLeaves(round), merkle.MaxTotal())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestGas measures what it costs to pay 1,000 recipients in each way that there is, under prague
// rules, and holds the table of it and the limits. Every figure is the gas of whole transactions
// for each recipient in them.
func TestGas(t *testing.T) {
	if raceEnabled {
		t.Skip("left out under the race detector: 7,000 transactions one after the other, measured without it by make test")
	}
	if root := gasTree(t, 1).Root().Hex(); root != "0x0bbae3588a85f58c29e875a1f55e3a7c231865d00d798d82bb7469527a29a6b1" {
		t.Fatalf("these are not the 1,000 recipients of the table: root %s", root)
	}
	rows := map[string][2]uint64{"claim": claimsGas(t)} // gas for each recipient: first round, second round
	order := []string{"claim"}
	for _, way := range []struct {
		name    string
		measure func(*testing.T, int) [2]uint64
		batches []int
	}{{"pushed", pushGas, []int{1, 50, 200, 400}}, {"loop", loopGas, []int{50, 200, 400}}} {
		for _, n := range way.batches {
			name := fmt.Sprintf("%s %d", way.name, n)
			rows[name] = way.measure(t, n)
			order = append(order, name)
		}
	}

	names := map[string]string{"claim": "single claim", "pushed": "pushed in batches of", "loop": "plain transfers in a loop of"}
	var table strings.Builder
	table.WriteString(gasIntroduction)
	for _, row := range order {
		way, n, _ := strings.Cut(row, " ")
		fmt.Fprintf(&table, "| %s | %d | %d |\n", strings.TrimSpace(names[way]+" "+n), rows[row][0], rows[row][1])
	}

	limit := func(what string, a, b uint64, max float64) {
		ratio := float64(a) / float64(b)
		fmt.Fprintf(&table, "| %s | %.3f | %.2f |\n", what, ratio, max)
		if ratio > max {
			t.Errorf("%s: %d / %d = %.3f, more than %.2f", what, a, b, ratio, max)
		}
	}
	claim := rows["claim"][0]
	var u uniswapGas
	artefact, measured := uniswapArtefact(t)
	if measured {
		u = measureUniswap(t, artefact)
		fmt.Fprintf(&table, "| Uniswap's single claim | %d | never again |\n", u.mean)
		fmt.Fprintf(&table, "| - the first bit of a word (%d of them) | %d | |\n", u.firsts, u.first)
		fmt.Fprintf(&table, "| - a later bit | %d | |\n", u.later)
	} else {
		table.WriteString(committedLines(t, "| Uniswap's", "| - "))
	}
	table.WriteString("\n| ratio | measured | limit |\n|---|---|---|\n")
	limit("pushed in batches of 200 / transfer to a fresh holder in a loop of 200", rows["pushed 200"][0], rows["loop 200"][0], 2)
	limit("pushed in batches of 200, second round / single claim", rows["pushed 200"][1], claim, 0.31)
	if measured {
		limit("single claim / Uniswap's single claim", claim, u.mean, 1.32)
	} else {
		table.WriteString(committedLines(t, "| single claim / Uniswap's"))
	}
	t.Log("\n" + table.String())
	compareGas(t, gasTable, table.String())
	t.Run("beside Uniswap's", func(t *testing.T) {
		if !measured {
			t.Skip("left out: Uniswap's distributor is not installed, its figures were taken from the committed table; make check installs it with npm and measures it")
		}
	})
}

const gasIntroduction = `# Gas of paying 1,000 recipients

Whole transactions (21,000 and calldata included), gas for each recipient in them, prague rules, mean over all 1,000.
Recipient i is the first 20 bytes of the SHA-256 of i in decimal and is owed i*10^9+1, in the second round 5*10^9 more;
nobody holds the token before the first round. Batches hold leaves that are consecutive in leaf-hash order. Uniswap's is
npm's @uniswap/merkle-distributor 1.0.1 as published: it pays each leaf once in its life, and has no pause, delay or
funding rule. The token is OpenZeppelin's ERC-20 throughout.
` + "`go test ./ethclient/contracts -run 'TestGas$' -update`" + ` writes this table; every test run compares it.

| way | first round | second round |
|---|---|---|
`

// claimsGas lets all recipients claim one by one, in two rounds.
func claimsGas(t *testing.T) (rounds [2]uint64) {
	w := newWorld(t, 1e16)
	for round := range rounds {
		tree := gasTree(t, round+1)
		w.publish(uint64(round+1), tree)
		calls := make([][]byte, gasRecipients)
		for i := range calls {
			p := tree.Proof(i)
			calls[i] = w.d.PackClaim(p.Leaf.Account, p.Leaf.Amount.ToBig(), raw(p.Path))
		}
		rounds[round] = sum(w.sendAll(w.addr, calls, inBlock(calls))) / gasRecipients
	}
	return rounds
}

// pushGas pays all recipients in batches of n, in two rounds.
func pushGas(t *testing.T, n int) (rounds [2]uint64) {
	w := newWorld(t, 1e16)
	for round := range rounds {
		tree := gasTree(t, round+1)
		w.publish(uint64(round+1), tree)
		ranks := make([]int, gasRecipients)
		for rank := range ranks {
			ranks[rank] = tree.ByHash(rank)
		}
		var calls [][]byte
		for batch := range slices.Chunk(ranks, n) {
			calls = append(calls, w.batchOf(tree, batch))
		}
		rounds[round] = sum(w.sendAll(w.addr, calls, inBlock(calls))) / gasRecipients
	}
	return rounds
}

// loopGas transfers to all recipients from a contract that does nothing else, n at a time, in two
// rounds.
func loopGas(t *testing.T, n int) (rounds [2]uint64) {
	w := newWorld(t, 0)
	loop := loadArtifact(t, "TransferLoop")
	w.addr = w.create(loop.Bytecode, nil)
	w.fund(1e16)
	for round := range rounds {
		var calls [][]byte
		for part := range slices.Chunk(gasLeaves(round+1), n) {
			var to []common.Address
			var amounts []*big.Int
			for _, l := range part {
				to = append(to, l.Account)
				amounts = append(amounts, l.Amount.ToBig())
			}
			data, err := loop.ABI.Pack("run", w.token, to, amounts)
			w.must(err)
			calls = append(calls, data)
		}
		rounds[round] = sum(w.sendAll(w.addr, calls, inBlock(calls))) / gasRecipients
	}
	return rounds
}

// sendAll mines calls by the stranger in their order, up to `most` in a block, and returns what
// each used. All must succeed. Its neighbours in a block change nothing about what a transaction
// costs.
func (w *world) sendAll(to common.Address, calls [][]byte, most int) []uint64 {
	w.t.Helper()
	ctx := context.Background()
	gas := make([]uint64, 0, len(calls))
	for part := range slices.Chunk(calls, most) {
		nonce, err := w.c.NonceAt(ctx, w.stranger.addr, nil)
		w.must(err)
		fee := new(big.Int).Add(new(big.Int).Mul(w.head().BaseFee, big.NewInt(2)), big.NewInt(tip))
		for i, data := range part {
			tx, err := types.SignNewTx(w.stranger.key, types.LatestSignerForChainID(big.NewInt(1337)), &types.DynamicFeeTx{
				ChainID: big.NewInt(1337), Nonce: nonce + uint64(i), To: &to, Data: data, Gas: gasLimit / uint64(most),
				GasTipCap: big.NewInt(tip), GasFeeCap: fee,
			})
			w.must(err)
			w.must(w.c.SendTransaction(ctx, tx))
		}
		var receipts []*types.Receipt
		for empty := 0; len(receipts) < len(part); {
			block := w.sim.Commit()
			more, err := w.c.(blockReceipts).BlockReceipts(ctx, rpc.BlockNumberOrHashWithHash(block, true))
			w.must(err)
			// A busy machine may cut a block short, and make the next before the pool has caught up
			// with it.
			if empty++; len(more) > 0 {
				empty = 0
			} else if empty == 100 {
				w.t.Fatalf("only %d of %d transactions were mined", len(receipts), len(part))
			}
			receipts = append(receipts, more...)
		}
		for i, r := range receipts {
			if r.Status != types.ReceiptStatusSuccessful {
				w.t.Fatalf("transaction %d of the block reverted", i)
			}
			gas = append(gas, r.GasUsed)
		}
	}
	return gas
}

// inBlock is how many of the calls that pay all recipients fit into a block.
func inBlock(calls [][]byte) int { return max(1, len(calls)/5) }

func sum(list []uint64) (total uint64) {
	for _, n := range list {
		total += n
	}
	return total
}

// committedLines returns the lines of the committed table that begin with one of the prefixes.
func committedLines(t *testing.T, prefixes ...string) string {
	t.Helper()
	data, err := os.ReadFile(gasTable)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(data)) {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(line, p) }) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// compareGas holds a file of gas figures against what was measured, or rewrites it.
func compareGas(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	was := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(was) || line != was[i] {
			t.Errorf("%s is stale: run the test with -update and look at the difference. Line %d is now\n%s", path, i+1, line)
			return
		}
	}
	t.Errorf("%s has more lines than were measured: run the test with -update", path)
}
