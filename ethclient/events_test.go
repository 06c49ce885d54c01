package ethclient_test

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/google/go-cmp/cmp"

	"oxenswap/ethclient"
	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
)

// events reads everything in from..to.
func (w *world) events(r *ethclient.Reader, from, to uint64) ([]swap.Event, error) {
	var out []swap.Event
	err := r.Events(w.t.Context(), w.addr, from, to, func(e swap.Event) error {
		out = append(out, e)
		return nil
	})
	return out, err
}

// at is where the n-th log of the distributor in a receipt stands.
func (w *world) at(r *types.Receipt, n int) swap.LogPosition {
	w.t.Helper()
	for _, l := range r.Logs {
		if l.Address != common.Address(w.addr) {
			continue
		}
		if n == 0 {
			return swap.LogPosition{Tx: swap.Hash(l.TxHash), Block: l.BlockNumber, BlockHash: swap.Hash(l.BlockHash), LogIndex: uint64(l.Index)}
		}
		n--
	}
	w.t.Fatal("no such log")
	return swap.LogPosition{}
}

// TestEvents makes every event the distributor has and reads each back.
func TestEvents(t *testing.T) {
	w := newWorld(t)
	first, second := w.tree(100, 200, 300), w.tree(100, 250, 300)
	do := func(from actor, data []byte) *types.Receipt {
		t.Helper()
		return w.send(from, w.addr, data)
	}
	propose := func(round uint64, root [32]byte) *types.Receipt {
		t.Helper()
		return do(w.publisher, w.d.PackPropose(round, root, big.NewInt(650), 17, [32]byte{0xaa}))
	}
	text := func(a actor) string { return a.addr.Hex() }
	next, other := newActor("next"), newActor("other")
	nobody := common.Address{}.Hex()
	var want []swap.Event
	seen := func(r *types.Receipt, n int, name string, pairs ...string) {
		t.Helper()
		fields := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			fields[pairs[i]] = pairs[i+1]
		}
		want = append(want, &swap.DistributorSeen{Event: name, Fields: fields, LogPosition: w.at(r, n)})
	}

	r := w.receiptIn(w.born)
	seen(r, 0, "OwnershipTransferred", "previousOwner", nobody, "newOwner", text(w.owner))
	seen(r, 1, "PublisherChanged", "previous", nobody, "publisher", text(w.publisher))
	seen(r, 2, "GuardianChanged", "previous", nobody, "guardian", text(w.guardian))
	seen(r, 3, "ClosesAtMoved", "previous", "0", "closesAt", fmt.Sprint(closing))

	r = propose(1, first.Root())
	h, err := w.reader().Head(t.Context())
	w.must(err)
	want = append(want, &swap.RootProposed{
		Round: 1, Root: swap.Hash(first.Root()), Total: 650, LedgerSize: 17, LedgerRoot: swap.Hash{0xaa}, LiveAt: h.Time + delay, LogPosition: w.at(r, 0),
	})
	w.pass(delay)
	r = do(w.deployer, w.d.PackActivate())
	want = append(want, &swap.RootActivated{Round: 1, Root: swap.Hash(first.Root()), LogPosition: w.at(r, 0)})
	r = w.claim(first, 1)
	want = append(want, &swap.PayoutSeen{Recipient: swap.EVMAddress(chaintest.Holder(1)), Amount: 200, Cumulative: 200, Round: 1, LogPosition: w.at(r, 0)})
	r = propose(2, second.Root())
	want = append(want, &swap.RootProposed{
		Round: 2, Root: swap.Hash(second.Root()), Total: 650, LedgerSize: 17, LedgerRoot: swap.Hash{0xaa},
		LiveAt: w.receiptTime(r) + delay, LogPosition: w.at(r, 0),
	})
	r = do(w.guardian, w.d.PackCancel())
	want = append(want, &swap.RootCancelled{Round: 2, Root: swap.Hash(second.Root()), LogPosition: w.at(r, 0)})

	r = do(w.guardian, w.d.PackPause())
	seen(r, 0, "Paused", "by", text(w.guardian))
	r = do(w.owner, w.d.PackUnpause()) // the next block, a second later
	seen(r, 0, "Unpaused", "by", text(w.owner), "pausedFor", "1")
	seen(r, 1, "ClosesAtMoved", "previous", fmt.Sprint(closing), "closesAt", fmt.Sprint(closing+1))
	r = do(w.owner, w.d.PackSetPublisher(next.addr))
	seen(r, 0, "PublisherChanged", "previous", text(w.publisher), "publisher", text(next))
	r = do(w.owner, w.d.PackSetGuardian(other.addr))
	seen(r, 0, "GuardianChanged", "previous", text(w.guardian), "guardian", text(other))
	r = do(w.owner, w.d.PackTransferOwnership(w.deployer.addr))
	seen(r, 0, "OwnershipTransferStarted", "previousOwner", text(w.owner), "newOwner", text(w.deployer))
	r = do(w.deployer, w.d.PackAcceptOwnership())
	seen(r, 0, "OwnershipTransferred", "previousOwner", text(w.owner), "newOwner", text(w.deployer))
	w.pass(200 * day)
	r = do(w.deployer, w.d.PackSweep(chaintest.Holder(9)))
	seen(r, 0, "Swept", "to", chaintest.Holder(9).Hex(), "amount", "9800")

	// Tokens that someone sends, and a second distributor, are not our events.
	w.send(w.owner, w.addr, w.d.PackPaused())
	got, err := w.events(w.reader(), 0, w.height())
	w.must(err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}

	// Every event that the contract declares was among them.
	names := map[string]bool{"RootProposed": true, "RootActivated": true, "RootCancelled": true, "Claimed": true}
	for _, e := range got {
		if s, ok := e.(*swap.DistributorSeen); ok {
			names[s.Event] = true
		}
	}
	for name := range contracts.Distributor().ABI.Events {
		if !names[name] {
			t.Errorf("no %s event was read", name)
		}
	}

	// Reading in parts gives the same.
	var parts []swap.Event
	for n := uint64(0); n <= w.height(); n++ {
		part, err := w.events(w.reader(), n, n)
		w.must(err)
		parts = append(parts, part...)
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("block by block:\n%s", diff)
	}
	stop := errors.New("enough")
	if err := w.reader().Events(t.Context(), w.addr, 0, w.height(), func(swap.Event) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the visitor's error: %v", err)
	}
	if got, err := w.events(w.reader(), 5, 4); err != nil || len(got) != 0 {
		t.Errorf("an empty range: %v, %v", got, err)
	}
}

func (w *world) receiptIn(block uint64) *types.Receipt {
	w.t.Helper()
	receipts, err := w.c.BlockReceipts(w.t.Context(), rpc.BlockNumberOrHashWithNumber(rpc.BlockNumber(block)))
	w.must(err)
	return receipts[0]
}

func (w *world) receiptTime(r *types.Receipt) uint64 {
	w.t.Helper()
	b, err := w.reader().BlockAt(w.t.Context(), r.BlockNumber.Uint64())
	w.must(err)
	return b.Time
}

func TestEventsOnlyFromFinalBlocks(t *testing.T) {
	w := newWorld(t)
	w.propose(1, w.tree(100))
	height := w.height()
	var early *ethclient.NotFinalError
	if _, err := w.events(w.asking(w.c), 0, height); !errors.As(err, &early) || early.Block != height || early.Final != 0 {
		t.Errorf("before finality: %v", err)
	}
	w.mine(epoch)
	if got, err := w.events(w.asking(w.c), 0, height); err != nil || len(got) != 5 {
		t.Errorf("after finality: %d events, %v", len(got), err)
	}
}

// TestEventsInHalves has a node that refuses more than 3 blocks, or more than 2 logs, at once.
func TestEventsInHalves(t *testing.T) {
	w := newWorld(t)
	tree := w.tree(100, 200, 300)
	w.propose(1, tree)
	w.activate()
	for i := range 3 {
		w.claim(tree, i)
	}
	want, err := w.events(w.reader(), w.born+1, w.height())
	w.must(err)
	if len(want) != 5 {
		t.Fatalf("%d events", len(want))
	}
	for name, limit := range map[string]func(q ethereum.FilterQuery, logs []types.Log) bool{
		"blocks": func(q ethereum.FilterQuery, _ []types.Log) bool {
			return new(big.Int).Sub(q.ToBlock, q.FromBlock).Int64() < 3
		},
		"logs": func(_ ethereum.FilterQuery, logs []types.Log) bool { return len(logs) <= 2 },
	} {
		strict := &altered{client: w.c, logs: func(q ethereum.FilterQuery, logs []types.Log, err error) ([]types.Log, error) {
			if !limit(q, logs) {
				return nil, &rpcError{"query exceeds the limit"}
			}
			return logs, err
		}}
		got, err := w.events(w.over(strict), w.born+1, w.height())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	calls := 0
	broken := &altered{client: w.c, logs: func(ethereum.FilterQuery, []types.Log, error) ([]types.Log, error) {
		calls++
		return nil, errors.New("connection refused")
	}}
	if _, err := w.events(w.over(broken), 0, w.height()); err == nil || calls != 1 {
		t.Errorf("a lost connection: %d calls, %v", calls, err)
	}
	never := &altered{client: w.c, logs: func(ethereum.FilterQuery, []types.Log, error) ([]types.Log, error) {
		calls++
		return nil, &rpcError{"no logs here"}
	}}
	calls = 0
	if _, err := w.events(w.over(never), 0, w.height()); err == nil || calls > 10 {
		t.Errorf("a node that always refuses: %d calls, %v", calls, err)
	}
}

// TestEventsDistrustTheNode alters the logs of one node in every way that must be noticed.
func TestEventsDistrustTheNode(t *testing.T) {
	w := newWorld(t)
	tree := w.tree(100, 200, 300)
	w.propose(1, tree)
	w.activate()
	w.claim(tree, 0)
	w.claim(tree, 1)
	from, to := w.born+1, w.height()
	for name, c := range map[string]struct {
		change func(logs []types.Log) []types.Log
		want   error
		pair   error // with an honest first node
	}{
		"an event left out":     {func(l []types.Log) []types.Log { return l[1:] }, nil, &ethclient.DisagreeError{}},
		"another amount":        {func(l []types.Log) []types.Log { l[2].Data[31]++; return l }, nil, &ethclient.DisagreeError{}},
		"another address":       {func(l []types.Log) []types.Log { l[2].Address[0]++; return l }, ethclient.ErrMalformed, ethclient.ErrMalformed},
		"another topic":         {func(l []types.Log) []types.Log { l[2].Topics[0][0]++; return l }, ethclient.ErrMalformed, ethclient.ErrMalformed},
		"no topic":              {func(l []types.Log) []types.Log { l[2].Topics = nil; return l }, ethclient.ErrMalformed, ethclient.ErrMalformed},
		"a topic too few":       {func(l []types.Log) []types.Log { l[2].Topics = l[2].Topics[:1]; return l }, ethclient.ErrMalformed, &ethclient.DisagreeError{}},
		"a topic too long":      {func(l []types.Log) []types.Log { l[2].Topics[1][0] = 1; return l }, ethclient.ErrMalformed, &ethclient.DisagreeError{}},
		"data cut short":        {func(l []types.Log) []types.Log { l[2].Data = l[2].Data[:64]; return l }, ethclient.ErrMalformed, &ethclient.DisagreeError{}},
		"data too long":         {func(l []types.Log) []types.Log { l[2].Data = append(l[2].Data, 0); return l }, ethclient.ErrMalformed, &ethclient.DisagreeError{}},
		"a round above 2^64":    {func(l []types.Log) []types.Log { l[2].Data[64] = 1; return l }, ethclient.ErrMalformed, &ethclient.DisagreeError{}},
		"an amount above 2^64":  {func(l []types.Log) []types.Log { l[2].Data[0] = 1; return l }, ethclient.ErrMalformed, &ethclient.DisagreeError{}},
		"a removed log":         {func(l []types.Log) []types.Log { l[2].Removed = true; return l }, ethclient.ErrMalformed, ethclient.ErrMalformed},
		"a block outside":       {func(l []types.Log) []types.Log { l[3].BlockNumber = to + 1; return l }, ethclient.ErrMalformed, ethclient.ErrMalformed},
		"an event twice":        {func(l []types.Log) []types.Log { return append(l[:3:3], l[2:]...) }, ethclient.ErrMalformed, ethclient.ErrMalformed},
		"another order":         {func(l []types.Log) []types.Log { slices.Reverse(l); return l }, ethclient.ErrMalformed, ethclient.ErrMalformed},
		"a block of a fork":     {func(l []types.Log) []types.Log { l[2].BlockHash[0]++; return l }, ethclient.ErrReorganised, &ethclient.DisagreeError{}},
		"another block's event": {func(l []types.Log) []types.Log { l[3].BlockNumber, l[3].Index = l[2].BlockNumber, 99; return l }, ethclient.ErrReorganised, &ethclient.DisagreeError{}},
	} {
		t.Run(name, func(t *testing.T) {
			liar := &altered{client: w.c, logs: func(_ ethereum.FilterQuery, logs []types.Log, err error) ([]types.Log, error) {
				if len(logs) != 4 {
					t.Errorf("%d logs", len(logs))
				}
				return c.change(logs), err
			}}
			if c.want != nil {
				if _, err := w.events(w.over(liar), from, to); !errors.Is(err, c.want) {
					t.Errorf("alone: %v", err)
				}
			}
			_, err := w.events(w.over(w.c, liar), from, to)
			if differ := (*ethclient.DisagreeError)(nil); errors.As(c.pair, &differ) {
				if !errors.As(err, &differ) {
					t.Errorf("beside an honest node: %v", err)
				}
			} else if !errors.Is(err, c.pair) {
				t.Errorf("beside an honest node: %v", err)
			}
		})
	}
}

// TestEventsNoticeAReorganisation replaces blocks while they are read.
func TestEventsNoticeAReorganisation(t *testing.T) {
	w := newWorld(t)
	w.propose(1, w.tree(100))
	w.mine(3)
	to := w.height()
	proposed := to - 3
	broken := func(change func(n uint64, h *types.Header) *types.Header) error {
		calls := map[uint64]int{}
		node := &altered{client: w.c, header: func(n *big.Int, h *types.Header, err error) (*types.Header, error) {
			if err != nil || n == nil || n.Sign() < 0 {
				return h, err
			}
			if calls[n.Uint64()]++; n.Uint64() == to && calls[to] < 2 {
				return h, err
			}
			return change(n.Uint64(), types.CopyHeader(h)), nil
		}}
		_, err := w.events(w.over(node), w.born, to)
		return err
	}
	replace := func(which uint64) func(uint64, *types.Header) *types.Header {
		return func(n uint64, h *types.Header) *types.Header {
			if n == which {
				h.Extra = append(h.Extra, 1)
			}
			return h
		}
	}
	for name, n := range map[string]uint64{"the last block": to, "the event's block": proposed, "the block before it": proposed - 1} {
		if err := broken(replace(n)); !errors.Is(err, ethclient.ErrReorganised) {
			t.Errorf("%s replaced: %v", name, err)
		}
	}
	if err := broken(replace(proposed + 1)); err != nil {
		t.Errorf("nothing of what was read changed: %v", err)
	}
}

// TestEventsAreTheOnesOfOurDistributor has a second distributor on the same chain.
func TestEventsAreTheOnesOfOurDistributor(t *testing.T) {
	w := newWorld(t)
	mine := w.addr
	w.addr = w.create(contracts.Distributor().Bytecode, w.d.PackConstructor(bindings.SessionTokenDistributorSettings{
		Token: common.Address(w.token), Owner: w.owner.addr, Publisher: w.publisher.addr, Guardian: w.guardian.addr,
		ActivationDelay: delay, TermsCloseAt: termsClose, ClosesAt: closing, MigrationId: migrationID,
	}))
	w.send(w.guardian, w.addr, w.d.PackPause())
	w.addr = mine
	got, err := w.events(w.reader(), w.born+1, w.height())
	if err != nil || len(got) != 0 {
		t.Errorf("%d events, %v", len(got), err)
	}
}

// TestEventErrorsNameTheLog looks at the words.
func TestEventErrorsNameTheLog(t *testing.T) {
	w := newWorld(t)
	w.propose(1, w.tree(100))
	liar := &altered{client: w.c, logs: func(_ ethereum.FilterQuery, logs []types.Log, err error) ([]types.Log, error) {
		logs[len(logs)-1].Data = nil
		return logs, err
	}}
	_, err := w.events(w.over(liar), 0, w.height())
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("in block %d", w.height())) || !strings.Contains(err.Error(), "RootProposed") {
		t.Error(err)
	}
}
