package main

import (
	"context"
	"encoding/json"
	"math/big"
	"os"
	"strconv"
	"syscall"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/rogpeppe/go-internal/testscript"

	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/safe"
)

// testRoles are the places of the roles' keys among testKeys.
var testRoles = map[string]int{"owner": 0, "publisher": 1, "guardian": 2}

// signExport is `sign ROLE FILE METHOD`: it does what the owners of a Safe with that role do with
// an exported file.
func signExport(ts *testscript.TestScript, _ bool, args []string) {
	var b safe.Batch
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &b))
	key := testKeys()[testRoles[args[0]]]
	if b.ChainID != "1337" || b.Meta.Safe != key.Address.Hex() || len(b.Transactions) != 1 {
		ts.Fatalf("%+v", b)
	}
	tx := b.Transactions[0]
	data, err := hexutil.Decode(tx.Data)
	ts.Check(err)
	var method *abi.Method
	for _, a := range []*contracts.Artifact{contracts.Distributor(), contracts.TestToken()} {
		if m, err := a.ABI.MethodById(data); err == nil {
			method = m
		}
	}
	if method == nil || method.Name != args[2] || tx.Method.Name != args[2] {
		ts.Fatalf("it calls %v and names %s, expected %s", method, tx.Method.Name, args[2])
	}
	chain := ts.Value("chain").(*testChain)
	chain.call(ts, args[0], common.HexToAddress(tx.To), data)
	if args[2] == "transfer" {
		ts.Setenv("DISTRIBUTOR", tx.Inputs["to"])
	}
}

// gift is `gift AMOUNT`: the owner transfers some of the token to the distributor.
func gift(ts *testscript.TestScript, _ bool, args []string) {
	amount, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	data, err := contracts.TestToken().ABI.Pack("transfer", common.HexToAddress(ts.Getenv("DISTRIBUTOR")), big.NewInt(amount))
	ts.Check(err)
	chain := ts.Value("chain").(*testChain)
	chain.call(ts, "owner", chain.token, data)
}

// call sends a call of a role and makes it final.
func (c *testChain) call(ts *testscript.TestScript, role string, to common.Address, data []byte) {
	ctx, key, client := context.Background(), testKeys()[testRoles[role]], c.sim.Client()
	nonce, err := client.NonceAt(ctx, key.Address, nil)
	ts.Check(err)
	tx, err := types.SignNewTx(key.PrivateKey, types.LatestSignerForChainID(big.NewInt(1337)), &types.DynamicFeeTx{
		ChainID: big.NewInt(1337), Nonce: nonce, Gas: 1_000_000, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(1e10), To: &to, Data: data,
	})
	ts.Check(err)
	ts.Check(client.SendTransaction(ctx, tx))
	c.settle()
	r, err := client.TransactionReceipt(ctx, tx.Hash())
	ts.Check(err)
	if r.Status != types.ReceiptStatusSuccessful {
		ts.Fatalf("the call failed")
	}
}

// holdLock is `hold FILE`: it takes a data directory's lock, as a running service does, until
// `release`.
func holdLock(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	ts.Check(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	chain := ts.Value("chain").(*testChain)
	chain.lock = f
}

func releaseLock(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Value("chain").(*testChain).lock.Close())
}
