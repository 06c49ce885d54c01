package serve

import (
	"context"
	"net/http"

	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/cmd/oxenswap/internal/portal"
	"oxenswap/cmd/oxenswap/internal/portal/bucket"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/guard"
	"oxenswap/cmd/oxenswap/internal/portal/web"
	"oxenswap/swap"
)

// guardConfig returns the settings of the section that bound requests.
func guardConfig(c *datadir.PortalConfig) (guard.Config, error) {
	proxies, err := c.ProxyNetworks()
	return guard.Config{
		Proxies:  proxies,
		Requests: bucket.Rate{PerSecond: c.Requests, Burst: c.RequestsBurst}, Posts: bucket.Rate{PerSecond: c.Posts, Burst: c.PostsBurst},
		InFlight: c.InFlight, Posting: c.Posting, HSTS: c.HSTS(),
	}, err
}

func deskLimits(c *datadir.PortalConfig) desk.Limits {
	return desk.Limits{
		Claims: c.Claims, Uploads: c.Uploads, Waiting: c.Waiting, Judges: c.Judges, Account: bucket.Rate{PerSecond: c.Account / 60, Burst: c.AccountBurst},
	}
}

// openPortal adds the portal to the mux, if one is configured, and keeps it up to date until ctx
// ends. The channel is closed when the portal no longer uses the ledger.
func (s *scheduler) openPortal(ctx context.Context, mux *http.ServeMux) (<-chan struct{}, error) {
	done := make(chan struct{})
	c := s.dir.Config.Portal
	if c == nil {
		close(done)
		return done, nil
	}
	bounds, err := guardConfig(c)
	if err != nil {
		return nil, err
	}
	daemons, err := s.dir.CoinDaemons()
	if err != nil {
		return nil, err
	}
	p, err := portal.New(ctx, portal.Config{
		Desk:  desk.Config{Log: s.dir, Now: s.dir.Now, ReadCode: readCode(s.dir), Daemons: daemons, Limits: deskLimits(c), Logger: s.log},
		Guard: bounds, Memory: c.Memory << 20,
		Pages: func(d *desk.Desk) (portal.Pages, error) {
			return web.New(d, web.Options{Now: s.dir.Now, Uploads: c.Uploads, Logger: s.log})
		},
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/", p)
	s.dir.Writer.Watch(p.Note)
	go func() {
		defer close(done)
		if err := p.Run(ctx); err != nil {
			s.log.Error("the portal has stopped", zap.Error(err))
		}
	}()
	return done, nil
}

// readCode reads the code at recipients; nil: no RPC is configured.
func readCode(d *datadir.Dir) func(context.Context, swap.EVMAddress) (swap.RecipientCode, error) {
	if d.Config.Chain.EthereumRPC == "" && len(d.Config.Chain.RPC) == 0 {
		return nil
	}
	return d.Recipients().Read
}
