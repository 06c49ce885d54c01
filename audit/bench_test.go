package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// signedClaim is what a bare check of a claim's signature needs.
type signedClaim struct {
	key  cryptonote.PublicKey
	text []byte
	sig  cryptonote.Signature
}

// crowd is a log in which n holders have stakes, claim, and are given a round.
func crowd(tb testing.TB, n int) (*testLog, []signedClaim) {
	tb.Helper()
	l := newTestLog(tb, testTerms(tb))
	l.open()
	wallets := make([]*cryptonote.Wallet, n)
	random := newEntropy("crowd")
	type object = map[string]any
	var nodes []object
	for i := range wallets {
		var err error
		wallets[i], err = cryptonote.NewWallet(cryptonote.Fakechain, random)
		must(tb, err)
		address := wallets[i].Address().String()
		if i%10 == 0 {
			nodes = append(nodes, object{
				"service_node_pubkey": hashOf("node", i), "operator_address": address, "funded": true, "active": true,
				"registration_height": 100, "staking_requirement": 100000000000, "contributors": []object{},
			})
		}
		node := nodes[len(nodes)-1]
		node["contributors"] = append(node["contributors"].([]object), object{"address": address, "locked_contributions": []object{
			{"key_image": hashOf("image", i), "key_image_pub_key": hashOf("output", i), "amount": 1000000 + i},
		}})
	}
	w := loadRecording(tb, 1)
	var answer struct {
		Result object `json:"result"`
	}
	must(tb, json.Unmarshal(w.answer("a", wire.CallServiceNodes), &answer))
	body, err := json.Marshal(object{"jsonrpc": "2.0", "id": "0", "result": object{
		"block_hash": answer.Result["block_hash"], "hardfork": 19, "height": 240, "status": "OK", "service_node_states": nodes,
	}})
	must(tb, err)
	for _, d := range []string{"a", "b"} {
		for i, c := range w.Daemons[d] {
			if c.Call == wire.CallServiceNodes {
				w.Daemons[d][i].Body = body
			}
		}
	}
	l.take(w, nil)
	l.decide(loadRecording(tb, 2), 240)
	claims := make([]signedClaim, n)
	for i, wallet := range wallets {
		var e *swap.ClaimAccepted
		e, claims[i] = l.signed(wallet, i, 1, random)
		l.add(e)
	}
	l.configure(1e15)
	l.build(nil)
	return l, claims
}

// signed is a claim of the holder with a number, and what a bare check of its signature needs.
func (l *testLog) signed(wallet *cryptonote.Wallet, holder int, sequence uint32, random io.Reader) (*swap.ClaimAccepted, signedClaim) {
	to := swap.Digest(fmt.Appendf(nil, "recipient %d", holder))
	text := swap.ClaimText{Migration: l.terms.ID(), Recipient: swap.EVMAddress(to[:20]), Sequence: sequence, Until: time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC)}
	line := []byte(text.String())
	sig, err := wallet.Sign(0, 0, line, random)
	must(l.tb, err)
	a := wallet.Address()
	return &swap.ClaimAccepted{
		Text: string(line), Signature: sig.String(), Oxen: a.String(), Account: swap.AccountOf(a), Recipient: text.Recipient, Sequence: sequence,
		Code: notChecked,
	}, signedClaim{a.Spend, line, sig}
}

func hashOf(what string, n int) string {
	return swap.Digest(fmt.Appendf(nil, "%s %d", what, n)).String()
}

// spent is time on the clock, and on all cores together, which other programs on the machine change
// less.
type spent struct{ wall, cpu time.Duration }

func (s *spent) on(tb testing.TB, work func()) {
	tb.Helper()
	cpu := func() time.Duration {
		var use syscall.Rusage
		must(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
		return time.Duration(use.Utime.Nano() + use.Stime.Nano())
	}
	wall, before := time.Now(), cpu()
	work()
	s.wall += time.Since(wall)
	s.cpu += cpu() - before
}

// checkAll checks things on all cores.
func checkAll[T any](tb testing.TB, list []T, check func(T) error) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(list)); i = next.Add(1) - 1 {
				if err := check(list[i]); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	workers.Wait()
}

// BenchmarkReplay replays a round of 100,000 accounts, with their snapshot and claims (claims/s),
// beside bare checks of the same signatures (signatures/s) and of the same claims, whose addresses
// and texts are checked too (verified/s); a log of 400 proofs of coins (outputs/s) beside their
// bare verification; and a log without signatures (entries/s).
func BenchmarkReplay(b *testing.B) {
	b.Run("claims", func(b *testing.B) {
		const n = 100_000
		l, claims := crowd(b, n)
		dir := l.export()
		var events []*swap.ClaimAccepted
		for _, e := range l.decoded() {
			if c, ok := e.(*swap.ClaimAccepted); ok {
				events = append(events, c)
			}
		}
		options, terms := l.options(), l.terms
		l = nil // an auditor does not hold the log in memory
		var replay, bare, verified spent
		for b.Loop() {
			bare.on(b, func() {
				checkAll(b, claims, func(c signedClaim) error { return cryptonote.Verify(c.key, c.text, c.sig) })
			})
			verified.on(b, func() { checkAll(b, events, func(e *swap.ClaimAccepted) error { return e.Verify(terms, nil) }) })
			runtime.GC()
			replay.on(b, func() { mustHold(b, options, dir) })
		}
		b.ReportMetric(float64(n*b.N)/replay.wall.Seconds(), "claims/s")
		b.ReportMetric(float64(n*b.N)/bare.wall.Seconds(), "signatures/s")
		b.ReportMetric(float64(n*b.N)/verified.wall.Seconds(), "verified/s")
		b.ReportMetric(bare.wall.Seconds()/replay.wall.Seconds(), "of-bare")
		b.ReportMetric(bare.cpu.Seconds()/replay.cpu.Seconds(), "of-bare-cpu")
	})
	b.Run("signatures", func(b *testing.B) {
		const accounts, each = 2_000, 25
		l, claims := crowd(b, accounts)
		var events []*swap.ClaimAccepted
		for _, e := range l.decoded() {
			if c, ok := e.(*swap.ClaimAccepted); ok {
				events = append(events, c)
			}
		}
		wallets := newEntropy("crowd") // gives the crowd's wallets again
		for i := range accounts {
			wallet, err := cryptonote.NewWallet(cryptonote.Fakechain, wallets)
			must(b, err)
			for sequence := uint32(2); sequence < 2+each; sequence++ {
				e, c := l.signed(wallet, i, sequence, newEntropy(fmt.Sprint(i, sequence)))
				events, claims = append(events, e), append(claims, c)
				l.add(e)
			}
		}
		dir, options := l.export(), l.options()
		l = nil
		var replay, bare, command spent
		for b.Loop() {
			bare.on(b, func() {
				checkAll(b, claims, func(c signedClaim) error { return cryptonote.Verify(c.key, c.text, c.sig) })
			})
			command.on(b, func() {
				checkAll(b, events, func(e *swap.ClaimAccepted) error {
					a, err := cryptonote.ParseAddress(e.Oxen)
					must(b, err)
					sig, err := cryptonote.ParseSignature(e.Signature)
					must(b, err)
					return cryptonote.Verify(a.Spend, []byte(e.Text), sig)
				})
			})
			runtime.GC()
			replay.on(b, func() { mustHold(b, options, dir) })
		}
		n := float64(len(events) * b.N)
		b.ReportMetric(n/replay.wall.Seconds(), "claims/s")
		b.ReportMetric(n/bare.wall.Seconds(), "signatures/s")
		b.ReportMetric(n/command.wall.Seconds(), "addresses-and-signatures/s")
		b.ReportMetric(bare.wall.Seconds()/replay.wall.Seconds(), "of-bare")
		b.ReportMetric(command.wall.Seconds()/replay.wall.Seconds(), "of-addresses-and-signatures")
	})
	b.Run("proofs", func(b *testing.B) {
		const n = 400
		l, bare := provers(b, n)
		dir := l.export()
		outputs := 0
		var replay, alone spent
		for b.Loop() {
			alone.on(b, func() { outputs += bare() })
			replay.on(b, func() { mustHold(b, l.options(), dir) })
		}
		b.ReportMetric(float64(outputs)/replay.wall.Seconds(), "outputs/s")
		b.ReportMetric(float64(outputs)/alone.wall.Seconds(), "verified/s")
		b.ReportMetric(alone.wall.Seconds()/replay.wall.Seconds(), "of-bare")
	})
	b.Run("entries", func(b *testing.B) {
		const n = 100_000
		l, _ := crowd(b, 10)
		claim := l.find("claim.accepted", 0)
		for i := range n {
			seen := swap.SeenNothing
			if i%2 == 1 {
				seen = swap.SeenCode
			}
			l.add(&swap.ClaimChecked{Claim: claim, Code: swap.RecipientCode{Ethereum: swap.SeenNothing, Target: seen}})
		}
		dir := l.export()
		var replay spent
		for b.Loop() {
			replay.on(b, func() { mustHold(b, l.options(), dir) })
		}
		b.ReportMetric(float64(n*b.N)/replay.wall.Seconds(), "entries/s")
	})
}

// provers is a log in which one holder shows the same five outputs n times; bare verifies all of
// these proofs and returns the number of their outputs.
func provers(tb testing.TB, n int) (l *testLog, bare func() int) {
	tb.Helper()
	l = newTestLog(tb, testTerms(tb))
	l.open()
	l.take(loadRecording(tb, 1), nil)
	bob := loadWallets(tb)[2]
	claim, err := l.tables.ClaimAt(l.claim(bob, 1))
	must(tb, err)
	c := loadCoins(tb)
	var proofs []*cryptonote.ReserveProof
	evidence := c.reserve(tb)
	for i := range n {
		text := l.prove(bob, claim, c, 1, fmt.Sprint("proof ", i))
		about := c.about(tb, text, nil)
		l.judge(l.receive(claim, nil, text), about)
		p, err := cryptonote.ParseReserveProof(text)
		must(tb, err)
		proofs = append(proofs, p)
	}
	address, err := cryptonote.ParseAddress(bob.Address)
	must(tb, err)
	return l, func() (outputs int) {
		for _, p := range proofs {
			r, err := p.Verify(context.Background(), address, []byte(swap.ProofMessage(claim.Text)), evidence)
			if err != nil || !r.Good() {
				tb.Fatal(err, r.Refusal)
			}
			outputs += len(r.Outputs)
		}
		return outputs
	}
}

func mustHold(b *testing.B, o Options, dir string) {
	b.Helper()
	r, err := Replay(context.Background(), os.DirFS(dir), o)
	must(b, err)
	if !r.OK() {
		b.Fatalf("problems: %v", r.Problems)
	}
}

// TestCrowd: the log that the benchmark replays holds, and a wrong claim in the middle of it is
// named.
func TestCrowd(t *testing.T) {
	l, _ := crowd(t, 700)
	if r := l.audit(l.export(), l.options()); !r.OK() {
		t.Fatalf("problems: %v", r.Problems)
	}
	at := l.find("claim.accepted", 600)
	forged := l.changed(func(_ *testLog, events []swap.Event) []swap.Event {
		events[at].(*swap.ClaimAccepted).Signature = events[at-1].(*swap.ClaimAccepted).Signature
		return events
	})
	if r := forged.audit(forged.export(), l.options()); firstEntry(r) != fmt.Sprint(at) || len(r.Problems) != 1 {
		t.Errorf("want a problem of entry %d, got %v", at, r.Problems)
	}
}
