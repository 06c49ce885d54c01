package devchain_test

import (
	"context"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/cmd/oxendemo/internal/devchain"
)

func start(t *testing.T, c devchain.Config) (*devchain.Chain, *ethclient.Client) {
	t.Helper()
	c.Listen = "127.0.0.1:0"
	chain, err := devchain.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := chain.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := ethclient.Dial(chain.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return chain, client
}

func send(t *testing.T, client *ethclient.Client, nonce uint64) *types.Transaction {
	t.Helper()
	from, to := devchain.Accounts()[0], devchain.Accounts()[1].Address
	tx, err := types.SignNewTx(from.Key, types.LatestSignerForChainID(big.NewInt(devchain.ChainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(devchain.ChainID), Nonce: nonce, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(10e9), Gas: 21_000, To: &to, Value: big.NewInt(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SendTransaction(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	return tx
}

// eventually asks until ok, as a user of the RPC would: blocks are made by the node's own
// goroutine.
func eventually(t *testing.T, what string, ok func(ctx context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok(ctx) {
		select {
		case <-ctx.Done():
			t.Fatal("not in time: ", what)
		case <-tick.C:
		}
	}
}

func finalized(t *testing.T, client *ethclient.Client) uint64 {
	t.Helper()
	h, err := client.HeaderByNumber(t.Context(), big.NewInt(int64(rpc.FinalizedBlockNumber)))
	if err != nil {
		t.Fatal(err)
	}
	return h.Number.Uint64()
}

func TestTransactionsAreFinalAtOnce(t *testing.T) {
	_, client := start(t, devchain.Config{Depth: 3})
	id, err := client.ChainID(t.Context())
	if err != nil || id.Int64() != devchain.ChainID {
		t.Fatal(id, err)
	}
	if n := finalized(t, client); n != 0 {
		t.Fatalf("finalized %d before any block", n)
	}
	for nonce := range uint64(5) {
		tx := send(t, client, nonce)
		eventually(t, "a final receipt", func(ctx context.Context) bool {
			r, err := client.TransactionReceipt(ctx, tx.Hash())
			return err == nil && r.Status == 1 && finalized(t, client) >= r.BlockNumber.Uint64()
		})
		head, err := client.BlockNumber(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := finalized(t, client); n+3 != head {
			t.Errorf("finalized %d with head %d", n, head)
		}
	}
	last, err := client.HeaderByNumber(t.Context(), nil)
	if err != nil || last.GasLimit != 32_000_000 {
		t.Errorf("gas limit %d, %v", last.GasLimit, err)
	}
}

func TestClock(t *testing.T) {
	fixed := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	chain, client := start(t, devchain.Config{Depth: 2, Start: fixed})
	at := func() time.Time {
		t.Helper()
		h, err := client.HeaderByNumber(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return time.Unix(int64(h.Time), 0).UTC()
	}
	if !at().Equal(fixed) {
		t.Errorf("genesis at %s", at())
	}
	var total uint64
	if err := client.Client().CallContext(t.Context(), &total, "evm_increaseTime", 3600); err != nil || total != 3600 {
		t.Fatal(total, err)
	}
	var mined string
	if err := client.Client().CallContext(t.Context(), &mined, "evm_mine"); err != nil {
		t.Fatal(err)
	}
	if d := at().Sub(fixed); d < time.Hour || d > time.Hour+time.Minute {
		t.Errorf("an hour later it is %s", at())
	}
	if _, err := chain.Advance(-time.Second); err == nil {
		t.Error("the clock went back")
	}
	if err := client.Client().CallContext(t.Context(), &mined, "evm_mine", 1_000_000); err == nil {
		t.Error("a million blocks were made")
	}
}

func TestBlocksByTime(t *testing.T) {
	_, client := start(t, devchain.Config{Depth: 2, BlockEvery: 2 * time.Millisecond})
	tx := send(t, client, 0)
	eventually(t, "a final receipt", func(ctx context.Context) bool {
		r, err := client.TransactionReceipt(ctx, tx.Hash())
		return err == nil && finalized(t, client) >= r.BlockNumber.Uint64()
	})
}

// TestAccounts holds the built-in keys against the addresses that every development chain shows for
// its mnemonic.
func TestAccounts(t *testing.T) {
	want := []string{
		"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
		"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
		"0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65", "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
		"0x976EA74026E726554dB657fA54763abd0C3a0aa9", "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
		"0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f", "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
	}
	for i, a := range devchain.Accounts() {
		if a.Address != common.HexToAddress(want[i]) {
			t.Errorf("account %d is %s, expected %s", i, a.Address, want[i])
		}
	}
}
