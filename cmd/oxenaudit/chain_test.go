package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient/simulated"

	"oxenswap/audit"
	"oxenswap/ethclient"
	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
)

// chainWorld is a chain with a token and a distributor, and a log that says so.
type chainWorld struct {
	t        *testing.T
	sim      *simulated.Backend
	reader   *ethclient.Reader
	deployer *ecdsa.PrivateKey
	guardian *ecdsa.PrivateKey
	log      *testLog
	d        swap.Distributor
}

const chainStart = 1795348800 // 2026-11-22

func key(t *testing.T, name string) *ecdsa.PrivateKey {
	t.Helper()
	k, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	must(t, err)
	return k
}

func newChainWorld(t *testing.T) *chainWorld {
	t.Helper()
	w := &chainWorld{t: t, deployer: key(t, "deployer"), guardian: key(t, "guardian")}
	w.sim = chaintest.New(chainStart, []common.Address{crypto.PubkeyToAddress(w.deployer.PublicKey), crypto.PubkeyToAddress(w.guardian.PublicKey)})
	t.Cleanup(func() { w.sim.Close() })
	var err error
	w.reader, err = ethclient.New(t.Context(), ethclient.Options{ChainID: 1337}, ethclient.Node{Name: "simulated", Backend: chaintest.Deep(w.sim.Client(), 0)})
	must(t, err)

	token := contracts.TestToken()
	args, err := token.ABI.Pack("", big.NewInt(1e18))
	must(t, err)
	created := w.send(w.deployer, nil, slices.Concat(token.Bytecode, args))
	w.log = openLog(t, testTerms(t, w.receipt(created).ContractAddress.Hex()))
	w.deploy()
	data, err := token.ABI.Pack("transfer", common.Address(w.d.Address), big.NewInt(1000))
	must(t, err)
	w.send(w.deployer, (*common.Address)(&w.d.Token), data)
	return w
}

func (w *chainWorld) sign(k *ecdsa.PrivateKey, to *common.Address, data []byte) *types.Transaction {
	w.t.Helper()
	nonce, err := w.sim.Client().PendingNonceAt(w.t.Context(), crypto.PubkeyToAddress(k.PublicKey))
	must(w.t, err)
	tx, err := types.SignNewTx(k, types.LatestSignerForChainID(big.NewInt(1337)), &types.DynamicFeeTx{
		ChainID: big.NewInt(1337), Nonce: nonce, Gas: 8_000_000, GasFeeCap: big.NewInt(1e11), GasTipCap: big.NewInt(1e9), To: to, Data: data,
	})
	must(w.t, err)
	return tx
}

func (w *chainWorld) send(k *ecdsa.PrivateKey, to *common.Address, data []byte) *types.Transaction {
	w.t.Helper()
	tx := w.sign(k, to, data)
	must(w.t, w.sim.Client().SendTransaction(w.t.Context(), tx))
	w.sim.Commit()
	w.receipt(tx)
	return tx
}

func (w *chainWorld) receipt(tx *types.Transaction) *types.Receipt {
	w.t.Helper()
	r, err := w.sim.Client().TransactionReceipt(w.t.Context(), tx.Hash())
	must(w.t, err)
	if r.Status != types.ReceiptStatusSuccessful {
		w.t.Fatalf("transaction %s failed", tx.Hash())
	}
	return r
}

// deploy creates the distributor and records it as the sender does.
func (w *chainWorld) deploy() {
	w.t.Helper()
	m, err := w.log.tables.Migration()
	must(w.t, err)
	closes := uint64(m.Closes.Unix())
	settings := struct {
		Token, Owner, Publisher, Guardian       common.Address
		ActivationDelay, TermsCloseAt, ClosesAt uint64
		MigrationId                             [8]byte
	}{
		m.Terms.Token.Address, common.HexToAddress("0x1111111111111111111111111111111111111112"), common.HexToAddress("0x2222222222222222222222222222222222222223"),
		crypto.PubkeyToAddress(w.guardian.PublicKey), 60, closes, closes + 90*86400, [8]byte(common.FromHex(m.Terms.ID())),
	}
	args, err := contracts.Distributor().ABI.Pack("", settings)
	must(w.t, err)
	tx := w.sign(w.deployer, nil, slices.Concat(contracts.Distributor().Bytecode, args))
	raw, err := tx.MarshalBinary()
	must(w.t, err)
	signed := &swap.TxSigned{
		Intent: swap.Intent{Purpose: swap.PurposeDeploy, Plan: 1}, Attempt: 1, ChainID: 1337, Sender: swap.EVMAddress(crypto.PubkeyToAddress(w.deployer.PublicKey)),
		Nonce: tx.Nonce(), Hash: swap.Hash(tx.Hash()), Raw: swap.Digest(raw), GasFee: swap.Wei(tx.GasFeeCap().Uint64()),
	}
	w.log.add(w.t, signed, raw)
	must(w.t, w.sim.Client().SendTransaction(w.t.Context(), tx))
	w.sim.Commit()
	found, err := w.reader.Receipt(w.t.Context(), signed.Hash)
	must(w.t, err)
	w.log.add(w.t, &swap.TxMined{Inclusion: *found})
	w.log.add(w.t, &swap.TxFinalized{Inclusion: *found})
	address := swap.EVMAddress(w.receipt(tx).ContractAddress)
	state, err := w.reader.Distributor(w.t.Context(), address, nil)
	must(w.t, err)
	w.d = swap.Distributor{
		Address: address, ChainID: 1337, CodeHash: state.CodeHash, Token: swap.EVMAddress(settings.Token), Owner: state.Owner,
		Publisher: state.Publisher, Guardian: state.Guardian, ActivationDelay: 60, ClosesAt: settings.ClosesAt, Block: found.Block,
	}
	w.log.add(w.t, &swap.DistributorDeployed{Distributor: w.d, Tx: signed.Hash})
	must(w.t, w.reader.Events(w.t.Context(), address, found.Block, found.Block, func(e swap.Event) error {
		w.log.add(w.t, e)
		return nil
	}))
}

// audit replays the log against the chain.
func (w *chainWorld) audit() (ok bool, report string) {
	w.t.Helper()
	dir := w.t.TempDir()
	w.log.export(w.t, dir)
	var out bytes.Buffer
	err := replay(w.t.Context(), os.DirFS(dir), audit.Options{
		Key: w.log.vkey, Migration: w.log.terms.ID(), Rules: swap.Rules1, CodeHash: codeHash,
		Chain: func(context.Context, uint64) (audit.Chain, error) { return chain{w.reader}, nil },
	}, false, "", &out)
	return err == nil, out.String()
}

// TestChain: a real distributor on a real chain is what the log says, and what happens there
// without the log is found.
func TestChain(t *testing.T) {
	w := newChainWorld(t)
	ok, report := w.audit()
	for _, want := range []string{
		"anchors: ledger key, migration id, chain\n", "  7  settings of the distributor on chain\n", "  4  events compared with the chain\n",
		"  1  distributors' code against the sources\n", "\naudit: every entry holds\n",
	} {
		if !ok || !strings.Contains(report, want) {
			t.Fatalf("want %q:\n%s", want, report)
		}
	}
	data, err := contracts.Distributor().ABI.Pack("pause")
	must(t, err)
	w.send(w.guardian, (*common.Address)(&w.d.Address), data)
	if ok, report := w.audit(); ok || !strings.Contains(report, "\naudit: chain: distributor.seen in block ") {
		t.Errorf("a pause that the log does not know:\n%s", report)
	}
	final, err := chain{w.reader}.Final(t.Context())
	must(t, err)
	must(t, w.reader.Events(t.Context(), w.d.Address, final, final, func(e swap.Event) error {
		w.log.add(t, e)
		return nil
	}))
	if ok, report := w.audit(); !ok {
		t.Errorf("the pause is in the log:\n%s", report)
	}
}

// TestDial: an RPC that cannot be reached, or is of another chain, is a problem and no crash.
func TestDial(t *testing.T) {
	w := newChainWorld(t)
	dir := t.TempDir()
	w.log.export(t, dir)
	code, out, words := oxenaudit(t, "replay", dir, "--rules", "1", "--key", w.log.vkey, "--migration", w.log.terms.ID(), "--rpc", "http://127.0.0.1:1/secret")
	if code != 1 || !strings.Contains(out, "\naudit: chain: ") || strings.Contains(out+words, "secret") {
		t.Errorf("exit code %d:\n%s%s", code, out, words)
	}
}
