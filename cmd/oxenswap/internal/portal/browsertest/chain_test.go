package browsertest

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
)

// chainID is that of `oxendemo chain`.
const chainID = 1337

// chain is `oxendemo chain`, a child process, with the test token and a distributor.
type chain struct {
	t           *testing.T
	client      *ethclient.Client
	keys        []*ecdsa.PrivateKey // of the funded accounts, which everybody knows
	token       common.Address
	distributor common.Address
	settings    bindings.SessionTokenDistributorSettings
}

// startChain starts a chain and deploys the token and a distributor for the terms.
func startChain(t *testing.T, terms *swap.Terms) *chain {
	t.Helper()
	program := t.TempDir() + "/oxendemo"
	if out, err := exec.Command("go", "build", "-o", program, "oxenswap/cmd/oxendemo").CombinedOutput(); err != nil {
		t.Fatalf("building oxendemo: %v\n%s", err, out)
	}
	c := &chain{t: t, token: common.Address(terms.Token.Address)}
	node := exec.Command(program, "chain")
	out, err := node.StdoutPipe()
	c.must(err)
	c.must(node.Start())
	t.Cleanup(func() {
		node.Process.Signal(syscall.SIGTERM)
		io.Copy(io.Discard, out)
		node.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	c.must(err)
	url = strings.TrimSpace(url)
	if out, err := exec.Command(program, "token", "--rpc", url).CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != c.token.Hex() {
		t.Fatalf("the test token: %s: %v", out, err)
	}
	accounts, err := exec.Command(program, "chain", "accounts", "--json").Output()
	c.must(err)
	var list []struct{ Key string }
	c.must(json.Unmarshal(accounts, &list))
	for _, a := range list {
		key, err := crypto.HexToECDSA(strings.TrimPrefix(a.Key, "0x"))
		c.must(err)
		c.keys = append(c.keys, key)
	}
	c.client, err = ethclient.Dial(url)
	c.must(err)
	t.Cleanup(c.client.Close)
	closes := uint64(terms.Closes.Unix())
	c.settings = bindings.SessionTokenDistributorSettings{
		Token: c.token, Owner: c.address(3), Publisher: c.address(1), Guardian: c.address(2), ActivationDelay: 3600, TermsCloseAt: closes,
		ClosesAt: closes + 100*86400, MigrationId: [8]byte(common.FromHex(terms.ID())),
	}
	code := append(append([]byte{}, contracts.Distributor().Bytecode...), bindings.NewSessionTokenDistributor().PackConstructor(c.settings)...)
	c.distributor = c.send(0, nil, code).ContractAddress
	return c
}

func (c *chain) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *chain) address(account int) common.Address {
	return crypto.PubkeyToAddress(c.keys[account].PublicKey)
}

// sign makes a transaction of an account.
func (c *chain) sign(ctx context.Context, key *ecdsa.PrivateKey, to *common.Address, data []byte) (*types.Transaction, error) {
	from := crypto.PubkeyToAddress(key.PublicKey)
	nonce, err := c.client.PendingNonceAt(ctx, from)
	if err != nil {
		return nil, err
	}
	gas, err := c.client.EstimateGas(ctx, ethereum.CallMsg{From: from, To: to, Data: data})
	if err != nil {
		return nil, fmt.Errorf("a transaction of %s with %.8x: %w", from, data, err)
	}
	return types.SignNewTx(key, types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Nonce: nonce, To: to, Data: data, Gas: gas + gas/5, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(1e10),
	})
}

// send sends a transaction of an account and waits for its block.
func (c *chain) send(account int, to *common.Address, data []byte) *types.Receipt {
	c.t.Helper()
	ctx, stop := context.WithTimeout(c.t.Context(), patience)
	defer stop()
	tx, err := c.sign(ctx, c.keys[account], to, data)
	c.must(err)
	c.must(c.client.SendTransaction(ctx, tx))
	receipt, err := c.mined(ctx, tx.Hash())
	c.must(err)
	if receipt.Status != types.ReceiptStatusSuccessful {
		c.t.Fatalf("transaction %s failed", tx.Hash())
	}
	return receipt
}

func (c *chain) mined(ctx context.Context, hash common.Hash) (*types.Receipt, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		receipt, err := c.client.TransactionReceipt(ctx, hash)
		if err == nil {
			return receipt, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
}

// balance is what an address has of the token.
func (c *chain) balance(of swap.EVMAddress) swap.Sesh {
	c.t.Helper()
	data, err := c.client.CallContract(c.t.Context(), ethereum.CallMsg{To: &c.token, Data: bindings.NewTestToken().PackBalanceOf(common.Address(of))}, nil)
	c.must(err)
	return swap.Sesh(new(big.Int).SetBytes(data).Uint64())
}

// publish funds a root, proposes it and makes it live.
func (c *chain) publish(r *swap.RoundBuilt, ledgerSize uint64, ledgerRoot swap.Hash) (proposed, activated *types.Receipt) {
	c.t.Helper()
	d, total := bindings.NewSessionTokenDistributor(), new(big.Int).SetUint64(uint64(r.Total))
	c.send(0, &c.token, bindings.NewTestToken().PackTransfer(c.distributor, total))
	proposed = c.send(1, &c.distributor, d.PackPropose(r.Round, r.Root, total, ledgerSize, ledgerRoot))
	var seconds uint64 // blocks are a second apart at least, so the chain may be ahead of its clock
	c.must(c.client.Client().CallContext(c.t.Context(), &seconds, "evm_increaseTime", c.settings.ActivationDelay+600))
	var mined string
	c.must(c.client.Client().CallContext(c.t.Context(), &mined, "evm_mine", 1))
	return proposed, c.send(1, &c.distributor, d.PackActivate())
}

// wallet is a browser wallet: it answers what pages ask of window.ethereum, and signs with its own
// key.
type wallet struct {
	chain  *chain // nil: it only has an address
	key    *ecdsa.PrivateKey
	refuse atomic.Bool   // its owner says no
	id     atomic.Uint64 // of the chain that it is on
	legacy bool          // it does not announce itself

	mu    sync.Mutex
	asked []string // methods
}

func newWallet(c *chain, key *ecdsa.PrivateKey) *wallet {
	w := &wallet{chain: c, key: key}
	w.id.Store(chainID)
	return w
}

func (w *wallet) address() swap.EVMAddress {
	return swap.EVMAddress(crypto.PubkeyToAddress(w.key.PublicKey))
}

// script puts the wallet into pages.
func (w *wallet) script() string {
	provider := `const provider = {request: async (r) => {
		const answer = JSON.parse(await askWallet(JSON.stringify(r)));
		if (answer.error) throw Object.assign(new Error(answer.error), {code: 4001});
		return answer.result;
	}};`
	if w.legacy {
		return provider + `window.ethereum = provider;`
	}
	return provider + `
		const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", {detail: Object.freeze({
			info: {uuid: "350670db-19fa-4704-a166-e52e178b59d2", name: "Test <b>wallet</b>", icon: "data:image/svg+xml,", rdns: "example.wallet"}, provider})}));
		addEventListener("eip6963:requestProvider", announce);
		announce();`
}

// answer answers a request of a page.
func (w *wallet) answer(ctx context.Context, request string) (string, error) {
	result, err := w.request(ctx, request)
	out := map[string]any{"result": result}
	if err != nil {
		out = map[string]any{"error": err.Error()}
	}
	text, err := json.Marshal(out)
	return string(text), err
}

func (w *wallet) request(ctx context.Context, request string) (any, error) {
	var r struct {
		Method string `json:"method"`
		Params []json.RawMessage
	}
	if err := json.Unmarshal([]byte(request), &r); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.asked = append(w.asked, r.Method)
	w.mu.Unlock()
	switch r.Method {
	case "eth_requestAccounts":
		if w.refuse.Load() {
			return nil, errors.New("User rejected the request.")
		}
		return []string{strings.ToLower(w.address().String())}, nil
	case "eth_chainId":
		return hexutil.Uint64(w.id.Load()), nil
	case "wallet_switchEthereumChain":
		var to struct{ ChainID hexutil.Uint64 }
		if err := json.Unmarshal(r.Params[0], &to); err != nil {
			return nil, err
		}
		if w.refuse.Load() {
			return nil, errors.New("User rejected the request.")
		}
		w.id.Store(uint64(to.ChainID))
		return nil, nil
	case "eth_sendTransaction":
		return w.send(ctx, r.Params[0])
	case "eth_getTransactionReceipt":
		var hash common.Hash
		if err := json.Unmarshal(r.Params[0], &hash); err != nil {
			return nil, err
		}
		receipt, err := w.chain.client.TransactionReceipt(ctx, hash)
		if errors.Is(err, ethereum.NotFound) {
			return nil, nil
		}
		return receipt, err
	}
	return nil, fmt.Errorf("the method %s is not known", r.Method)
}

// send signs and sends a transaction, as wallets do when their owner agrees.
func (w *wallet) send(ctx context.Context, params json.RawMessage) (any, error) {
	var t struct {
		From, To common.Address
		Data     hexutil.Bytes
		Value    hexutil.Big
	}
	if err := json.Unmarshal(params, &t); err != nil {
		return nil, err
	}
	if t.From != common.Address(w.address()) || t.Value.ToInt().Sign() != 0 {
		return nil, fmt.Errorf("the page wants to send %v from %s", t.Value.ToInt(), t.From)
	}
	tx, err := w.chain.sign(ctx, w.key, &t.To, t.Data)
	if err != nil {
		return nil, err
	}
	return tx.Hash(), w.chain.client.SendTransaction(ctx, tx)
}
