package ethclient_test

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/ethclient"
	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
)

// altered is a node that answers as told.
type altered struct {
	client
	id      func() *big.Int
	header  func(number *big.Int, h *types.Header, err error) (*types.Header, error)
	code    func(code []byte) []byte
	call    func(answer []byte, err error) ([]byte, error)
	logs    func(q ethereum.FilterQuery, logs []types.Log, err error) ([]types.Log, error)
	receipt func(r *types.Receipt, err error) (*types.Receipt, error)
}

// Client makes the reader ask one by one where a single answer is altered.
func (a *altered) Client() *rpc.Client {
	if a.receipt != nil || a.header != nil {
		return nil
	}
	return a.client.Client()
}

func (a *altered) ChainID(ctx context.Context) (*big.Int, error) {
	if a.id != nil {
		return a.id(), nil
	}
	return a.client.ChainID(ctx)
}

func (a *altered) HeaderByNumber(ctx context.Context, n *big.Int) (*types.Header, error) {
	h, err := a.client.HeaderByNumber(ctx, n)
	if a.header != nil {
		return a.header(n, h, err)
	}
	return h, err
}

func (a *altered) CodeAt(ctx context.Context, account common.Address, block *big.Int) ([]byte, error) {
	code, err := a.client.CodeAt(ctx, account, block)
	if a.code != nil {
		return a.code(code), err
	}
	return code, err
}

func (a *altered) CallContract(ctx context.Context, msg ethereum.CallMsg, block *big.Int) ([]byte, error) {
	answer, err := a.client.CallContract(ctx, msg, block)
	if a.call != nil {
		return a.call(answer, err)
	}
	return answer, err
}

func (a *altered) FilterLogs(ctx context.Context, q ethereum.FilterQuery) ([]types.Log, error) {
	logs, err := a.client.FilterLogs(ctx, q)
	if a.logs != nil {
		return a.logs(q, logs, err)
	}
	return logs, err
}

func (a *altered) TransactionReceipt(ctx context.Context, hash common.Hash) (*types.Receipt, error) {
	r, err := a.client.TransactionReceipt(ctx, hash)
	if a.receipt != nil {
		return a.receipt(r, err)
	}
	return r, err
}

func TestNewRefuses(t *testing.T) {
	w := newWorld(t)
	node := ethclient.Node{Name: "here", Backend: w.c}
	var wrong *ethclient.ChainError
	if _, err := ethclient.New(t.Context(), ethclient.Options{ChainID: 42161}, node); !errors.As(err, &wrong) || wrong.Got != "1337" {
		t.Errorf("another chain: %v", err)
	}
	huge := &altered{client: w.c, id: func() *big.Int { return new(big.Int).Lsh(big.NewInt(1337), 64) }}
	if _, err := ethclient.New(t.Context(), ethclient.Options{ChainID: 1337}, node, ethclient.Node{Name: "huge", Backend: huge}); !errors.As(err, &wrong) || wrong.Node != "huge" {
		t.Errorf("a chain id above 2^64: %v", err)
	}
	if _, err := ethclient.New(t.Context(), ethclient.Options{ChainID: chainID}); err == nil {
		t.Error("no node was accepted")
	}
	if _, err := ethclient.New(t.Context(), ethclient.Options{}, node); err == nil {
		t.Error("no chain id was accepted")
	}
}

func TestFinalized(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	check := func(want uint64) {
		t.Helper()
		b, err := w.asking(w.c).Finalized(ctx)
		if err != nil || b.Number != want {
			t.Errorf("final block %d, %v, want %d", b.Number, err, want)
		}
		h, err := w.c.HeaderByNumber(ctx, new(big.Int).SetUint64(want))
		w.must(err)
		if b.Hash != h.Hash() || b.Parent != h.ParentHash || b.Time != h.Time {
			t.Errorf("block %+v is not %v", b, h)
		}
	}
	check(0)
	w.mine(2*epoch + 5)
	check(2 * epoch)

	// A node that knows of no final block.
	none := &altered{client: w.c, header: func(n *big.Int, h *types.Header, err error) (*types.Header, error) {
		if n != nil && n.Int64() == int64(rpc.FinalizedBlockNumber) {
			return nil, &rpcError{"finalized block not found"}
		}
		return h, err
	}}
	if _, err := w.asking(none).Finalized(ctx); !errors.Is(err, ethclient.ErrNoFinal) {
		t.Errorf("no final block: %v", err)
	}
	// One that cannot be reached is something else.
	gone := &altered{client: w.c, header: func(*big.Int, *types.Header, error) (*types.Header, error) {
		return nil, errors.New("connection refused")
	}}
	if _, err := w.asking(gone).Finalized(ctx); err == nil || errors.Is(err, ethclient.ErrNoFinal) {
		t.Errorf("no connection: %v", err)
	}
	// One that answers with another block than it was asked for.
	other := &altered{client: w.c, header: func(n *big.Int, h *types.Header, err error) (*types.Header, error) {
		if n != nil && n.Sign() > 0 {
			return w.c.HeaderByNumber(ctx, new(big.Int).Sub(n, big.NewInt(1)))
		}
		return h, err
	}}
	if _, err := w.asking(other).BlockAt(ctx, 5); !errors.Is(err, ethclient.ErrMalformed) {
		t.Errorf("another block: %v", err)
	}
}

// rpcError is a refusal by a node, as go-ethereum's client reports it.
type rpcError struct{ text string }

func (e *rpcError) Error() string { return e.text }
func (*rpcError) ErrorCode() int  { return -32000 }

var _ rpc.Error = (*rpcError)(nil)

func TestNodesMustAgree(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	ctx := t.Context()
	// The other chain has the same first blocks, then one of its own.
	other.send(other.deployer, other.token, bindings.NewTestToken().PackTransfer(chaintest.Holder(0), big.NewInt(1)))
	w.mine(3)
	other.mine(3)
	w.mine(1)

	var differ *ethclient.DisagreeError
	if _, err := w.over(w.c, other.c).Finalized(ctx); !errors.As(err, &differ) || differ.B != "node-1" {
		t.Errorf("final blocks: %v", err)
	}
	if err := w.over(w.c, other.c).Agree(ctx); !errors.As(err, &differ) {
		t.Errorf("heads: %v", err)
	}
	same := w.over(w.c, w.c)
	w.must(same.Agree(ctx))
	// A node that lags behind does not disagree; its final block counts.
	late := &altered{client: w.c, header: func(n *big.Int, h *types.Header, err error) (*types.Header, error) {
		if n == nil {
			return w.c.HeaderByNumber(ctx, big.NewInt(4))
		}
		return h, err
	}}
	b, err := w.over(w.c, late).Finalized(ctx)
	if err != nil || b.Number != 4 {
		t.Errorf("final block %d, %v, want the late node's 4", b.Number, err)
	}
}

func TestOnChain(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	r := w.reader()
	head, err := r.Head(ctx)
	w.must(err)
	on := func(n uint64, hash common.Hash, want bool) {
		t.Helper()
		if got, err := r.OnChain(ctx, n, swap.Hash(hash)); err != nil || got != want {
			t.Errorf("block %d on chain: %t, %v, want %t", n, got, err, want)
		}
	}
	on(head.Number, head.Hash, true)
	on(head.Number, head.Parent, false)
	on(head.Number+1, head.Hash, false)
	w.sim.Rollback()
	w.must(w.sim.Fork(head.Parent))
	w.pass(100)
	w.mine(2)
	on(head.Number, head.Hash, false)
	on(head.Number-1, head.Parent, true)
}

func TestCheckToken(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	token, err := w.reader().CheckToken(ctx, w.token, "SESH")
	if err != nil || token.Symbol != "SESH" || token.Supply.Cmp(big.NewInt(1e15)) != 0 {
		t.Errorf("the token: got %+v, %v, want SESH, 1e15", token, err)
	}
	var noCode *ethclient.NoCodeError
	if _, err := w.reader().CheckToken(ctx, swap.EVMAddress(chaintest.Holder(1)), "SESH"); !errors.As(err, &noCode) || noCode.What != "token" {
		t.Errorf("no code: %v", err)
	}
	var symbol *ethclient.SymbolError
	if _, err := w.reader().CheckToken(ctx, w.token, "OXEN"); !errors.As(err, &symbol) || symbol.Got != "SESH" {
		t.Errorf("another symbol: %v", err)
	}
	var decimals *ethclient.DecimalsError
	if _, err := w.reader().CheckToken(ctx, w.addr, "SESH"); !errors.As(err, &decimals) {
		t.Errorf("a contract that is no token: %v", err)
	}
	answers := func(word ...byte) *altered {
		return &altered{client: w.c, call: func([]byte, error) ([]byte, error) { return word, nil }}
	}
	for name, answer := range map[string][]byte{
		"18 decimals": common.LeftPadBytes([]byte{18}, 32), "265 decimals": common.LeftPadBytes([]byte{1, 9}, 32),
		"nothing": {}, "half a word": make([]byte, 16), "a word too many": append(common.LeftPadBytes([]byte{9}, 32), make([]byte, 32)...),
	} {
		if _, err := w.over(answers(answer...)).CheckToken(ctx, w.token, "SESH"); !errors.As(err, &decimals) {
			t.Errorf("token that answers %s: error %v, want a %T", name, err, decimals)
		}
	}
	// The second node counts as much as the first.
	if _, err := w.over(w.c, answers(common.LeftPadBytes([]byte{8}, 32)...)).CheckToken(ctx, w.token, "SESH"); !errors.As(err, &decimals) || decimals.Got != "8" {
		t.Errorf("a second node with 8 decimals: %v", err)
	}
	broken := &altered{client: w.c, call: func([]byte, error) ([]byte, error) { return nil, errors.New("connection reset") }}
	if _, err := w.over(broken).CheckToken(ctx, w.token, "SESH"); err == nil || errors.As(err, &decimals) {
		t.Errorf("a lost connection: %v", err)
	}
}

func TestCheckDistributor(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	s, err := w.reader().CheckDistributor(ctx, w.addr, w.settings())
	w.must(err)
	if s.CodeHash != swap.Hash(contracts.CodeHash(s.Immutables)) || s.ClosesAt != closing || s.Balance != 10_000 {
		t.Errorf("the distributor: got %+v, want our code, 10_000 units of the token", s)
	}

	var noCode *ethclient.NoCodeError
	if _, err := w.reader().CheckDistributor(ctx, swap.EVMAddress(chaintest.Holder(1)), w.settings()); !errors.As(err, &noCode) || noCode.What != "distributor" {
		t.Errorf("no code: %v", err)
	}
	var code *ethclient.CodeError
	if _, err := w.reader().CheckDistributor(ctx, w.token, w.settings()); !errors.As(err, &code) || !errors.Is(err, contracts.ErrOtherCode) {
		t.Errorf("other code: %v", err)
	}
	patched := &altered{client: w.c, code: func(c []byte) []byte { c[len(c)/2] ^= 1; return c }}
	if _, err := w.over(w.c, patched).CheckDistributor(ctx, w.addr, w.settings()); !errors.As(err, &code) {
		t.Errorf("one bit of the code, on the second node: %v", err)
	}

	var setting *ethclient.SettingError
	for name, change := range map[string]func(*ethclient.Settings){
		"the token":               func(s *ethclient.Settings) { s.Token[0]++ },
		"the owner":               func(s *ethclient.Settings) { s.Owner[0]++ },
		"the publisher":           func(s *ethclient.Settings) { s.Publisher[0]++ },
		"the guardian":            func(s *ethclient.Settings) { s.Guardian[0]++ },
		"the activation delay":    func(s *ethclient.Settings) { s.ActivationDelay++ },
		"the terms' closing time": func(s *ethclient.Settings) { s.TermsCloseAt++ },
		"the closing time":        func(s *ethclient.Settings) { s.ClosesAt++ },
		"the migration id":        func(s *ethclient.Settings) { s.Migration[7]++ },
	} {
		want := w.settings()
		change(&want)
		if _, err := w.reader().CheckDistributor(ctx, w.addr, want); !errors.As(err, &setting) || setting.Setting != name {
			t.Errorf("distributor with another setting: error %v, want one about %s", err, name)
		}
	}
	// The closing time may move later.
	w.send(w.owner, w.addr, w.d.PackMoveClosesAt(closing+5))
	if s, err := w.reader().CheckDistributor(ctx, w.addr, w.settings()); err != nil || s.ClosesAt != closing+5 {
		t.Errorf("after moving it: %+v, %v", s, err)
	}
}

func TestDistributor(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	before := w.height()
	first, second := w.tree(100, 200, 300), w.tree(100, 250, 300)
	w.propose(1, first)
	w.activate()
	w.claim(first, 0)
	w.propose(4, second)
	w.send(w.guardian, w.addr, w.d.PackPause())

	head, err := w.reader().Head(ctx)
	w.must(err)
	s, err := w.reader().Distributor(ctx, w.addr, nil)
	w.must(err)
	want := ethclient.State{
		Block: head.Number, CodeHash: s.CodeHash, Immutables: contracts.Immutables{
			Token: common.Address(w.token), ActivationDelay: delay, TermsCloseAt: termsClose, MigrationID: migrationID,
		},
		Owner: w.settings().Owner, Publisher: w.settings().Publisher, Guardian: w.settings().Guardian,
		Live: ethclient.Root{Round: 1, Root: swap.Hash(first.Root()), Total: 600}, Pending: ethclient.Root{Round: 4, Root: swap.Hash(second.Root()), Total: 650},
		ActivatesAt: head.Time - 1 + delay, LastProposed: 4, TotalClaimed: 100, Balance: 9_900,
		ClosesAt: closing, Paused: true, PausedAt: head.Time,
	}
	if *s != want {
		t.Errorf("state\n%+v\nwant\n%+v", *s, want)
	}
	// An earlier block has the earlier state.
	s, err = w.reader().Distributor(ctx, w.addr, new(big.Int).SetUint64(before))
	w.must(err)
	if s.Block != before || s.Live != (ethclient.Root{}) || s.Balance != 10_000 || s.Paused || s.TotalClaimed != 0 {
		t.Errorf("state of block %d: %+v", before, s)
	}
}

func TestCovers(t *testing.T) {
	s := ethclient.State{Balance: 900, TotalClaimed: 100}
	if err := s.Covers(1000); err != nil {
		t.Error(err)
	}
	var short *ethclient.UnderfundedError
	if err := s.Covers(1001); !errors.As(err, &short) || short.Missing() != 1 {
		t.Errorf("1001 of 1000: %v", err)
	}
	most := swap.Sesh(1<<64 - 1)
	if err := (&ethclient.State{Balance: most, TotalClaimed: most}).Covers(most); err != nil {
		t.Errorf("a sum above 2^64: %v", err)
	}
}

func TestClaimed(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	tree := w.tree(100, 200, 300)
	w.propose(1, tree)
	w.activate()
	w.claim(tree, 2)
	var asked []swap.EVMAddress
	for i := range 450 { // more than one request takes
		asked = append(asked, swap.EVMAddress(chaintest.Holder(i)))
	}
	// plain hides that the node can be asked in batches.
	type plain struct{ ethclient.Backend }
	for name, r := range map[string]*ethclient.Reader{
		"in batches": w.reader(), "one by one": w.over(plain{w.c}),
	} {
		got, err := r.Claimed(ctx, w.addr, asked, w.height())
		if err != nil || len(got) != len(asked) {
			t.Fatalf("%s: %d answers, %v", name, len(got), err)
		}
		for i, a := range got {
			if want := map[int]swap.Sesh{2: 300}[i]; a != want {
				t.Errorf("%s: holder %d: %s, want %s", name, i, a, want)
			}
		}
		if got, err := r.Claimed(ctx, w.addr, asked[2:3], w.height()-1); err != nil || got[0] != 0 {
			t.Errorf("%s: the block before: %v, %v", name, got, err)
		}
		if _, err := r.Claimed(ctx, swap.EVMAddress(chaintest.Holder(0)), asked[:1], w.height()); !errors.Is(err, ethclient.ErrMalformed) {
			t.Errorf("%s: no contract: %v", name, err)
		}
	}
	got, err := w.reader().TokenBalance(ctx, w.token, swap.EVMAddress(chaintest.Holder(2)), nil)
	if err != nil || got != 300 {
		t.Errorf("balance %s, %v", got, err)
	}
}

func TestReceipt(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	tree := w.tree(100)
	w.propose(1, tree)
	w.activate()
	mined := w.claim(tree, 0)
	// The node answers by hash only when it has indexed, which it does in the background; here it
	// has.
	indexed := &altered{client: w.c, receipt: func(*types.Receipt, error) (*types.Receipt, error) { return mined, nil }}
	got, err := w.over(indexed).Receipt(ctx, swap.Hash(mined.TxHash))
	w.must(err)
	fee := new(big.Int).Mul(mined.EffectiveGasPrice, new(big.Int).SetUint64(mined.GasUsed))
	want := swap.Inclusion{
		Hash: swap.Hash(mined.TxHash), Block: mined.BlockNumber.Uint64(), BlockHash: swap.Hash(mined.BlockHash),
		Success: true, GasUsed: mined.GasUsed, Fee: swap.Wei(fee.Uint64()),
	}
	if *got != want {
		t.Errorf("the receipt: got %+v, want %+v", *got, want)
	}

	answer := func(r *types.Receipt, err error) error {
		node := &altered{client: w.c, receipt: func(*types.Receipt, error) (*types.Receipt, error) { return r, err }}
		in, err := w.over(node).Receipt(ctx, swap.Hash(mined.TxHash))
		if in != nil {
			t.Errorf("a refused receipt: got %+v, want none", in)
		}
		return err
	}
	if err := answer(nil, ethereum.NotFound); err != nil {
		t.Errorf("no receipt is no error: %v", err)
	}
	if err := answer(nil, &rpcError{"transaction indexing is in progress"}); err == nil {
		t.Error("an unknown answer counts as no receipt")
	}
	moved, other := *mined, *mined
	moved.BlockHash[0]++
	other.TxHash[0]++
	if err := answer(&moved, nil); !errors.Is(err, ethclient.ErrReorganised) {
		t.Errorf("a block that is not on the chain: %v", err)
	}
	if err := answer(&other, nil); !errors.Is(err, ethclient.ErrMalformed) {
		t.Errorf("another transaction: %v", err)
	}
}

func TestFees(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	head, err := w.reader().Head(ctx)
	w.must(err)
	tip, err := w.c.SuggestGasTipCap(ctx)
	w.must(err)
	f, err := w.reader().Fees(ctx)
	w.must(err)
	if want := new(big.Int).Add(new(big.Int).Lsh(head.BaseFee, 1), tip); f.Base.Cmp(head.BaseFee) != 0 || f.Tip.Cmp(tip) != 0 || f.Cap.Cmp(want) != 0 {
		t.Errorf("fees: got %+v, want base %s, tip %s and twice the base with the tip as cap", f, head.BaseFee, tip)
	}
	arbitrum := &altered{client: w.c, id: func() *big.Int { return big.NewInt(42161) }}
	r, err := ethclient.New(ctx, ethclient.Options{ChainID: 42161}, ethclient.Node{Name: "arbitrum", Backend: arbitrum})
	w.must(err)
	if f, err = r.Fees(ctx); err != nil || f.Tip.Sign() != 0 || f.Cap.Cmp(new(big.Int).Lsh(head.BaseFee, 1)) != 0 {
		t.Errorf("on Arbitrum One: %+v, %v", f, err)
	}
	if wei, err := w.reader().GasMoney(ctx, swap.EVMAddress(w.owner.addr)); err != nil || wei.Cmp(new(big.Int).Lsh(big.NewInt(1), 90)) != 0 {
		t.Errorf("gas money %v, %v", wei, err)
	}
	for a, want := range map[swap.EVMAddress]bool{w.token: true, swap.EVMAddress(w.owner.addr): false} {
		if got, err := w.reader().HasCode(ctx, a); err != nil || got != want {
			t.Errorf("code at %s: %t, %v", a, got, err)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, err := range []error{
		&ethclient.ChainError{Node: "n", Got: "1", Want: 42161}, &ethclient.NoCodeError{What: "token"}, &ethclient.DecimalsError{Got: "18"},
		&ethclient.SymbolError{Got: "A", Want: "B"}, &ethclient.CodeError{Err: contracts.ErrOtherCode}, &ethclient.SettingError{Setting: "the owner"},
		&ethclient.UnderfundedError{Need: 2, Balance: 1, Claimed: 0},
		&ethclient.DisagreeError{A: "a", B: "b", What: "block 1"}, &ethclient.NotFinalError{Block: 2, Final: 1},
		ethclient.ErrNoFinal, ethclient.ErrReorganised, ethclient.ErrMalformed,
	} {
		text := err.Error()
		said := false
		for _, advice := range []string{"configure", "check", "fund", "find out", "wait", "read again", "use another", "do not use", "expected"} {
			said = said || strings.Contains(text, advice)
		}
		if !said || strings.Contains(text, "\n") {
			t.Errorf("%T: %s", err, text)
		}
	}
}
