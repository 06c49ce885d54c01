package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	geth "github.com/ethereum/go-ethereum/ethclient"
	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/portal"
	"oxenswap/cmd/oxenswap/internal/portal/bucket"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/guard"
	"oxenswap/cmd/oxenswap/internal/portal/web"
	"oxenswap/ethclient"
	"oxenswap/swap"
)

// portalConfig is the section [portal]. Without it there is no portal.
type portalConfig struct {
	Proxies       []string `toml:"proxies"`
	Requests      float64  `toml:"requests"`
	RequestsBurst int      `toml:"requests_burst"`
	Posts         float64  `toml:"posts"`
	PostsBurst    int      `toml:"posts_burst"`
	Account       float64  `toml:"account"`
	AccountBurst  int      `toml:"account_burst"`
	InFlight      int      `toml:"in_flight"`
	Posting       int      `toml:"posting"`
	Claims        int      `toml:"claims"`
	Uploads       int      `toml:"uploads"`
	Waiting       int      `toml:"waiting"`
	Judges        int      `toml:"judges"`
	Memory        int      `toml:"memory_mb"`
	HTTPSDays     int      `toml:"https_only_days"`
}

// portalTemplate is the section as `init` writes it.
const portalTemplate = `
[portal]
# The portal for holders, at serve.listen: pages, and the API under /api/v1. Leave this section out and there is none. No
# number but the last one may be 0.
# Web servers that stand before it, as addresses or networks: only their X-Forwarded-For is believed.
proxies = []
# What one client may ask for in a second, and at one time after a pause, and how much of that may hand something in. A client
# is an IPv4 address or an IPv6 network of 64 bits.
requests = 50
requests_burst = 300
posts = 2
posts_burst = 30
# How many claims of one account are recorded in a minute, and at one time after a pause.
account = 6
account_burst = 20
# How much is served at one time: requests without and with a body, claims being checked or recorded, proofs of coins being
# received, waiting, being judged.
in_flight = 512
posting = 1024
claims = 512
uploads = 4
waiting = 200
judges = 1
# Memory for answers that are kept, in megabytes.
memory_mb = 128
# For how many days browsers shall come back over https only. 0: nothing is said about it.
https_only_days = 0
`

// guard is what of the section is about requests.
func (c *portalConfig) guard() (guard.Config, error) {
	out := guard.Config{
		Requests: bucket.Rate{PerSecond: c.Requests, Burst: c.RequestsBurst}, Posts: bucket.Rate{PerSecond: c.Posts, Burst: c.PostsBurst},
		InFlight: c.InFlight, Posting: c.Posting, HSTS: time.Duration(c.HTTPSDays) * 24 * time.Hour,
	}
	for _, text := range c.Proxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil {
				return out, fmt.Errorf("portal.proxies: %q is neither an address nor a network such as 10.0.0.0/8", text)
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		out.Proxies = append(out.Proxies, prefix.Masked())
	}
	return out, out.Check()
}

func (c *portalConfig) limits() desk.Limits {
	return desk.Limits{
		Claims: c.Claims, Uploads: c.Uploads, Waiting: c.Waiting, Judges: c.Judges, Account: bucket.Rate{PerSecond: c.Account / 60, Burst: c.AccountBurst},
	}
}

// check refuses settings that are missing.
func (c *portalConfig) check() error {
	if c == nil {
		return nil
	}
	if c.Memory < 1 || c.HTTPSDays < 0 {
		return errors.New("portal.memory_mb is at least 1, and portal.https_only_days not below 0")
	}
	_, err := c.guard()
	return errors.Join(err, c.limits().Check())
}

// openPortal adds the portal to what is served, if one is configured, and keeps it up to date until ctx ends. The channel
// is closed when it has let the ledger go.
func (s *scheduler) openPortal(ctx context.Context, mux *http.ServeMux) (<-chan struct{}, error) {
	done := make(chan struct{})
	c := s.config.Portal
	if c == nil {
		close(done)
		return done, nil
	}
	bounds, err := c.guard()
	if err != nil {
		return nil, err
	}
	clients, err := s.clients()
	if err != nil {
		return nil, err
	}
	daemons := make([]swap.CoinDaemon, len(clients))
	for i, client := range clients {
		daemons[i] = client
	}
	p, err := portal.New(ctx, portal.Config{
		Desk:  desk.Config{Log: s.world, Now: s.now, See: s.eyes(), Daemons: daemons, Limits: c.limits(), Logger: s.log},
		Guard: bounds, Memory: c.Memory << 20,
		Pages: func(d *desk.Desk) (portal.Pages, error) {
			return web.New(d, web.Options{Now: s.now, Uploads: c.Uploads, Logger: s.log})
		},
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/", p)
	s.writer.Watch(p.Note)
	go func() {
		defer close(done)
		if err := p.Run(ctx); err != nil {
			s.log.Error("the portal has stopped", zap.Error(err))
		}
	}()
	return done, nil
}

// eyes look at recipients on both chains over connections that are kept. nil: no RPC is configured.
func (w *world) eyes() func(context.Context, swap.EVMAddress) (swap.RecipientCode, error) {
	ethereum, target := &eye{url: w.config.Chain.EthereumRPC, chainID: ethereumChainID}, &eye{chainID: w.terms().Token.ChainID}
	if len(w.config.Chain.RPC) > 0 {
		target.url = w.config.Chain.RPC[0]
	}
	if ethereum.url == "" && target.url == "" {
		return nil
	}
	return func(ctx context.Context, to swap.EVMAddress) (code swap.RecipientCode, err error) {
		if code.Ethereum, err = ethereum.see(ctx, to); err != nil {
			return code, fmt.Errorf("looking at %s on Ethereum: %w", to, err)
		}
		if code.Target, err = target.see(ctx, to); err != nil {
			return code, fmt.Errorf("looking at %s on the token's chain: %w", to, err)
		}
		return code, nil
	}
}

// eye looks at one chain.
type eye struct {
	url     string // empty: it does not
	chainID uint64

	mu     sync.Mutex
	client *geth.Client // nil: not connected yet
}

func (e *eye) see(ctx context.Context, to swap.EVMAddress) (swap.Seen, error) {
	if e.url == "" {
		return swap.SeenNotChecked, nil
	}
	client, err := e.connect(ctx)
	if err != nil {
		return "", err
	}
	code, err := client.CodeAt(ctx, common.Address(to), nil)
	if err != nil {
		return "", err
	}
	return seenIn(code), nil
}

func (e *eye) connect(ctx context.Context) (*geth.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.client == nil {
		client, err := ethclient.Connect(ctx, e.url, e.chainID, ethclient.DefaultLimits())
		if err != nil {
			return nil, err
		}
		e.client = client
	}
	return e.client, nil
}
