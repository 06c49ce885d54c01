package browsertest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/cmd/oxenswap/internal/portal"
	"oxenswap/cmd/oxenswap/internal/portal/bucket"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/desktest"
	"oxenswap/cmd/oxenswap/internal/portal/guard"
	"oxenswap/cmd/oxenswap/internal/portal/web"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// scene is a migration with its portal.
type scene struct {
	*desktest.World
	t      *testing.T
	coins  *desktest.Coins
	server *httptest.Server
	safe   swap.EVMAddress // a contract that is on Ethereum only

	entries []string // of the claims that claim handed in
	proof   string   // entry of the proof that claimCoins handed in
}

// stage opens a portal of a migration with some holders, whose snapshots are final.
func stage(t *testing.T, holders int) *scene {
	t.Helper()
	t.Parallel()
	if browser == nil {
		t.Skip("there is no Chromium: apt-get install chromium")
	}
	w := desktest.New(t, holders)
	s := &scene{World: w, t: t, coins: desktest.NewCoins(w), safe: w.Address()}
	p, err := portal.New(t.Context(), portal.Config{
		Desk: desk.Config{Log: w, Now: w.Now, Limits: desk.DefaultLimits(), Daemons: s.coins.Daemons(), ReadCode: s.see},
		Guard: guard.Config{
			Requests: bucket.Rate{PerSecond: 1000, Burst: 1000}, Posts: bucket.Rate{PerSecond: 1000, Burst: 1000}, InFlight: 100, Posting: 100,
		},
		Memory: 1 << 20,
		Pages: func(d *desk.Desk) (portal.Pages, error) {
			return web.New(d, web.Options{Now: w.Now})
		},
	})
	w.Must(err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		w.Must(<-done)
	})
	s.server = httptest.NewServer(p)
	t.Cleanup(s.server.Close)
	return s
}

// settle takes the snapshots and makes them final.
func (s *scene) settle() {
	s.t.Helper()
	for _, h := range []uint64{desktest.Named, desktest.Last} {
		s.Take(h)
		s.Finalize(h)
	}
}

func (s *scene) see(_ context.Context, a swap.EVMAddress) (swap.RecipientCode, error) {
	if a == s.safe {
		return swap.RecipientCode{Ethereum: swap.SeenCode, Target: swap.SeenNothing}, nil
	}
	return swap.RecipientCode{Ethereum: swap.SeenNothing, Target: swap.SeenNothing}, nil
}

// deploy records the chain's distributor.
func (s *scene) deploy(c *chain) {
	s.t.Helper()
	s.Add(swap.Record{Event: &swap.DistributorDeployed{Distributor: swap.Distributor{
		Address: swap.EVMAddress(c.distributor), ChainID: chainID, CodeHash: swap.Digest([]byte("code")), Token: swap.EVMAddress(c.token),
		Owner: swap.EVMAddress(c.settings.Owner), Publisher: swap.EVMAddress(c.settings.Publisher), Guardian: swap.EVMAddress(c.settings.Guardian),
		ActivationDelay: c.settings.ActivationDelay, ClosesAt: c.settings.ClosesAt, Block: 3,
	}, Tx: swap.Digest([]byte("deployment"))}})
}

// carry builds a round and makes it live on the chain, as operators do.
func (s *scene) carry(c *chain) *swap.RoundBuilt {
	s.t.Helper()
	r := s.Build()
	s.Approve(r)
	size, err := s.Size(s.t.Context())
	s.Must(err)
	root, err := s.RootAt(s.t.Context(), size)
	s.Must(err)
	s.SignProposal(r)
	proposed, activated := c.publish(r, size, swap.Hash(root))
	s.Add(
		swap.Record{Event: &swap.RootProposed{
			Round: r.Round, Root: r.Root, Total: r.Total, LedgerSize: size, LedgerRoot: swap.Hash(root), LiveAt: uint64(s.Now().Unix()), LogPosition: position(proposed),
		}},
		swap.Record{Event: &swap.RootActivated{Round: r.Round, Root: r.Root, LogPosition: position(activated)}},
	)
	return r
}

// position is where a transaction's last event is.
func position(r *types.Receipt) swap.LogPosition {
	return swap.LogPosition{Tx: swap.Hash(r.TxHash), Block: r.BlockNumber.Uint64(), BlockHash: swap.Hash(r.BlockHash), LogIndex: uint64(r.Logs[len(r.Logs)-1].Index)}
}

// get fetches a file of the portal without the browser.
func (s *scene) get(path string) *http.Response {
	s.t.Helper()
	response, err := http.Get(s.server.URL + path)
	s.Must(err)
	s.t.Cleanup(func() { response.Body.Close() })
	return response
}

// recipient is the address that a holder's claim names.
func (s *scene) recipient(holder int) swap.EVMAddress {
	return swap.EVMAddress{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, byte(holder + 1)}
}

// claim hands in a holder's claim without the browser.
func (s *scene) claim(holder int) {
	s.t.Helper()
	line := s.Text(s.recipient(holder), 1)
	to := s.post("/claim", "step", "submit", "oxen", s.Oxen(holder), "text", line, "signature", s.Sign(s.Wallets[holder], line))
	s.entries = append(s.entries, strings.TrimPrefix(to, "/claims/"))
}

// claimCoins hands in the claim of a wallet without stake, with a proof that has to wait.
func (s *scene) claimCoins(wallet *cryptonote.Wallet) {
	s.t.Helper()
	s.coins.Down(true)
	line := s.Text(s.Address(), 1)
	proof := s.Prove(wallet, line, s.coins.Mint(wallet, desktest.Named-20, 5e11)...)
	to := s.post("/claim", "step", "submit", "oxen", wallet.Address().String(), "text", line, "signature", s.Sign(wallet, line), "proof", proof)
	s.proof = strings.TrimPrefix(to, "/proofs/")
}

// post sends a form without the browser, and gives the path that the answer leads to.
func (s *scene) post(path string, fields ...string) string {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.PostForm(s.server.URL+path, form)
	s.Must(err)
	response.Body.Close()
	to, _, _ := strings.Cut(response.Header.Get("Location"), "?")
	if response.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("%s: status %d", path, response.StatusCode)
	}
	return to
}

// pay records that a recipient was paid all that rounds gave so far.
func (s *scene) pay(round uint64, to swap.EVMAddress) {
	s.t.Helper()
	var sum swap.Sesh
	s.Must(s.View(s.t.Context(), func(t swap.Tables, _ uint64) error {
		return t.Cumulative(func(recipient swap.EVMAddress, amount swap.Sesh) error {
			if recipient == to {
				sum = amount
			}
			return nil
		})
	}))
	s.Pay(to, round, sum, sum)
}
