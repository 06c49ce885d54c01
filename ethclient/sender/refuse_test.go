package sender_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"oxenswap/ethclient"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender"
	"oxenswap/swap"
)

// refused runs an operation that must fail, and expects that it left nothing behind but the named
// entries.
func (w *world) refused(op func(ctx context.Context, s *sender.Sender) error, entries []string, words ...string) error {
	w.t.Helper()
	before := len(w.log)
	err := op(w.t.Context(), w.sender())
	want(w.t, err, words...)
	var kinds []string
	for seq := before; seq < len(w.log); seq++ {
		event, _, err := w.Event(w.t.Context(), uint64(seq))
		must(w.t, err)
		kinds = append(kinds, event.Kind())
	}
	if len(kinds) != len(entries) {
		w.t.Fatalf("it appended %v, expected %v", kinds, entries)
	}
	for i := range kinds {
		if kinds[i] != entries[i] {
			w.t.Fatalf("it appended %v, expected %v", kinds, entries)
		}
	}
	w.consistent()
	return err
}

func (w *world) propose(number uint64) func(context.Context, *sender.Sender) error {
	return func(ctx context.Context, s *sender.Sender) error {
		_, err := s.Propose(ctx, w.publisher, number)
		return err
	}
}

func (w *world) push(number uint64) func(context.Context, *sender.Sender) error {
	return func(ctx context.Context, s *sender.Sender) error {
		_, err := s.Push(ctx, w.publisher, number, false)
		return err
	}
}

func TestWrongChain(t *testing.T) {
	w := newWorld(t)
	var wrong *ethclient.ChainError
	if _, err := w.tryCreate(31337); !errors.As(err, &wrong) {
		t.Errorf("a node of chain 1337 as one of 31337: %v", err)
	}
	// A ledger of another chain, on a reader of this one.
	w.memoryLedger = newLedger(t, testTerms(t, w.token, 31337), testRails, w.now)
	w.refused(func(ctx context.Context, s *sender.Sender) error {
		_, err := s.Deploy(ctx, w.publisher, w.deployment())
		return err
	}, nil, "chain 1337", "on chain 31337", "chain.rpc")
}

func TestWrongDecimals(t *testing.T) {
	w := newWorld(t)
	file, err := os.ReadFile("../contracts/testdata/EightDecimals.json")
	must(t, err)
	eight, err := contracts.ParseArtifact(file)
	must(t, err)
	token := w.create(t, w.owner, eight.Bytecode, nil)
	w.memoryLedger = newLedger(t, testTerms(t, token, chainID), testRails, w.now)
	err = w.refused(func(ctx context.Context, s *sender.Sender) error {
		_, err := s.Deploy(ctx, w.publisher, w.deployment())
		return err
	}, nil, "8 decimals")
	if wrong := (*ethclient.DecimalsError)(nil); !errors.As(err, &wrong) {
		t.Errorf("%T", err)
	}
}

func TestOtherCode(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(w *world, d *swap.Distributor)
		words string
	}{
		{"another contract", func(w *world, d *swap.Distributor) { d.Address = swap.EVMAddress(w.token) }, "not the code of SessionTokenDistributor"},
		{"no contract", func(w *world, d *swap.Distributor) { d.Address = holder(1) }, "there is no contract"},
		{"another code hash", func(_ *world, d *swap.Distributor) { d.CodeHash[0]++ }, "has hash"},
		{"another guardian", func(w *world, d *swap.Distributor) { d.Guardian = swap.EVMAddress(w.stranger.Address()) }, "the guardian"},
		{"another delay", func(_ *world, d *swap.Distributor) { d.ActivationDelay++ }, "the activation delay"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			d := w.deploy()
			tx := w.log // the deployment stays on chain; the ledger begins again with a false description of it
			w.memoryLedger = newLedger(t, w.terms, testRails, w.now)
			c.spoil(w, &d)
			w.append(swap.Record{Event: &swap.DistributorDeployed{Distributor: d, Tx: swap.Digest(tx[0])}})
			w.approve(5000)
			w.refused(w.propose(1), nil, c.words)
		})
	}
}

func TestUnderfunded(t *testing.T) {
	w := newWorld(t)
	w.deploy()
	w.approve(5000, 6000)
	err := w.refused(w.propose(1), nil, "round 1", "11000", "fund it first")
	var short *ethclient.UnderfundedError
	if !errors.As(err, &short) || short.Missing() != 11000 {
		t.Errorf("missing: %v", err)
	}
	// A part of it is not enough, and funding adds only what is missing.
	_, err = w.sender().Fund(t.Context(), w.owner, 0, 4000)
	must(t, err)
	w.refused(w.propose(1), nil, "7000 more")
	f, err := w.sender().Fund(t.Context(), w.owner, 1, 0)
	must(t, err)
	if f.Sent != 7000 || f.Tx == nil {
		t.Errorf("funded %+v", f)
	}
	if f, err = w.sender().Fund(t.Context(), w.owner, 1, 0); err != nil || f.Sent != 0 {
		t.Errorf("funded again: %+v, %v", f, err)
	}
	must(t, w.propose(1)(t.Context(), w.sender()))
	must(t, w.propose(1)(t.Context(), w.sender()))
	if n := w.count("root.proposed"); n != 1 {
		t.Errorf("%d proposals", n)
	}
	_, err = w.sender().Fund(t.Context(), w.stranger, 0, 20000)
	want(t, err, "the distributor's owner is")
}

func TestOrderOfThings(t *testing.T) {
	w := newWorld(t)
	w.approve(5000)
	w.refused(w.propose(1), nil, "no distributor")
	w.deploy()
	_, err := w.sender().Fund(t.Context(), w.owner, 1, 0)
	must(t, err)
	w.refused(func(ctx context.Context, s *sender.Sender) error {
		_, err := s.Propose(ctx, w.stranger, 1)
		return err
	}, nil, "the distributor's publisher is")
	w.refused(w.propose(2), nil, "no round 2")
	w.refused(w.push(1), nil, "round 1 is approved")
	activate := func(ctx context.Context, s *sender.Sender) error {
		_, err := s.Activate(ctx, w.stranger, 0)
		return err
	}
	w.refused(activate, nil, "no round is pending")
	must(t, w.propose(1)(t.Context(), w.sender()))
	w.refused(activate, nil, "can be activated from")
	w.refused(w.push(1), nil, "round 1 is proposed")
	w.pass(delay)
	must(t, activate(t.Context(), w.sender()))
	must(t, activate(t.Context(), w.sender()))
	must(t, w.push(1)(t.Context(), w.sender()))
	must(t, w.push(1)(t.Context(), w.sender()))
	w.check()
	if n := w.count("push.planned"); n != 1 {
		t.Errorf("%d plans", n)
	}
}
