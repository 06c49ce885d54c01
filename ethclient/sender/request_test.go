package sender_test

import (
	"context"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/safe"
	"oxenswap/swap"
)

// request makes a request and sees that nothing was written for it.
func (w *world) request(make func(context.Context, *sender.Sender) (*sender.Request, error)) *sender.Request {
	w.t.Helper()
	before := len(w.log)
	r, err := make(w.t.Context(), w.sender())
	must(w.t, err)
	if len(w.log) != before || len(w.steps) > 0 {
		w.t.Errorf("a request wrote %d entries and made %d steps", len(w.log)-before, len(w.steps))
	}
	return r
}

// export writes a request as a file for a Safe, reads it as the Safe's owners do, and returns the
// method and its values.
func (w *world) export(r *sender.Request) (safe.Transaction, *abi.Method, []any) {
	w.t.Helper()
	artifact := contracts.Distributor()
	if r.To == swap.EVMAddress(w.token) {
		artifact = contracts.TestToken()
	}
	b, err := safe.New(chainID, time.Unix(int64(r.Time), 0), r.From, "name", "description", safe.Call{To: r.To, ABI: &artifact.ABI, Data: r.Data})
	must(w.t, err)
	file, err := b.Encode()
	must(w.t, err)
	var read safe.Batch
	must(w.t, json.Unmarshal(file, &read))
	if read.ChainID != "1337" || read.Meta.Safe != r.From.String() || len(read.Transactions) != 1 {
		w.t.Errorf("the batch: got %+v, want one transaction of the Safe on 1337", read)
	}
	tx := read.Transactions[0]
	data, err := hexutil.Decode(tx.Data)
	must(w.t, err)
	m, err := artifact.ABI.MethodById(data)
	must(w.t, err)
	values, err := m.Inputs.Unpack(data[4:])
	must(w.t, err)
	return tx, m, values
}

// execute does what a Safe's owners do with an exported request; who is the account that has the
// role.
func (w *world) execute(r *sender.Request, who key) []any {
	w.t.Helper()
	tx, m, values := w.export(r)
	if tx.Method.Name != m.Name {
		w.t.Errorf("the file names %s, its calldata calls %s", tx.Method.Name, m.Name)
	}
	to := common.HexToAddress(tx.To)
	w.sendRaw(w.t, who, &to, hexutil.MustDecode(tx.Data))
	for range deep + 1 {
		w.sim.Commit()
	}
	return values
}

// TestRequests lets a migration live whose owner and publisher sign elsewhere, from funding to
// sweeping.
func TestRequests(t *testing.T) {
	w := newWorld(t)
	d := w.deploy()
	r := w.approve(5000, 7000, 3000)
	ctx := t.Context()

	funding := w.request(func(ctx context.Context, s *sender.Sender) (*sender.Request, error) { return s.RequestFunding(ctx, 1) })
	if funding.Amount != 15000 || funding.From != swap.EVMAddress(w.owner.Address()) || funding.To != swap.EVMAddress(w.token) || funding.Role != "owner" {
		t.Errorf("the request for funds: got %+v, want 15000 from the owner to the token", funding)
	}
	if v := w.execute(funding, w.owner); v[0] != common.Address(d.Address) || v[1].(*big.Int).Cmp(big.NewInt(15000)) != 0 {
		t.Errorf("transfer%v", v)
	}
	_, err := w.sender().RequestFunding(ctx, 1)
	want(t, err, "nothing to sign")

	proposal := w.request(func(ctx context.Context, s *sender.Sender) (*sender.Request, error) { return s.RequestProposal(ctx, 1) })
	root, err := w.RootAt(ctx, r.Approved+1)
	must(t, err)
	v := w.execute(proposal, w.publisher)
	if v[0] != uint64(1) || swap.Hash(v[1].([32]byte)) != r.Root || v[3] != r.Approved+1 || v[4] != [32]byte(root) {
		t.Errorf("propose%v", v)
	}
	_, err = w.sender().RequestProposal(ctx, 1)
	want(t, err, "round 1 is pending on chain")

	// What the Safe did counts as if this program had done it.
	m, err := w.sender().Sync(ctx)
	must(t, err)
	if got := w.round(1); got.Status != swap.ProposedRound || len(m.Alarms) > 0 {
		t.Errorf("round 1 is %s, alarms %v", got.Status, m.Alarms)
	}
	_, err = w.sender().RequestProposal(ctx, 1)
	want(t, err, "round 1 is proposed")
	w.pass(delay)
	_, err = w.sender().Activate(ctx, w.stranger, 1)
	must(t, err)
	_, err = w.sender().Push(ctx, w.stranger, 1, false)
	must(t, err)

	_, err = w.sender().RequestUnpause(ctx)
	want(t, err, "not paused")
	must(t, w.sender().Pause(ctx, w.guardian))
	_, err = w.sender().RequestExtension(ctx, d.ClosesAt+10)
	want(t, err, "paused")
	unpause := w.request(func(ctx context.Context, s *sender.Sender) (*sender.Request, error) { return s.RequestUnpause(ctx) })
	w.execute(unpause, w.owner)
	if s := w.request(func(ctx context.Context, s *sender.Sender) (*sender.Request, error) {
		return s.RequestExtension(ctx, d.ClosesAt+1000)
	}); s.State.Paused {
		t.Error("still paused")
	} else if v := w.execute(s, w.owner); v[0] != d.ClosesAt+1000 {
		t.Errorf("moveClosesAt%v", v)
	}
	_, err = w.sender().RequestExtension(ctx, d.ClosesAt+1000)
	want(t, err, "only moved later")

	_, err = w.sender().RequestSweep(ctx, holder(99))
	want(t, err, "the holders'")
	for _, lost := range []swap.EVMAddress{{}, d.Address, d.Token} {
		_, err = w.sender().RequestSweep(ctx, lost)
		want(t, err, "is lost")
	}
	w.sendRaw(t, w.owner, &w.token, pack(t, contracts.TestToken(), "transfer", common.Address(d.Address), big.NewInt(77)))
	w.pass(int(d.ClosesAt) + 1000 - start)
	_, err = w.sender().RequestExtension(ctx, d.ClosesAt+2000)
	want(t, err, "cannot be undone")
	sweep := w.request(func(ctx context.Context, s *sender.Sender) (*sender.Request, error) {
		return s.RequestSweep(ctx, holder(99))
	})
	if sweep.Amount != 77 {
		t.Errorf("the sweep: got %+v, want 77", sweep)
	}
	w.execute(sweep, w.owner)
	if got := w.balance(holder(99)); got != 77 {
		t.Errorf("swept %s", got)
	}
	_, err = w.sender().RequestSweep(ctx, holder(99))
	want(t, err, "holds nothing")
	m, err = w.sender().Sync(ctx)
	must(t, err)
	if len(m.Alarms) > 0 {
		t.Errorf("alarms: %v", m.Alarms)
	}
	w.check()
}

// TestRequestRefuses asks for what would fail, or would not be paid from.
func TestRequestRefuses(t *testing.T) {
	w := newWorld(t)
	_, err := w.sender().RequestUnpause(t.Context())
	want(t, err, "no distributor")
	d := w.deploy()
	_, err = w.sender().RequestFunding(t.Context(), 1)
	want(t, err, "no round 1")
	w.approve(5000)
	_, err = w.sender().RequestProposal(t.Context(), 1)
	want(t, err, "round 1", "fund it first")

	// The owner has given the token away.
	has := w.balance(swap.EVMAddress(w.owner.Address()))
	w.sendRaw(t, w.owner, &w.token, pack(t, contracts.TestToken(), "transfer", w.stranger.Address(), big.NewInt(int64(has)-1)))
	_, err = w.sender().RequestFunding(t.Context(), 1)
	want(t, err, "give the owner 0.000004999 more")
	w.sendRaw(t, w.stranger, &w.token, pack(t, contracts.TestToken(), "transfer", common.Address(d.Address), big.NewInt(5000)))

	// A root of somebody else is pending; its event is not final, so the ledger does not know of
	// it.
	at := common.Address(d.Address)
	w.sendRaw(t, w.publisher, &at, pack(t, contracts.Distributor(), "propose", uint64(9), [32]byte{9}, big.NewInt(5000), uint64(1), [32]byte{1}))
	_, err = w.sender().RequestProposal(t.Context(), 1)
	want(t, err, sender.ErrAlarm.Error(), "round 9")
}

// TestForeignProposals has the publisher's account propose something that differs from the approved
// round in one value.
func TestForeignProposals(t *testing.T) {
	for _, c := range []struct {
		name, says string
		change     func(v []any)
	}{
		{"nothing", "", func([]any) {}},
		{"root", "did not build", func(v []any) { v[1] = [32]byte{1} }},
		{"total", "with total 4999 instead of 5000", func(v []any) { v[2] = big.NewInt(4999) }},
		{"ledger size", "for ledger size", func(v []any) { v[3] = v[3].(uint64) - 1 }},
		{"ledger size ahead", "for ledger size", func(v []any) { v[3] = uint64(1e6) }},
		{"ledger root", "for a ledger with root 0x01", func(v []any) { v[4] = [32]byte{1} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			d := w.deploy()
			w.approve(5000)
			w.execute(w.request(func(ctx context.Context, s *sender.Sender) (*sender.Request, error) { return s.RequestFunding(ctx, 1) }), w.owner)
			_, _, values := w.export(w.request(func(ctx context.Context, s *sender.Sender) (*sender.Request, error) { return s.RequestProposal(ctx, 1) }))
			c.change(values)
			at := common.Address(d.Address)
			w.sendRaw(t, w.publisher, &at, pack(t, contracts.Distributor(), "propose", values...))
			for range deep + 1 {
				w.sim.Commit()
			}
			m, err := w.sender().Sync(t.Context())
			must(t, err)
			w.consistent()
			if c.says == "" {
				if r := w.round(1); len(m.Alarms) != 0 || r.Status != swap.ProposedRound || r.Proposed == 0 {
					t.Errorf("round 1 is %s, alarms %v", r.Status, m.Alarms)
				}
				return
			}
			_, err = w.sender().Activate(t.Context(), w.stranger, 1)
			want(t, err, sender.ErrAlarm.Error(), c.says)
			if r := w.round(1); r.Status != swap.ApprovedRound {
				t.Errorf("round 1 is %s", r.Status)
			}
		})
	}
}

func pack(t *testing.T, a *contracts.Artifact, method string, args ...any) []byte {
	t.Helper()
	data, err := a.ABI.Pack(method, args...)
	must(t, err)
	return data
}
