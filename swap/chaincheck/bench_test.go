package chaincheck_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"

	"oxenswap/oxenrpc"
	"oxenswap/oxenrpc/oxentest"
	"oxenswap/swap/chaincheck"
	"oxenswap/swap/cryptonote"
)

// BenchmarkStakes searches a made-up main network of 2,000 nodes for its 20,000 stakes, and then
// verifies where they were found, through the whole of the client. The daemon's work is in the
// figures too.
func BenchmarkStakes(b *testing.B) {
	wallets := make([]*cryptonote.Wallet, 10_000)
	for i := range wallets {
		w, err := cryptonote.NewWallet(cryptonote.Mainnet, rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "wallet %d", i))))
		if err != nil {
			b.Fatal(err)
		}
		wallets[i] = w
	}
	world, err := oxentest.Synth{
		Nodes: 2_000, Contributions: 20_000, Wallets: len(wallets), Height: 1_000_000, Network: "mainnet", Rewards: 1, Seed: 1,
		Address: func(i int) string { return wallets[i].Address().String() }, Wallet: func(i int) *cryptonote.Wallet { return wallets[i] },
	}.World()
	if err != nil {
		b.Fatal(err)
	}
	state, err := world.State("a")
	if err != nil {
		b.Fatal(err)
	}
	client, err := oxenrpc.New(oxenrpc.Config{Name: "a", URL: "http://daemon.example:22023", Transport: oxentest.Transport(oxentest.NewDaemon(state))})
	if err != nil {
		b.Fatal(err)
	}
	o, err := client.Observe(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	chain := &chaincheck.Chain{Network: cryptonote.Mainnet, Daemons: []chaincheck.Daemon{client}, Parallel: 4}
	var known chaincheck.State
	run := func(b *testing.B) {
		for b.Loop() {
			before := client.Calls()
			s := chaincheck.NewSearch(chain, 50_000)
			s.Add(&o.Content)
			if wrong, err := s.Check(context.Background(), known.Found); err != nil || len(wrong) > 0 {
				b.Fatal(wrong, err)
			}
			if err := s.Run(context.Background(), nil); err != nil {
				b.Fatal(err)
			}
			if n := len(s.Missing()); n > 0 || s.Len() != 20_000 {
				b.Fatalf("%d of %d stakes are missing", n, s.Len())
			}
			known = s.State()
			b.ReportMetric(float64(client.Calls()-before), "calls")
		}
	}
	b.Run("search", run)
	b.Run("verify", run)
}
