package datadir

import (
	"fmt"
	"net/netip"
	"time"
)

// PortalConfig is the section [portal]. Without it there is no portal.
type PortalConfig struct {
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
# The portal for holders, at serve.listen: pages, and the API under /api/v1. Without this section there is none. Only
# the last number may be 0.
# Reverse proxies in front of it, as addresses or networks: only their X-Forwarded-For is trusted.
proxies = []
# How many requests one client may make in a second, and in a burst after a pause; and how many of them may be submissions. A
# client is an IPv4 address or an IPv6 network of 64 bits.
requests = 50
requests_burst = 300
posts = 2
posts_burst = 30
# How many claims of one account are recorded in a minute, and in a burst after a pause.
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
# Memory for cached answers, in megabytes.
memory_mb = 128
# For how many days browsers must use https only (HSTS). 0: no such header.
https_only_days = 0
`

// check refuses settings that are missing or cannot work, each by its name.
func (c *PortalConfig) check() error {
	if c == nil {
		return nil
	}
	for _, n := range []struct {
		key   string
		value float64
	}{
		{"requests", c.Requests}, {"requests_burst", float64(c.RequestsBurst)}, {"posts", c.Posts}, {"posts_burst", float64(c.PostsBurst)},
		{"account", c.Account}, {"account_burst", float64(c.AccountBurst)}, {"in_flight", float64(c.InFlight)}, {"posting", float64(c.Posting)},
		{"claims", float64(c.Claims)}, {"uploads", float64(c.Uploads)}, {"waiting", float64(c.Waiting)}, {"judges", float64(c.Judges)},
		{"memory_mb", float64(c.Memory)},
	} {
		if !(n.value > 0) {
			return fmt.Errorf("portal.%s is %v or missing: set a number above 0", n.key, n.value)
		}
	}
	if c.HTTPSDays < 0 {
		return fmt.Errorf("portal.https_only_days is %d: set 0, or for how many days", c.HTTPSDays)
	}
	_, err := c.ProxyNetworks()
	return err
}

// ProxyNetworks are the reverse proxies whose X-Forwarded-For is trusted.
func (c *PortalConfig) ProxyNetworks() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range c.Proxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("portal.proxies: %q is neither an address nor a network such as 10.0.0.0/8", text)
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

// HSTS is for how long browsers must use https only; 0: no such header.
func (c *PortalConfig) HSTS() time.Duration { return time.Duration(c.HTTPSDays) * 24 * time.Hour }
