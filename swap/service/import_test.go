package service

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// sceneDaemon answers for the scene's chain.
type sceneDaemon struct {
	s    *coinScene
	name string
}

func (d sceneDaemon) Name() string { return d.name }

func (d sceneDaemon) Coins(_ context.Context, transactions, images []swap.Hash) swap.CoinAnswer {
	out := swap.CoinAnswer{Daemon: d.name, Network: d.s.terms.Oxen.Network, Genesis: d.s.terms.Oxen.Genesis}
	for _, id := range transactions {
		if tx, ok := d.s.txs[id]; ok {
			out.Evidence.Transactions = append(out.Evidence.Transactions, tx)
		}
	}
	for _, i := range images {
		out.Evidence.Images = append(out.Evidence.Images, swap.CoinImage{KeyImage: i, Status: d.s.spent[i]})
	}
	return out
}

// TestImport records lines of every fate, twice: the second time what was recorded is found again.
func TestImport(t *testing.T) {
	ctx := context.Background()
	s := newScene(t)
	staker, holder, poor := s.wallet(1), s.wallet(2), s.wallet(3)
	s.take(s.content(100, true, staking{staker, s.mint(staker, 20, 5000)}))
	notChecked := func(context.Context, swap.EVMAddress) (swap.RecipientCode, error) {
		return swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNotChecked}, nil
	}
	claims := func(w *cryptonote.Wallet) swap.Claim { return s.claimOf(w, 1, 1).Claim }
	proof := func(w *cryptonote.Wallet, amount uint64) string {
		return s.prove(w, claims(w).Text, s.mint(w, 30, amount)...)
	}
	stakers, holders, poors := proof(staker, 70), proof(holder, 2000), proof(poor, 1)
	for _, want := range []ImportSummary{
		{Accepted: 2, Again: 1, Refused: map[string]uint64{"text": 1, "not-entitled": 2}, Proofs: map[string]uint64{"accepted": 2, swap.CheckLeast: 1}},
		{Again: 3, Refused: map[string]uint64{"text": 1, "not-entitled": 2}, Proofs: map[string]uint64{"accepted": 2, swap.CheckLeast: 1}},
	} {
		done := 0
		i := Import{
			Ledger: s, Attachments: s.files, Code: notChecked, Done: func(n int) error { done += n; return nil },
			Daemons: func() ([]swap.CoinDaemon, error) {
				return []swap.CoinDaemon{sceneDaemon{s, "a"}, sceneDaemon{s, "b"}}, nil
			},
		}
		for _, err := range []error{
			i.Add(ctx, claims(staker), ""),
			i.Refuse(&swap.Refusal{Reason: swap.ReasonText}),
			i.Add(ctx, claims(poor), ""),
			i.Add(ctx, claims(staker), stakers), // records the one before, whose account it is
			i.Add(ctx, claims(holder), holders),
			i.Add(ctx, claims(poor), poors),
			i.Flush(ctx),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, i.Sum); diff != "" || done != 6 {
			t.Errorf("%d of 6 lines done; summary (-want +got):\n%s", done, diff)
		}
	}
	i := Import{Done: func(int) error { return nil }}
	if err := i.Refuse(errBroken); !errors.Is(err, errBroken) {
		t.Errorf("an error that is no refusal: got %v, want it back", err)
	}
}

var errBroken = errors.New("disk I/O error")
