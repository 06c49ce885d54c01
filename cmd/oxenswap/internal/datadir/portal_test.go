package datadir

import (
	"strings"
	"testing"
)

func TestPortalConfig(t *testing.T) {
	whole := func(change ...string) string { return strings.NewReplacer(change...).Replace(portalTemplate) }
	rest := "[schedule]\ntake = \"@every 20s\"\nfinalize = \"@every 20s\"\n"
	c, err := ParseConfig([]byte(rest + whole("proxies = []", `proxies = ["10.0.0.0/8", "2001:db8::1"]`)))
	if err != nil {
		t.Fatal(err)
	}
	if g, err := c.Portal.ProxyNetworks(); err != nil || len(g) != 2 || g[1].Bits() != 128 {
		t.Errorf("proxies: got %+v, %v, want two, the second a single address", g, err)
	}
	if c, err := ParseConfig([]byte(rest)); err != nil || c.Portal != nil {
		t.Errorf("without the section: %v", err)
	}
	for _, change := range [][2]string{
		{"requests = 50", "requests = 0"},
		{"posts_burst = 30", "posts_burst = 0"},
		{"account = 6", ""},
		{"in_flight = 512", ""},
		{"posting = 1024", "posting = -1"},
		{"claims = 512", "claims = 0"},
		{"uploads = 4", "uploads = 0"},
		{"waiting = 200", ""},
		{"judges = 1", "judges = 0"},
		{"memory_mb = 128", "memory_mb = 0"},
		{"https_only_days = 0", "https_only_days = -1"},
		{"proxies = []", `proxies = ["everybody"]`},
		{"proxies = []", "proxy = []"},
	} {
		if _, err := ParseConfig([]byte(rest + whole(change[0], change[1]))); err == nil || !strings.Contains(err.Error(), "portal."+strings.Fields(change[0])[0][:4]) {
			t.Errorf("%q instead of %q got %v, want a refusal that names the key", change[1], change[0], err)
		}
	}
}
